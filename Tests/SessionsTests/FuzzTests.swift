import Foundation
import Messages
import Sessions
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

  /// An input of one message, as `Frames` has it.
  private func input(_ message: Message) throws -> String {
    let path = scratch.path("message")
    var bytes: [UInt8] = [2]
    for part in [[UInt8](repeating: 0, count: 8), message.encoded()] {
      bytes += withUnsafeBytes(of: UInt32(part.count).littleEndian) { [UInt8]($0) } + part
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test(arguments: [
    ("learner", "learner/updatesPerStep", Double.nan),
    ("learner", "learner/updatesPerStep", .infinity),
    ("learner", "learner/updates", 1e308), ("actor", "episode/steps", -1e308),
    ("actor", "episode/rewarded", .nan),
  ])
  func `no figure keeps a training from its summary, or from going on`(
    role: String, name: String, value: Double
  ) throws {
    let status = Status(
      role: role, step: .max, robotNanoseconds: .max,
      values: [StatusValue(name: name, value: value)], actor: 1)
    let report = try fuzz(
      ["--target", "status", "--input", input(.status(status))], status: 0)
    #expect(report.targets.first?.accepted == 1)
  }

  @Test func `words and names of any length leave files that can be read`() throws {
    let long = String(repeating: "\u{1}", count: 900)
    let values = (0..<1000).map { StatusValue(name: "\($0)" + long, value: .nan) }
    let words = String(repeating: "a", count: 400_000)
    for message in [
      Message.status(Status(role: "learner", step: 1, values: values)),
      .status(Status(role: "actor", note: "steps \(words) \(words)")),
      .actorLeft(actor: 1, reason: String(repeating: "\u{1B}", count: 1_000_000)),
      .failure(reason: words),
    ] {
      let report = try fuzz(["--target", "status", "--input", input(message)], status: 0)
      #expect(report.targets.first?.accepted == 1)
    }
  }

  @Test func `actors beyond the last one are no news`() throws {
    for message in [
      Message.status(Status(role: "actor", actor: 64)), .actorLeft(actor: .max, reason: "gone"),
      .ready(role: "actor 64"),
    ] {
      let report = try fuzz(["--target", "status", "--input", input(message)], status: 0)
      #expect(report.targets.first?.refused == 1, "\(message)")
    }
  }

  @Test func `a served session lives on after what it is asked wrongly`() throws {
    for message in [
      Message.environmentStep(action: [.nan]), .environmentStep(action: [0, 0, 0, 0, 0, 2]),
      .stop(reason: "a rogue"),
    ] {
      let report = try fuzz(["--target", "process.serve", "--input", input(message)], status: 0)
      #expect(report.inputs == 1 && report.crashes == 0, "\(message)")
    }
  }

  @Test func `a loop by a name that there is none of is not watched`() {
    var watch = LagWatch(updatesPerStep: 4)
    for second in 0..<100 as Range<Int64> {
      let values = ["ticks", "overruns", "missedTorques"].map {
        StatusValue(name: "stranger/" + $0, value: 10_000 * Double(second))
      }
      let status = Status(role: "stranger", values: values)
      #expect(watch.line(for: status, at: second * 1_000_000_000) == nil)
    }
  }

  @Test func `an unknown target is refused with those that there are`() throws {
    let outcome = try KingletProcess.run(["fuzz", "--target", "mesage"], scratch: scratch)
    #expect(outcome.status != 0)
    for name in [
      "message", "status", "logs", "socket.curve", "process.serve", "process.controller.arm",
    ] {
      #expect(outcome.errors.contains(name))
    }
  }
}
