import Foundation
import Testing

/// What `launch --json` prints of a training of several actors.
private struct Result: Decodable, Equatable {
  struct Actor: Decodable, Equatable {
    var actor: Int
    var steps: Int
    var episodes: Int
    var robotMinutes: Double
    var left: String?
  }
  var finishReason: String
  var replayDigest: String
  var weightsDigest: String
  var steps: Int
  var updates: Int
  var episodes: Int
  var actors: [Actor]?
}

/// Several arms act for one learner.
@Suite(.serialized) struct ActorsTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func words(_ name: String, _ changes: [String]) -> [String] {
    [
      "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path(name), "seed=5",
      "learner.demonstrationShare=0", "learner.startStep=40", "learner.ensemble=2",
      "learner.drawn=2", "learner.width=32", "learner.updatesPerStep=1", "task.steps=25",
      "checkpointEvery=40", "learner.threads=1", "--json",
    ] + changes
  }

  private func result(of outcome: KingletProcess.Outcome) throws -> Result {
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Result.self, from: Data(outcome.output.utf8))
  }

  /// Waits for what needs every one of some processes, or throws what they have said.
  private func wait(
    for processes: KingletProcess..., within seconds: Double = 90, _ isDone: () -> Bool
  ) throws {
    let deadline = DispatchTime.now() + seconds
    while !isDone() {
      let words = try processes.map { (try $0.output(), try $0.errors()) }
      try #require(processes.allSatisfy { $0.process.isRunning }, "one ended early: \(words)")
      try #require(DispatchTime.now() < deadline, "\(words)")
      usleep(20_000)
    }
  }

  /// Episodes of an actor that have come to their end, by the training's figures.
  private func episodes(of actor: Int, in run: String) -> Int {
    let text = try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
    let name = "\"actor\(actor)/episode/steps\""
    return text?.split(separator: "\n").count { $0.contains(name) } ?? 0
  }

  private func kill(_ role: String, of session: String, _ signal: Int32 = SIGKILL) throws {
    let victims = KingletProcess.running(with: role + "\0" + session + "/resolved.yaml")
    try #require(victims.count == 1)
    for victim in victims { Foundation.kill(victim, signal) }
  }

  @Test func `two runs in lock-step are one, also when one was killed on the way`() throws {
    let changes = ["actors=2", "finish.steps=300"]
    let whole = try result(of: KingletProcess.run(words("a", changes), scratch: scratch))
    #expect(whole.finishReason == "steps" && whole.steps == 300 && whole.updates == 261)
    #expect(whole.actors?.map(\.steps) == [150, 150] && whole.actors?.map(\.episodes) == [6, 6])
    // What they meet is drawn for each.
    let arms = whole.actors?.map(\.robotMinutes) ?? []
    #expect(arms.count == 2 && Set(arms).count == 2)
    let run = scratch.path("b")
    for (index, least) in [1, 3].enumerated() {
      let launch = try KingletProcess(
        index == 0
          ? words("b", changes + ["placement=process"]) : ["launch", "--resume", run, "--json"],
        scratch: scratch)
      defer { launch.end() }
      try wait(for: launch) { episodes(of: 0, in: run) + episodes(of: 1, in: run) > 2 * least }
      Foundation.kill(launch.process.processIdentifier, SIGKILL)
      _ = try launch.finish(within: 10)
      try #require(KingletProcess.isGone(run))
    }
    let resumed = try result(
      of: KingletProcess.run(["launch", "--resume", run, "--json"], scratch: scratch))
    #expect(resumed.replayDigest == whole.replayDigest)
    #expect(resumed.weightsDigest == whole.weightsDigest)
    #expect(resumed.steps == whole.steps && resumed.updates == whole.updates)
    let own = run + "/actors/1"
    for (words, complaint) in [
      (["join", run], "actors=N"), (["join", own], "`launch` alone starts"),
      (["launch", "--resume", own], "is the session of actor 1 alone"),
      (["launch", own + "/resolved.yaml", "run=" + scratch.path("c")], "of actor 1 alone"),
    ] {
      let refused = try KingletProcess.run(words, scratch: scratch)
      #expect(refused.status != 0 && refused.errors.contains(complaint), "\(refused.errors)")
    }
  }

  @Test func `in lock-step a learner that is killed is started again and changes nothing`() throws {
    let changes = ["actors=3", "finish.steps=450"]
    let whole = try result(of: KingletProcess.run(words("k", changes), scratch: scratch))
    let run = scratch.path("l")
    let launch = try KingletProcess(words("l", changes), scratch: scratch)
    defer { launch.end() }
    for least in [1, 3] {
      try wait(for: launch) { (0..<3).allSatisfy { episodes(of: $0, in: run) >= least } }
      let victims = KingletProcess.running(with: "learner\0" + run)
      try #require(victims.count == 1)
      for victim in victims { Foundation.kill(victim, SIGKILL) }
      try wait(for: launch) {
        let learners = KingletProcess.running(with: "learner\0" + run)
        return !learners.isEmpty && learners != victims
      }
    }
    #expect(try result(of: launch.finish()) == whole)
  }

  @Test func `an arm that has joined ends with the training, and its stop is its own`() throws {
    let run = scratch.path("o")
    let launch = try KingletProcess(
      words("o", ["clock=realtime", "finish.steps=1500"]), scratch: scratch)
    defer { launch.end() }
    let own = { (try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)) ?? "" }
    try wait(for: launch) { own().contains("\"episode/steps\"") }
    // Nothing is recorded there, but what was learned from stays.
    let first = try KingletProcess(["join", run, "recording=none"], scratch: scratch)
    defer { first.end() }
    try wait(for: launch) { episodes(of: 1, in: run) > 0 }
    let twice = try KingletProcess.run(["join", run, "--actor", "1"], scratch: scratch)
    #expect(twice.status != 0 && twice.errors.contains("actor 1 runs there"), "\(twice.errors)")
    first.end()
    _ = try first.finish(within: 10)
    var joined: KingletProcess?
    defer { joined?.end() }
    let before = episodes(of: 1, in: run)
    try wait(for: launch) {
      // The learner may still hold the place of the one that was killed.
      if joined?.process.isRunning != true {
        joined = try? KingletProcess(
          ["join", run, "--actor", "1", "recording=none"], scratch: scratch)
      }
      return episodes(of: 1, in: run) > before
    }
    #expect(try KingletProcess.run(["stop", run], scratch: scratch).status == 0)
    for place in [run, run + "/actors/1"] {
      try wait(for: launch) {
        (try? KingletProcess.run(["recover", place], scratch: scratch).status) == 0
      }
    }
    let training = try result(of: launch.finish(within: 120))
    #expect(training.finishReason == "steps" && training.replayDigest.count == 16)
    #expect(training.steps >= 1500 && training.actors?.count == 2)
    let end = try joined?.finish(within: 60)
    #expect(end?.status == 0, "\(end?.errors ?? "")")
    #expect(KingletProcess.isGone(run))
  }

  @Test func `in lock-step an actor that is gone ends the session by its name`() throws {
    let run = scratch.path("g")
    let launch = try KingletProcess(
      words("g", ["actors=2", "finish.steps=100000"]), scratch: scratch)
    defer { launch.end() }
    try wait(for: launch) { episodes(of: 1, in: run) > 0 }
    try kill("driver", of: run + "/actors/1")
    let outcome = try launch.finish(within: 60)
    #expect(outcome.status != 0)
    #expect(
      outcome.errors.contains("actor 1") && outcome.errors.contains("driver")
        && outcome.errors.contains("signal 9"), "\(outcome.errors)")
    #expect(KingletProcess.isGone(run))
  }

  @Test func `in real time actors come, are killed, come again and leave`() throws {
    let run = scratch.path("r")
    let launch = try KingletProcess(
      words("r", ["clock=realtime", "actors=2", "finish.steps=100000", "finish.window=100000"])
        .filter { $0 != "--json" }, scratch: scratch)
    defer { launch.end() }
    try wait(for: launch) { episodes(of: 0, in: run) > 0 && episodes(of: 1, in: run) > 0 }
    try kill("driver", of: run + "/actors/1")
    try wait(for: launch) { (try? launch.output().contains("actor 1 has left")) == true }
    // The other goes on, a third comes, and the first that left comes again.
    let third = try KingletProcess(["join", run], scratch: scratch)
    defer { third.end() }
    let again = try KingletProcess(["join", run, "--actor", "1"], scratch: scratch)
    defer { again.end() }
    let before = (0..<3).map { episodes(of: $0, in: run) }
    try wait(for: launch, third, again) {
      (0..<3).allSatisfy { episodes(of: $0, in: run) > before[$0] }
    }
    #expect(try again.output().contains("going on with episode"))
    Foundation.kill(third.process.processIdentifier, SIGINT)
    let left = try third.finish(within: 60)
    #expect(left.status == 0 && left.output.contains("actor 2 ended"), "\(left.errors)")
    // A good end is no fault: the arm is held until it stands.
    let log = try String(contentsOfFile: run + "/actors/2/logs/driver.log", encoding: .utf8)
    #expect(log.contains("idle at") && !log.contains("fault at"), "\(log)")
    let more = episodes(of: 0, in: run)
    try wait(for: launch) { episodes(of: 0, in: run) > more }
    Foundation.kill(launch.process.processIdentifier, SIGINT)
    let outcome = try launch.finish(within: 90)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let came = try again.finish(within: 30)
    #expect(came.status == 0, "\(came.errors)")
    for words in ["actor 2 has come", "actor 2 has left", "actor 1 has come", "interrupted after"] {
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
    #expect(KingletProcess.isGone(run))
    // Whatever anybody has done was learned from, and each figure is its actor's.
    let text = try String(contentsOfFile: run + "/summary.json", encoding: .utf8)
    let summary = try JSONDecoder().decode(Result.self, from: Data(text.utf8))
    #expect(summary.actors?.map(\.actor) == [0, 1, 2])
    #expect(summary.steps == summary.actors?.reduce(0) { $0 + $1.steps })
  }

  @Test func `in real time an actor that hangs from its first moment on has left`() throws {
    let run = scratch.path("h")
    let launch = try KingletProcess(
      words(
        "h", ["clock=realtime", "actors=2", "finish.steps=100000", "supervision.silence=5"]
      ).filter { $0 != "--json" }, scratch: scratch)
    defer { launch.end() }
    let line = "join\0" + run + "\0--actor\u{0}1"
    try wait(for: launch) { !KingletProcess.running(with: line).isEmpty }
    for victim in KingletProcess.running(with: line) { Foundation.kill(victim, SIGSTOP) }
    try wait(for: launch) {
      (try? launch.output().contains("actor 1 has left: actor 1, process")) == true
    }
    #expect(try launch.output().contains("it is stopped (SIGSTOP)"))
    try wait(for: launch) { episodes(of: 0, in: run) > 0 }
    Foundation.kill(launch.process.processIdentifier, SIGINT)
    #expect(try launch.finish(within: 90).status == 0)
    #expect(KingletProcess.isGone(run))
  }

  @Test func `a stop reaches every arm, and each is let go by itself`() throws {
    let run = scratch.path("s")
    let launch = try KingletProcess(
      words("s", ["clock=realtime", "actors=2", "finish.steps=100000"]).filter { $0 != "--json" },
      scratch: scratch)
    defer { launch.end() }
    try wait(for: launch) { episodes(of: 0, in: run) > 0 && episodes(of: 1, in: run) > 0 }
    let stop = try KingletProcess.run(["stop", run, "--json"], scratch: scratch)
    #expect(stop.status == 0, "\(stop.errors)")
    #expect(stop.output.components(separatedBy: "\"userStopped\"").count == 3, "\(stop.output)")
    let refused = try KingletProcess.run(["recover", run], scratch: scratch)
    #expect(refused.status != 0 && refused.errors.contains(run + "/actors/1"), "\(refused.errors)")
    let before = (0..<2).map { episodes(of: $0, in: run) }
    usleep(500_000)
    #expect(before == (0..<2).map { episodes(of: $0, in: run) })
    for actor in 0..<2 {
      try wait(for: launch) {
        let recovery = try? KingletProcess.run(
          ["recover", run + "/actors/\(actor)"], scratch: scratch)
        return recovery?.status == 0
      }
    }
    try wait(for: launch) {
      // A machine that is starved of time may make the supervisor stop an arm once more.
      for actor in 0..<2 {
        _ = try? KingletProcess.run(["recover", run + "/actors/\(actor)"], scratch: scratch)
      }
      usleep(300_000)
      return (0..<2).allSatisfy { episodes(of: $0, in: run) > before[$0] }
    }
    #expect(try launch.output().contains("actor 1: the arm goes on"))
    // An arm that does not answer keeps none of the others from being stopped and named.
    try kill("driver", of: run + "/actors/0", SIGSTOP)
    let partial = try KingletProcess.run(["stop", run, "--json"], scratch: scratch)
    try kill("driver", of: run + "/actors/0", SIGCONT)
    #expect(partial.status == 1 && partial.output.contains("actors/0: no session answers"))
    #expect(
      partial.output.components(separatedBy: "\"userStopped\"").count == 2, "\(partial.output)")
    Foundation.kill(launch.process.processIdentifier, SIGINT)
    _ = try launch.finish(within: 90)
    #expect(KingletProcess.isGone(run))
  }

  @Test func `an arm that joined does not outlive its training, and comes back with it`() throws {
    let run = scratch.path("k")
    let changes = [
      "clock=realtime", "finish.steps=100000", "finish.window=100000", "supervision.silence=5",
    ]
    let launch = try KingletProcess(
      words("k", changes).filter { $0 != "--json" }, scratch: scratch)
    defer { launch.end() }
    try wait(for: launch) { (try? launch.output().contains("step ")) == true }
    let arm = try KingletProcess(["join", run], scratch: scratch)
    defer { arm.end() }
    try wait(for: launch) { episodes(of: 1, in: run) > 1 }
    Foundation.kill(launch.process.processIdentifier, SIGKILL)
    let end = try arm.finish(within: 40)
    #expect(end.status != 0 && end.errors.contains("has said nothing"), "\(end.errors)")
    #expect(end.errors.contains("`kinglet join \(run) --actor 1`"), "\(end.errors)")
    #expect(KingletProcess.isGone(run))
    let early = try KingletProcess.run(["join", run], scratch: scratch)
    #expect(early.errors.contains("`kinglet launch --resume \(run)`"), "\(early.errors)")
    let done = episodes(of: 1, in: run)
    let resumed = try KingletProcess(["launch", "--resume", run], scratch: scratch)
    defer { resumed.end() }
    try wait(for: resumed) { (try? resumed.output().contains("step ")) == true }
    let again = try KingletProcess(["join", run, "--actor", "1"], scratch: scratch)
    defer { again.end() }
    try wait(for: resumed) { episodes(of: 1, in: run) > done }
    Foundation.kill(resumed.process.processIdentifier, SIGINT)
    let outcome = try resumed.finish(within: 90)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("next: kinglet launch --resume \(run)"), "\(outcome.output)")
    #expect(try again.finish(within: 30).status == 0)
    let text = try String(contentsOfFile: run + "/summary.json", encoding: .utf8)
    let summary = try JSONDecoder().decode(Result.self, from: Data(text.utf8))
    let joined = try #require(summary.actors?.first { $0.actor == 1 })
    #expect(joined.episodes > done && joined.robotMinutes > 0)
    #expect(summary.episodes == summary.actors?.reduce(0) { $0 + $1.episodes })
  }

  @Test func `who cannot join is told why, in one line`() throws {
    for (words, complaint) in [
      ([scratch.path("none")], "holds no run"), (["--actor", "64", "x"], "holds no run"),
      (["--actor"], "Missing value"), (["x", "--aktor", "1"], "Did you mean '--actor'"),
    ] {
      let refused = try KingletProcess.run(["join"] + words, scratch: scratch)
      #expect(refused.status != 0 && refused.errors.contains(complaint), "\(refused.errors)")
      #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
    }
    let meant = try KingletProcess.run(["lunch"], scratch: scratch)
    #expect(meant.status == 64 && meant.errors.contains("Did you mean 'launch'?"))
    let more = try KingletProcess.run(["lanch", "Launch/pcb-insertion.yaml"], scratch: scratch)
    #expect(more.status == 64 && more.errors.contains("Did you mean 'launch'?"), "\(more.errors)")
    let many = try KingletProcess.run(words("m", ["actors=65"]), scratch: scratch)
    #expect(many.status != 0 && many.errors.contains("1…64"), "\(many.errors)")
  }
}
