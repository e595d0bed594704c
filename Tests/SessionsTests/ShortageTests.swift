import Foundation
import Testing

/// A training that lacks something: room on the disk, time for its learner.
@Suite(.serialized) struct ShortageTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private struct Summary: Decodable {
    var finishReason: String
    var steps: Int
    var updates: Int
    var updatesPerStep: Double
  }

  private func words(_ more: [String]) -> [String] {
    [
      "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r"), "seed=5",
      "learner.demonstrationShare=0", "learner.startStep=20", "learner.ensemble=2",
      "learner.drawn=2", "learner.width=32", "learner.updatesPerStep=1", "task.steps=10",
      "checkpointEvery=20", "learner.threads=1", "finish.window=100000",
    ] + more
  }

  private func wait(
    for process: KingletProcess, within seconds: Double = 60, _ isDone: () -> Bool
  ) throws {
    let deadline = DispatchTime.now() + seconds
    while !isDone() {
      try #require(process.process.isRunning && DispatchTime.now() < deadline)
      usleep(20_000)
    }
  }

  private var figures: String {
    (try? String(contentsOfFile: scratch.path("r/metrics.jsonl"), encoding: .utf8)) ?? ""
  }

  @Test(arguments: [
    ("recorder", "episodes/"), ("learner", ".safetensors"), ("launch", "metrics.jsonl"),
  ])
  func `a full disk ends the session by the file's name, and it goes on once there is room`(
    role: String, file: String
  ) throws {
    let launch = try KingletProcess(
      words(["clock=lockstep", "finish.steps=100000"]), scratch: scratch)
    defer { launch.end() }
    try wait(for: launch) { figures.contains("episode/steps") }
    let victim =
      role == "launch"
      ? launch.process.processIdentifier
      : try #require(
        KingletProcess.running(with: role + "\0" + scratch.path("r") + "/").first)
    // No file of this process may grow any more: util-linux sets it from outside.
    let limit = try Process.run(
      URL(fileURLWithPath: "/usr/bin/prlimit"),
      arguments: ["--pid", "\(victim)", "--fsize=0"])
    limit.waitUntilExit()
    try #require(limit.terminationStatus == 0)
    let outcome = try launch.finish(within: 60)
    #expect(outcome.status != 0)
    // What has no room for a word has none for this one either, so that is not asked of `launch`.
    if role != "launch" {
      #expect(outcome.errors.contains(file), "\(outcome.errors)")
      #expect(outcome.errors.contains("launch --resume"), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
    #expect(KingletProcess.isGone(scratch.path("r")))
    let resumed = try KingletProcess.run(
      ["launch", "--resume", scratch.path("r"), "finish.steps=60", "--json"], scratch: scratch)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let summary = try JSONDecoder().decode(Summary.self, from: Data(resumed.output.utf8))
    #expect(summary.finishReason == "steps" && summary.steps >= 60)
  }

  @Test func `a learner that is too slow is named, and learns from every step all the same`() throws
  {
    let outcome = try KingletProcess.run(
      words([
        "clock=realtime", "finish.steps=120", "learner.updatesPerStep=1000",
        // No machine makes five thousand of these a second, and none takes minutes for the last of them.
        "learner.width=64", "learner.ensemble=4",
      ]), scratch: scratch)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("the learner falls behind"), "\(outcome.output)")
    let text = try String(contentsOfFile: scratch.path("r/summary.json"), encoding: .utf8)
    let summary = try JSONDecoder().decode(Summary.self, from: Data(text.utf8))
    #expect(summary.finishReason == "steps" && summary.steps >= 120)
    #expect(summary.updatesPerStep < 800 && summary.updates > 0)
    // The quality of the 1 kHz loop is among the figures.
    for name in ["jitterP99", "jitterP999", "workP99", "workMax", "roundTripP50"] {
      #expect(figures.contains("\"driver/\(name)Microseconds\":"))
    }
    for name in ["ticks", "overruns", "missedTorques"] {
      #expect(figures.contains("\"driver/\(name)\":"))
    }
  }
}
