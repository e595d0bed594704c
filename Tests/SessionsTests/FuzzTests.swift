import Foundation
import Testing

/// `kinglet fuzz` finds what it is to find, and nothing in Kinglet.
@Suite(.serialized) struct FuzzTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private struct Report: Decodable {
    struct Target: Decodable {
      var name: String
      var inputs: Int
      var accepted: Int
      var refused: Int
      var crashes: Int
      var hangs: Int
      var isGrowing: Bool
    }
    struct Finding: Decodable {
      var target: String
      var number: Int
      var file: String
      var reason: String
    }
    var inputs: Int
    var crashes: Int
    var hangs: Int
    var growing: Int
    var targets: [Target]
    var findings: [Finding]
  }

  /// Runs in the repository's root, or where kept inputs may be written.
  private func fuzz(
    _ arguments: [String], in folder: URL = KingletProcess.root, status: Int32
  ) throws -> Report {
    let outcome = try KingletProcess.run(
      ["fuzz"] + arguments + ["--json"], scratch: scratch, in: folder)
    try #require(outcome.status == status, "\(outcome.output) \(outcome.errors)")
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test func `nothing that reads breaks`() throws {
    let report = try fuzz(["--inputs", "6000", "--seed", "1"], status: 0)
    #expect(report.findings.isEmpty && report.inputs > 5500)
    #expect(report.targets.count > 35)
    for target in report.targets where target.inputs > 100 {
      #expect(target.accepted > 0 && target.refused > 0, "\(target.name) sees one side only")
    }
  }

  @Test func `a crash is counted, kept, and comes again from its file`() throws {
    for (name, words) in [("selftest.crash", "signal"), ("selftest.finding", "on purpose")] {
      let report = try fuzz(
        ["--inputs", "300", "--target", name], in: scratch.url, status: 1)
      #expect(report.crashes > 0 && report.hangs == 0)
      // Those after a crash are tried all the same, unless there are too many.
      #expect(report.inputs == 300 || report.crashes == 20)
      let finding = try #require(report.findings.first)
      #expect(finding.reason.contains(words))
      let kept = scratch.url.appendingPathComponent(finding.file)
      #expect(try Data(contentsOf: kept).count % 50 == 49)
      let again = try fuzz(
        ["--target", name, "--input", finding.file], in: scratch.url, status: 1)
      #expect(again.crashes == 1 && again.inputs == 1)
    }
  }

  @Test func `a reader that keeps memory is seen to grow`() throws {
    let report = try fuzz(
      ["--inputs", "2000", "--target", "selftest.growth"], in: scratch.url, status: 1)
    #expect(report.growing == 1 && report.crashes == 0)
  }

  @Test func `one that hangs is ended and counted`() throws {
    let input = scratch.path("long")
    try Data(repeating: 7, count: 99).write(to: URL(fileURLWithPath: input))
    let report = try fuzz(
      ["--target", "selftest.hang", "--input", input], in: scratch.url, status: 1)
    #expect(report.hangs == 1 && report.crashes == 0)
  }

  @Test func `an unknown target is refused with those that there are`() throws {
    let outcome = try KingletProcess.run(["fuzz", "--target", "mesage"], scratch: scratch)
    #expect(outcome.status != 0 && outcome.errors.contains("message"))
  }
}
