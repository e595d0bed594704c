import Foundation
import Randomness
import RealTime
import Recipes
import Synchronization
import Wire

/// The taps of one session under chaos, each on a thread of its own.
final class ChaosTaps: Sendable {
  /// What a tap does now.
  private struct Plan {
    var disturbance: ChaosFault.Disturbance?
    var until: Int64 = 0
    var stream: RandomStream
  }

  private let plans: Mutex<[Meeting: Plan]>
  private let isOver = Atomic(false)
  private let struck = Atomic(0)
  private let ended = DispatchGroup()

  /// Taps for meetings of a session, running until `end`.
  ///
  /// Each listens once there is the folder of the sockets, which a session makes before it starts anybody.
  init(_ meetings: [Meeting], of launch: LaunchRecipe, seed: UInt64) {
    var plans: [Meeting: Plan] = [:]
    for (index, meeting) in meetings.enumerated() {
      plans[meeting] = Plan(stream: RandomStream(seed: seed, name: "tap", index: UInt64(index)))
    }
    self.plans = Mutex(plans)
    for meeting in meetings {
      ended.enter()
      Thread.detachNewThread { [self] in
        defer { ended.leave() }
        do { try run(meeting, Endpoints(recipe: launch)) } catch {}
      }
    }
  }

  /// Messages that a fault has met.
  var hits: Int { struck.load(ordering: .relaxed) }

  /// Makes faults at a meeting from now on.
  func make(_ disturbance: ChaosFault.Disturbance, at meeting: Meeting) {
    plans.withLock { plans in
      plans[meeting]?.disturbance = disturbance
      plans[meeting]?.until = MonotonicClock.now + Int64(disturbance.seconds * 1e9)
    }
  }

  /// Ends the threads, and with them the lines.
  func end() {
    isOver.store(true, ordering: .relaxed)
    _ = ended.wait(timeout: .now() + 5)
  }

  private func run(_ meeting: Meeting, _ endpoints: Endpoints) throws {
    while let folder = endpoints.folder, !FileManager.default.fileExists(atPath: folder) {
      if isOver.load(ordering: .relaxed) { return }
      usleep(5_000)
    }
    let front = try Endpoint(endpoints.toward(meeting, tapped: [meeting]))
    var tap = try Tap(
      meeting.traffic, at: front, to: Endpoint(endpoints[meeting]), in: Context())
    while !isOver.load(ordering: .relaxed) {
      try tap.run(for: .milliseconds(20)) { _ in fate(at: meeting) }
    }
  }

  private func fate(at meeting: Meeting) -> TapFate {
    plans.withLock { plans in
      guard var plan = plans[meeting], let disturbance = plan.disturbance,
        MonotonicClock.now < plan.until
      else { return .pass }
      defer { plans[meeting] = plan }
      guard plan.stream.uniform() < disturbance.probability else { return .pass }
      struck.add(1, ordering: .relaxed)
      return disturbance.fault.fate(&plan.stream)
    }
  }
}

extension Meeting {
  /// What travels there.
  var traffic: Tap.Traffic {
    switch self {
    case .arm: .ticks
    case .state, .policy: .broadcasts
    default: .calls
    }
  }
}
