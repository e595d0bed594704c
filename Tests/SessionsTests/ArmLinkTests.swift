import Foundation
import Geometry
import Messages
import Sessions
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
}
