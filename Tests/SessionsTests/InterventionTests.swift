import Episodes
import Foundation
import Messages
import Testing

/// What the safety filters changed stands in a file of the run, in episodes and between them.
@Suite(.serialized) struct InterventionTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private struct Line: Decodable {
    var kind, by: String
    var tick, ticks: Int64?
    var why: [String]?
    var asked, allowed: [Double]?
    var untoldTorques: Int?
  }

  /// A change that is known by its tick and what was asked on it.
  private func lines(of run: String) throws -> [Line] {
    let text = try String(contentsOfFile: run + "/interventions.jsonl", encoding: .utf8)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  @Test(arguments: ["driver", "process"])
  func `every change that an episode holds stands there, and those of the resets`(
    placement: String
  ) throws {
    let run = scratch.path("run")
    let outcome = try KingletProcess.run(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + run, "placement=" + placement,
        "learner.demonstrationShare=0", "demonstrations.episodes=0", "finish.steps=150",
        "learner.startStep=1000", "recording=all",
      ], scratch: scratch)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let lines = try lines(of: run)
    let torques = lines.filter { $0.kind == "torque" }
    #expect(!torques.isEmpty)
    for line in lines {
      #expect(["torque", "setpoint", "untold"].contains(line.kind))
      #expect(["controller", "driver"].contains(line.by))
    }
    for line in torques {
      #expect(line.asked?.count == 7 && line.allowed?.count == 7)
      // A contact that begins is told, and changes nothing.
      #expect(line.asked != line.allowed || line.why == ["contact"])
      #expect(line.why?.isEmpty == false)
    }
    let told = Set(
      torques.flatMap { line in (0..<(line.ticks ?? 0)).map { (line.tick ?? -1) + $0 } })
    var recorded = Set<Int64>()
    for number in 0..<100 {
      let path = run + "/episodes/" + String(format: "episode-%06d.mcap", number)
      guard FileManager.default.fileExists(atPath: path) else { break }
      let episode = try RecordedEpisode(reading: path)
      recorded.formUnion(
        episode.safetyInterventions.filter { $0.asked != $0.allowed }.map(\.tick))
    }
    #expect(!recorded.isEmpty)
    // A machine that leaves the journal no time for long has more to tell than is kept; it says so.
    let untold = lines.reduce(0) { $0 + ($1.untoldTorques ?? 0) }
    let lost = recorded.subtracting(told)
    #expect(
      lost.count <= untold,
      "of \(recorded.count) recorded, not told: \(lost.sorted().prefix(5))")
    #expect(told.count + untold > recorded.count, "resets are cut too")
  }
}
