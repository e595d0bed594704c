import Geometry
import Messages
package import Recipes
import Safety

/// What must hold of every tick that a driver recorded, whatever happened to the session.
package struct FlightLaws: Sendable {
  /// Largest speed of a joint of an arm that is held [rad/s].
  package static let restingSpeed = 0.1
  /// An arm whose joints are all slower than this stands, whatever its own driver calls so [rad/s].
  package static let standingSpeed = 0.02
  /// A stopped arm must stand after this [ns].
  package static let stopTime: Int64 = 1_000_000_000
  /// What is allowed.
  package let bounds: FlightBounds

  /// The laws of a session.
  package init(_ recipe: SessionRecipe) throws { bounds = try FlightBounds(recipe) }

  /// What ticks in their order violate, the first tick of each law that one breaks.
  package func violations(of entries: [FlightEntry]) -> [FlightViolation] {
    var found: [FlightLaw: FlightViolation] = [:]
    var past = FlightPast(entries.first)
    for (index, entry) in entries.enumerated() {
      let before = index > 0 && entry.follows(entries[index - 1]) ? entries[index - 1] : nil
      past.take(entry, after: before)
      let broken =
        joints(entry, after: before) + tool(entry) + force(entry, in: entries, at: index)
        + conduct(entry, past)
      for (law, text) in broken where found[law] == nil {
        found[law] = FlightViolation(
          law: law, text: "tick \(entry.tick) (\(entry.driverMode)): \(text)")
      }
    }
    return found.values.sorted { $0.law.rawValue < $1.law.rawValue }
  }

  private typealias Broken = [(law: FlightLaw, text: String)]

  private func joints(_ entry: FlightEntry, after before: FlightEntry?) -> Broken {
    var found: Broken = []
    let joints = bounds.limits.joints
    for joint in 0..<JointVector.count {
      let (q, speed, torque) = (entry.position[joint], entry.velocity[joint], entry.torque[joint])
      if !(q >= joints.lower[joint] && q <= joints.upper[joint]) {
        found.append((.position, "joint \(joint + 1) at \(decimal(q, 4)) rad is past its limit"))
      }
      if !(abs(speed) <= joints.velocity[joint]) {
        found.append(
          (.speed, "joint \(joint + 1) at \(decimal(speed, 3)) rad/s is past its limit"))
      }
      if !(abs(torque) <= joints.torque[joint] * (1 + 1e-9)) {
        found.append((.torque, "joint \(joint + 1) got \(decimal(torque, 2)) N·m"))
      }
      let step = joints.torqueRate[joint] * bounds.period * (1 + 1e-6)
      if let before, !(abs(torque - before.torque[joint]) <= step) {
        found.append((.torqueRate, "the torque of joint \(joint + 1) jumped"))
      }
    }
    return found
  }

  private func tool(_ entry: FlightEntry) -> Broken {
    var found: Broken = []
    func check(
      _ value: Double, _ law: FlightLaw, below most: Double, _ what: String, _ unit: String
    ) {
      if value <= most { return }
      found.append((law, "the tool \(what) \(decimal(value, 3)) \(unit), over \(decimal(most, 3))"))
    }
    check(entry.toolSpeed, .toolSpeed, below: bounds.toolSpeed, "moves", "m/s")
    check(entry.toolTurnSpeed, .toolTurnSpeed, below: bounds.toolTurnSpeed, "turns", "rad/s")
    check(entry.toolForce, .estimatedForce, below: bounds.estimatedForce, "seems to press", "N")
    check(
      entry.toolMoment, .estimatedMoment, below: bounds.estimatedMoment, "seems to press", "N·m")
    check(entry.fenceExcess, .fence, below: bounds.fenceExcess, "is outside its fence by", "m")
    check(
      entry.fenceTurn, .fenceTurn, below: bounds.fenceTurn, "is turned beyond its fence by", "rad")
    return found
  }

  /// Nothing truly presses harder than the hard level of contact, but for an impact at the speed that the
  /// tool had.
  private func force(_ entry: FlightEntry, in entries: [FlightEntry], at index: Int) -> Broken {
    if entry.contactForce <= bounds.limits.contactForce.hard { return [] }
    let speed = fastest(in: entries, at: index)
    let most = bounds.trueForce(after: speed)
    guard !(entry.contactForce <= most) else { return [] }
    return [
      (
        .trueForce,
        "the tool truly presses \(decimal(entry.contactForce, 1)) N, over \(decimal(most, 1)) "
          + "after \(decimal(speed, 3)) m/s"
      )
    ]
  }

  /// The tool's greatest speed in the time of an impact up to a tick [m/s]; its bound where not all of that
  /// is recorded.
  private func fastest(in entries: [FlightEntry], at index: Int) -> Double {
    let end = entries[index]
    var speed = end.toolSpeed
    for place in stride(from: index - 1, through: 0, by: -1) {
      let entry = entries[place]
      guard end.follows(entry, by: index - place) else { return bounds.toolSpeed }
      if end.time.since(entry.time) > FlightBounds.impactTime { return speed }
      speed = max(speed, entry.toolSpeed)
    }
    return bounds.toolSpeed
  }

  /// What the driver does, by what it sees and when torques came.
  private func conduct(_ entry: FlightEntry, _ past: FlightPast) -> Broken {
    var found: Broken = []
    let mode = entry.driverMode
    if entry.isCommanded, mode != .active {
      found.append((.command, "a torque acted that should not"))
    }
    if !mode.isStopped, let reason = stopReason(entry) { found.append((.heed, reason)) }
    if !past.mayMove(entry), !(entry.speed <= Self.restingSpeed) {
      found.append((.rest, "the arm moves \(decimal(entry.speed, 3)) rad/s without a command"))
    }
    if let stop = past.stop, entry.time.since(stop) > Self.stopTime, !entry.stands {
      found.append(
        (.stop, "the arm still moves \(decimal(entry.speed, 3)) rad/s after a second of stopping"))
    }
    if let broken = silence(entry, past) { found.append(broken) }
    return found
  }

  /// Without torques the posture is held after `commandTimeout`, and the arm stopped after `stopTimeout`.
  private func silence(
    _ entry: FlightEntry, _ past: FlightPast
  ) -> (law: FlightLaw, text: String)? {
    let seconds = past.silent.map { Double(entry.time.since($0)) * 1e-9 } ?? 0
    switch entry.driverMode {
    case .active where seconds > bounds.commandTimeout + bounds.period:
      return (.hold, "still active \(decimal(seconds, 3)) s after the last torque")
    case .holding where seconds > bounds.stopTimeout + bounds.period:
      return (.dampedStop, "still holding \(decimal(seconds, 3)) s after the last torque")
    default: return nil
    }
  }

  /// Why the tick's state must stop the arm at once, by what is recorded of it; without slack, for the
  /// supervisor sees the same numbers.
  private func stopReason(_ entry: FlightEntry) -> String? {
    let limits = bounds.limits
    if entry.toolForce >= limits.contactForce.hard || entry.toolMoment >= limits.contactMoment.hard
    {
      return "not stopped though the tool touches hard"
    }
    if entry.fenceExcess > limits.fenceMargin || entry.fenceTurn > limits.fenceTurnMargin {
      return "not stopped though the tool is beyond its fence's margin"
    }
    return nil
  }

  /// Why a driver that has ended with these ticks left no arm at rest; nil where it did.
  package static func unrest(atEndOf entries: [FlightEntry]) -> String? {
    guard let last = entries.last, !last.stands else { return nil }
    return "the driver ended while the arm moved \(decimal(last.speed, 3)) rad/s"
  }

  /// Whether the arm was stopped at a moment [ns].
  package static func isStopped(_ entries: [FlightEntry], at moment: Int64) -> Bool {
    entries.last { $0.clock < moment }?.driverMode.isStopped ?? false
  }

  /// Whether the world of a driver went on and stopped the arm within so many seconds of a moment [ns],
  /// though its controller, or who watches it, was silent.
  package static func hasStopped(
    _ entries: [FlightEntry], from moment: Int64, within seconds: Double
  ) -> Bool {
    let stopped = entries.first { $0.clock >= moment && $0.driverMode.isStopped }
    return stopped.map { $0.clock.since(moment) < Int64(seconds * 1e9) } ?? false
  }
}
