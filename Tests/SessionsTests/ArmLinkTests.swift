import Foundation
import Geometry
import Messages
import Sessions
import Synchronization
import Testing
import Wire

/// The arm as actor and reset see it, on a real driver in real time.
@Suite(.serialized) struct ArmLinkTests {
  private let scratch: Scratch
  private let run: String

  init() throws {
    scratch = try Scratch()
    run = scratch.path("r")
  }

  private func place(_ socket: String) throws -> Endpoint {
    try Endpoint("ipc://\(run)/sockets/\(socket)")
  }

  private func link(_ context: Context) throws -> ArmLink {
    ArmLink(
      driver: try Client(to: place("session"), role: "driver", in: context),
      controller: try Client(to: place("setpoint"), role: "controller", in: context),
      states: try Subscriber(to: place("state"), role: "driver", in: context))
  }

  /// What is published waits in queues while nobody reads.
  @Test func `the state now is none of those that were published before`() throws {
    let driver = try KingletProcess(
      [
        "driver", "Launch/pcb-insertion.yaml", "run=" + run, "recording=none", "clock=realtime",
        "placement=driver", "robot.safety.stopTimeout=10",
      ], scratch: scratch)
    defer { driver.end() }
    let context = try Context(session: SessionMark(of: "\(run)\npanda\npcb-insertion\n1"))
    var arm = try link(context)
    var person = try Client(to: place("stop"), role: "driver", in: context)
    for _ in 0..<3 {
      let before = try arm.current()
      usleep(1_500_000)
      let asked = try arm.status().time
      #expect(asked - before.time > 500_000_000)
      #expect(try arm.current().time >= asked)
    }
    // A stop that is over stops nothing any more.
    _ = try person.call(.userStop(reason: "the test"), within: .seconds(20))
    #expect(throws: ArmStopped.self) { try arm.current() }
    let deadline = DispatchTime.now() + 20
    // Refused until the arm stands.
    while (try? person.call(.recover(reason: "the test"), within: .seconds(20))) == nil {
      try #require(DispatchTime.now() < deadline)
      usleep(100_000)
    }
    #expect(try arm.current().time > 0)
  }

  /// However long what was before still comes.
  @Test func `what was published before the driver's last word is passed over`() throws {
    try FileManager.default.createDirectory(
      atPath: run + "/sockets", withIntermediateDirectories: true)
    let context = try Context()
    let places = (try place("session"), try place("state"))
    let isOver = Mutex(false)
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      defer { ended.signal() }
      guard var server = try? Server(at: places.0, role: "actor", in: context),
        var publisher = try? Publisher(at: places.1, in: context)
      else { return }
      var asked = 0
      while !isOver.withLock({ $0 }) {
        if let request = try? server.next(within: .milliseconds(1)) {
          asked = 1
          let now = DriverStatus(
            mode: .active, since: 0, reason: "", stands: false, time: 5_000_000_000)
          try? server.reply(.driverStatus(now), to: request)
        }
        asked += asked > 0 ? 1 : 0
        var state = ArmState()
        state.time = asked < 600 ? 1_000_000_000 : 6_000_000_000
        if asked < 300 {
          let stop = DriverStatus(
            mode: .userStopped, since: 0, reason: "", stands: true, time: state.time)
          try? publisher.publish(.driverStatus(stop))
        } else {
          try? publisher.publish(state)
        }
      }
    }
    defer {
      isOver.withLock { $0 = true }
      ended.wait()
    }
    var arm = try link(context)
    #expect(try arm.current().time == 6_000_000_000)
  }
}
