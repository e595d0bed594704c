import Foundation
import Testing

/// What `chaos --json` prints.
private struct Result: Decodable {
  struct Violation: Decodable {
    var done: String
    var broken: String
  }
  var faults: Int
  var faultsAtSeveralActors: Int
  var faultsAtMovingArm: Int
  var faultsWithoutControllerInLockstep: Int
  var wentOn: Int
  var ended: Int
  var violations: [Violation]
}

/// Faults on purpose, at real processes.
@Suite struct ChaosTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func `faults at a training of two actors break no law`() throws {
    let chaos = try KingletProcess(
      ["chaos", "--actors", "2", "--faults", "3", "--seed", "1", "--json"], scratch: scratch,
      environment: ["TMPDIR": scratch.url.path])
    defer { chaos.end() }
    let outcome = try chaos.finish()
    let result = try JSONDecoder().decode(Result.self, from: Data(outcome.output.utf8))
    #expect(result.violations.isEmpty && outcome.status == 0, "\(result.violations)")
    #expect(result.faults == 3 && result.faultsAtSeveralActors == 3)
    #expect(result.wentOn + result.ended == 3)
    // These trainings are all in real time.
    #expect((0...3).contains(result.faultsAtMovingArm))
    #expect(result.faultsWithoutControllerInLockstep == 0)
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)
    #expect(!left.contains { $0.hasPrefix("kinglet-chaos") }, "\(left)")
    #expect(KingletProcess.isGone(scratch.url.path + "/kinglet-chaos"))
  }

  @Test func `a number of actors that cannot be is refused`() throws {
    let refused = try KingletProcess.run(["chaos", "--actors", "0"], scratch: scratch)
    #expect(refused.status != 0 && refused.errors.contains("1…64"), "\(refused.errors)")
  }
}
