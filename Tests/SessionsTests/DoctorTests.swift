import Foundation
import Testing

/// `kinglet doctor --control` runs real processes, and says what they did.
@Suite(.serialized) struct DoctorTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private struct Report: Decodable {
    struct Times: Decodable {
      var name: String
      var p50, p99, p999, max: Double
    }
    struct Control: Decodable {
      var robot, kernel, governor, verdict: String
      var isRealTimeKernel: Bool
      var priority, memlockBytes, processors, ticks, overruns, missedTorques: Int
      var allocations, locks: Int
      var isolated: [Int]
      var times: [Times]
      var warnings: [String]
    }
    var control: Control?
  }

  @Test func `a driver and a controller are timed in real time`() throws {
    let outcome = try KingletProcess.run(
      ["doctor", "--control", "4s", "--robot", "panda", "--json"], scratch: scratch)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    let control = try #require(report.control)
    #expect(control.robot == "panda" && control.processors > 0 && !control.kernel.isEmpty)
    // The last figures are at most a second old; a machine under load makes fewer ticks.
    #expect(control.ticks > 500 && control.ticks < 6000)
    #expect(
      control.times.map(\.name) == [
        "driver's period", "driver's work", "state to torque", "controller's period",
        "controller's work",
      ])
    // What remains is libzmq's: a block for each of the three messages of a tick, its queues' chunks, and
    // the locks of its mailboxes. The first ticks and the figures that are told once a second come on top.
    #expect(control.allocations < 4 * control.ticks + 3000)
    #expect(control.locks < 8 * control.ticks + 3000)
    for times in control.times {
      let rising = [0, times.p50, times.p99, times.p999, times.max]
      #expect(zip(rising, rising.dropFirst()).allSatisfy(<=), "\(times.name)")
    }
    let isFit = control.overruns == 0 && control.missedTorques == 0
    #expect(control.verdict.hasPrefix(isFit ? "fit" : "not fit"))
    #expect(control.warnings.allSatisfy { $0.contains("limits.conf") })
    #expect(control.priority >= 80 || control.warnings.contains { $0.contains("rtprio") })
  }

  @Test(arguments: [
    ["doctor", "--control", "0s"], ["doctor", "--control", "soon"], ["doctor", "--robot", "panda"],
    ["doctor", "--control", "2s", "--robot", "pandas"],
  ])
  func `what cannot be run is refused`(arguments: [String]) throws {
    let outcome = try KingletProcess.run(arguments, scratch: scratch)
    #expect(outcome.status != 0 && !outcome.errors.isEmpty)
  }
}
