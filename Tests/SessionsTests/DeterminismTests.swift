import Foundation
import Testing

/// What `launch --json` prints of a run.
private struct Digests: Decodable, Equatable {
  var replayDigest: String
  var weightsDigest: String
  var steps: Int
  var updates: Int
  var episodes: Int
  var rewardedEpisodes: Int
  var robotMinutes: Double
}

@Suite(.serialized) struct DeterminismTests {
  private let scratch: Scratch
  private let demonstrations: String

  init() throws {
    scratch = try Scratch()
    demonstrations = scratch.path("shown")
    let outcome = try KingletProcess.run(
      [
        "demonstrate", "Launch/pcb-insertion.yaml", "run=" + scratch.path("d"),
        "demonstrations.folder=" + demonstrations, "demonstrations.episodes=2", "--json",
      ], scratch: scratch)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func words(_ name: String, _ changes: [String]) -> [String] {
    [
      "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path(name),
      "demonstrations.folder=" + demonstrations, "demonstrations.episodes=2", "finish.steps=250",
      "learner.startStep=100", "learner.ensemble=2", "learner.drawn=2", "learner.width=64",
      "learner.pretrainUpdates=50", "learner.updatesPerStep=1", "--json",
    ] + changes
  }

  private func train(_ name: String, _ changes: [String]) throws -> Digests {
    try digests(of: words(name, changes))
  }

  private func digests(of words: [String]) throws -> Digests {
    let outcome = try KingletProcess.run(words, scratch: scratch)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Digests.self, from: Data(outcome.output.utf8))
  }

  @Test func `a killed training goes on as if it had never been, however often`() throws {
    let changes = ["seed=3", "finish.steps=800", "checkpointEvery=60"]
    let whole = try train("w", changes)
    let run = scratch.path("v")
    for (index, steps) in [0, 130, 290, 400].enumerated() {
      let launch = try KingletProcess(
        index == 0 ? words("v", changes) : ["launch", "--resume", run, "placement=process"],
        scratch: scratch)
      defer { launch.end() }
      try wait(for: launch, "it ended before it was killed") {
        let text = try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
        let lines = text?.split(separator: "\n") ?? []
        let reached = lines.compactMap { $0.firstMatch(of: /"step":(\d+)/).flatMap { Int($0.1) } }
        return reached.contains { $0 > steps }
      }
      if index == 0 {
        let meanwhile = try KingletProcess.run(["launch", "--resume", run], scratch: scratch)
        #expect(meanwhile.errors.contains("another session is running"), "\(meanwhile.errors)")
      }
      kill(launch.process.processIdentifier, SIGKILL)
      _ = try launch.finish(within: 10)
      try #require(KingletProcess.isGone(run))
    }
    #expect(try digests(of: ["launch", "--resume", run, "--json"]) == whole)
    #expect(try figures(of: run) == figures(of: scratch.path("w")))
    let recorded = try KingletProcess.run(
      ["episodes", "verify", run + "/episodes", "--json"], scratch: scratch)
    #expect(recorded.status == 0)
    for (words, complaint) in [
      (["--resume", run], "the training is over"),
      (["--resume", run, "learner.width=32"], "cannot change"),
      (["--resume", scratch.path("none")], "holds no run"),
    ] {
      let refused = try KingletProcess.run(["launch"] + words, scratch: scratch)
      #expect(refused.status != 0 && refused.errors.contains(complaint), "\(refused.errors)")
    }
    let lost = run + "/episodes/episode-000001.mcap"
    let others = try FileManager.default.contentsOfDirectory(atPath: run + "/episodes").count - 1
    try FileManager.default.removeItem(atPath: lost)
    let refused = try KingletProcess.run(
      ["launch", "--resume", run, "finish.steps=1200"], scratch: scratch)
    #expect(refused.status != 0 && refused.errors.contains(lost), "\(refused.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: run + "/episodes").count == others)
  }

  @Test func `a learner that is killed, however often, is started again and changes nothing`()
    throws
  {
    let changes = ["seed=3", "finish.steps=600", "checkpointEvery=60"]
    let whole = try train("x", changes)
    let run = scratch.path("y")
    let launch = try KingletProcess(words("y", changes), scratch: scratch)
    defer { launch.end() }
    for steps in [0, 200, 400] {
      try wait(for: launch, "it ended before its learner was killed") {
        let lines = (try? figures(of: run)) ?? []
        return lines.contains { line in
          line.firstMatch(of: /"step":(\d+)/).flatMap { Int($0.1) } ?? 0 > steps
        }
      }
      let victims = KingletProcess.running(with: "learner\0" + run)
      try #require(victims.count == 1)
      for victim in victims { kill(victim, SIGKILL) }
      try wait(for: launch, "no learner again") {
        let learners = KingletProcess.running(with: "learner\0" + run)
        return !learners.isEmpty && learners != victims
      }
    }
    let outcome = try launch.finish()
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(try JSONDecoder().decode(Digests.self, from: Data(outcome.output.utf8)) == whole)
    #expect(try figures(of: run) == figures(of: scratch.path("x")))
  }

  @Test func `a process that is stopped ends the session, with what to do`() throws {
    let run = scratch.path("z")
    let launch = try KingletProcess(
      words("z", ["supervision.silence=5", "finish.steps=100000"]), scratch: scratch)
    defer { launch.end() }
    try waitForSteps(run, of: launch)
    let victims = KingletProcess.running(with: "reward\0" + run)
    for victim in victims { kill(victim, SIGSTOP) }
    let outcome = try launch.finish(within: 60)
    #expect(outcome.status != 0)
    #expect(
      outcome.errors.contains("reward") && outcome.errors.contains("SIGSTOP"), "\(outcome.errors)")
    #expect(KingletProcess.isGone(run))
  }

  /// Every line of a run's figures but what depends on the wall's clock, sorted: the robot time of a learner's line is
  /// that of the actor's line before it.
  private func figures(of run: String) throws -> [String] {
    let text = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
    return text.split(separator: "\n").map {
      String($0).replacing(/"(wall|robot)Seconds":[^,]*,/, with: "")
        .replacing(/"learner\/updatesPerSecond":[^,}]*/, with: "")
    }.sorted()
  }

  @Test func `a training in real time goes on with the episode after`() throws {
    let run = scratch.path("u")
    let changes = ["clock=realtime", "finish.steps=160", "learner.startStep=20", "task.steps=20"]
    let launch = try KingletProcess(words("u", changes), scratch: scratch)
    defer { launch.end() }
    let third = run + "/episodes/episode-000002.mcap"
    try wait(for: launch, "no third episode") { FileManager.default.fileExists(atPath: third) }
    kill(launch.process.processIdentifier, SIGKILL)
    _ = try launch.finish(within: 10)
    try #require(KingletProcess.isGone(run))
    let before = FileManager.default.contents(atPath: third)
    let ended = try digests(of: ["launch", "--resume", run, "--json"])
    #expect(ended.steps >= 160 && ended.episodes >= 8)
    #expect(before != nil && before == FileManager.default.contents(atPath: third))
  }

  @Test func `a session is byte-identical in either placement, with any number of threads`() throws
  {
    let first = try train("a", ["seed=7", "placement=driver", "learner.threads=2"])
    #expect(first.updates > 100)
    #expect(try train("b", ["seed=7", "placement=driver", "learner.threads=2"]) == first)
    #expect(try train("c", ["seed=7", "placement=process", "learner.threads=1"]) == first)
    let other = try train("e", ["seed=8", "placement=driver"])
    #expect(other.replayDigest != first.replayDigest)
    #expect(other.weightsDigest != first.weightsDigest)
  }

  @Test func `one ctrl-c saves a policy, and nothing is left running`() throws {
    let run = scratch.path("i")
    let launch = try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + run,
        "demonstrations.folder=" + demonstrations, "demonstrations.episodes=2",
        "learner.width=64", "learner.updatesPerStep=1",
      ], scratch: scratch)
    try waitForSteps(run, of: launch)
    kill(launch.process.processIdentifier, SIGINT)
    let outcome = try launch.finish(within: 60)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("interrupted"))
    #expect(FileManager.default.fileExists(atPath: run + "/policy.safetensors"))
    #expect(FileManager.default.fileExists(atPath: run + "/summary.json"))
    #expect(KingletProcess.isGone(run))
    for (changes, words) in [
      ([], ["ended early (interrupted)", "--replace"]),
      (["seed=5"], ["another training", "seed;"]),
    ] {
      let again = try KingletProcess.run(
        (launch.process.arguments ?? []) + changes, scratch: scratch)
      #expect(again.status != 0)
      for word in words { #expect(again.errors.contains(word), "\(again.errors)") }
    }
  }

  @Test func `a second ctrl-c stops at once, says so, and leaves a summary`() throws {
    let run = scratch.path("j")
    let launch = try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + run,
        "demonstrations.folder=" + demonstrations, "demonstrations.episodes=2",
        "learner.pretrainUpdates=0", "learner.startStep=0", "learner.updatesPerStep=1000",
      ], scratch: scratch)
    defer { launch.end() }
    try wait(for: launch, "no learner") { !KingletProcess.running(with: "actor\0" + run).isEmpty }
    kill(launch.process.processIdentifier, SIGINT)
    try wait(for: launch, "no answer") { try launch.output().contains("again stops at once") }
    kill(launch.process.processIdentifier, SIGINT)
    let outcome = try launch.finish(within: 30)
    #expect(outcome.status != 0)
    #expect(outcome.errors.contains("told to stop at once"), "\(outcome.errors)")
    let summary = try String(contentsOfFile: run + "/summary.json", encoding: .utf8)
    #expect(summary.contains("interrupted"))
    #expect(KingletProcess.isGone(run))
  }

  @Test(arguments: [SIGTERM, SIGKILL])
  func `processes end with the launch that started them`(signal: Int32) throws {
    let run = scratch.path("k\(signal)")
    let launch = try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + run,
        "demonstrations.folder=" + demonstrations, "demonstrations.episodes=2",
        "learner.width=64", "learner.pretrainUpdates=50",
      ], scratch: scratch)
    try waitForSteps(run, of: launch)
    kill(launch.process.processIdentifier, signal)
    if signal == SIGTERM { kill(launch.process.processIdentifier, signal) }
    _ = try launch.finish(within: 60)
    #expect(KingletProcess.isGone(run))
  }

  @Test(arguments: ["driver", "learner", "reward", "reset", "recorder", "actor"])
  func `a killed process ends the session with its name`(role: String) throws {
    let run = scratch.path("m" + role)
    let launch = try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + run,
        "demonstrations.folder=" + demonstrations, "demonstrations.episodes=2",
        "learner.width=64", "learner.pretrainUpdates=50", "supervision.learnerRestarts=0",
      ], scratch: scratch)
    try waitForSteps(run, of: launch)
    let victims = KingletProcess.running(with: role + "\0" + run)
    #expect(victims.count == 1)
    for victim in victims { kill(victim, SIGKILL) }
    let outcome = try launch.finish(within: 60)
    #expect(outcome.status != 0)
    #expect(outcome.errors.contains(role), "\(outcome.errors)")
    #expect(KingletProcess.isGone(run))
  }

  /// Waits until a run has written its first figures; one that does not is ended.
  private func waitForSteps(_ run: String, of launch: KingletProcess) throws {
    try wait(for: launch, "the session did not start") {
      !(FileManager.default.contents(atPath: run + "/metrics.jsonl") ?? Data()).isEmpty
    }
  }

  private func wait(
    for launch: KingletProcess, _ complaint: String, until isReady: () throws -> Bool
  ) throws {
    let deadline = DispatchTime.now() + 60
    while try !isReady() {
      if DispatchTime.now() > deadline { launch.end() }
      let words = launch.process.arguments ?? []
      let said = try launch.errors()
      try #require(launch.process.isRunning, "\(complaint): \(words) \(said)")
      usleep(20_000)
    }
  }
}
