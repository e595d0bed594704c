import Foundation
import Messages
import Synchronization
import Testing
import Wire

/// Sends to every other socket of a session that takes calls, as fast as they take it, on a thread of its own.
private final class Flood: Sendable {
  private let isOver = Mutex(false)
  private let count = Mutex(0)
  private let ended = DispatchSemaphore(value: 0)

  init(_ run: String) {
    Thread.detachNewThread { [self] in
      defer { ended.signal() }
      try? send(to: run)
    }
  }

  /// Messages so far.
  var sent: Int { count.withLock { $0 } }

  func end() {
    isOver.withLock { $0 = true }
    ended.wait()
  }

  private func send(to run: String) throws {
    let context = try Context(session: SessionMark(of: "\(run)\npanda\npcb-insertion\n5"))
    func client(_ socket: String) throws -> Client {
      try Client(to: Endpoint("ipc://\(run)/sockets/\(socket)"), role: "driver", in: context)
    }
    var session = try client("session")
    var truth = try client("truth")
    var setpoint = try client("setpoint")
    var record = try client("record")
    var learner = try client("learner")
    var status = try client("status")
    var reward = try client("reward")
    var reset = try client("reset")
    while !isOver.withLock({ $0 }) {
      for _ in 0..<100 {
        try? session.send(.driverStatusRequest, within: .zero)
        try? truth.send(.truthRequest, within: .zero)
        try? setpoint.send(.safetyRequest, within: .zero)
        try? record.send(.recordAccepted, within: .zero)
        try? learner.send(.learnerDigestRequest, within: .zero)
        try? status.send(.ready(role: "driver"), within: .zero)
        try? reward.send(.judgeStart, within: .zero)
        try? reset.send(.judgeStart, within: .zero)
      }
      count.withLock { $0 += 800 }
    }
  }
}

/// A person stops the arm of real sessions and lets it go on.
@Suite(.serialized) struct StopTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func launch(_ words: [String]) throws -> KingletProcess {
    try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r"), "seed=5",
        "learner.demonstrationShare=0", "learner.startStep=1000000", "finish.steps=100000",
      ] + words, scratch: scratch)
  }

  /// Waits until the driver's log holds a text.
  private func awaitLog(
    _ text: String, of session: String = "r", within seconds: Double = 60
  ) throws {
    let deadline = DispatchTime.now() + seconds
    while !log(of: session).contains(text) {
      try #require(DispatchTime.now() < deadline, "no \"\(text)\" in \(log(of: session))")
      usleep(20_000)
    }
  }

  private func log(of session: String = "r") -> String {
    let file = scratch.path(session + "/logs/driver.log")
    return (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
  }

  /// Asks until it is granted: an arm that has not come to rest is not let go.
  private func recover() throws -> KingletProcess.Outcome {
    for _ in 0..<100 {
      let outcome = try KingletProcess.run(["recover", scratch.path("r")], scratch: scratch)
      if outcome.status == 0 { return outcome }
      let mayCome = ["not come to rest", "is silent"].contains(where: outcome.errors.contains)
      try #require(mayCome, "\(outcome.errors)")
      usleep(50_000)
    }
    throw CancellationError()
  }

  @Test(arguments: [
    ["clock=lockstep"], ["clock=lockstep", "placement=process"],
    ["clock=realtime", "placement=process", "robot.safety.stopTimeout=10"],
  ])
  func `a stopped arm stays stopped until a person lets it go on`(words: [String]) throws {
    let launch = try launch(words)
    defer { launch.end() }
    try awaitLog("active at")
    let stop = try KingletProcess.run(
      ["stop", scratch.path("r"), "--reason", "a hand in the way", "--json"], scratch: scratch)
    try #require(stop.status == 0, "\(stop.errors)")
    #expect(stop.output.contains("\"mode\" : \"userStopped\""))
    #expect(stop.output.contains("a hand in the way"))
    // A line may be a moment on its way.
    try awaitLog("userStopped at")
    usleep(300_000)
    let lines = log().split(separator: "\n")
    #expect(lines.last?.contains("userStopped at") == true, "\(log())")
    let again = try recover()
    #expect(again.output.contains("ready: kinglet recover"))
    // It acts again, and toward what is newer than the stop.
    func goesOn() -> Bool {
      let parts = log().components(separatedBy: "ready at")
      return parts.count >= 3 && parts.last?.contains("active at") == true
    }
    let deadline = DispatchTime.now() + 60.0
    while !goesOn() {
      try #require(DispatchTime.now() < deadline, "\(log())")
      usleep(20_000)
    }
    kill(launch.process.processIdentifier, SIGINT)
    let end = try launch.finish()
    #expect(end.status == 0, "\(end.errors)")
    #expect(end.output.contains("the arm has stopped: a hand in the way"))
    #expect(end.output.contains("the arm goes on"))
    #expect(KingletProcess.isGone(scratch.path("r")))
  }

  @Test func `a recorder that takes nothing holds no stop`() throws {
    let launch = try launch(["clock=lockstep", "task.steps=200"])
    defer { launch.end() }
    let deadline = DispatchTime.now() + 60.0
    // In the first steps of an episode, so that the driver is held by the others.
    let episodes = scratch.path("r/episodes")
    func isBegun() -> Bool {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: episodes)) ?? []
      return files.contains { file in
        let size = FileManager.default.contents(atPath: episodes + "/" + file)?.count ?? 0
        return file.hasSuffix(".part") && size >= 100_000
      }
    }
    while !isBegun() {
      try #require(DispatchTime.now() < deadline, "\(log())")
      usleep(1000)
    }
    let recorder = try #require(
      KingletProcess.running(with: "recorder\0" + scratch.path("r") + "/").first)
    kill(recorder, SIGSTOP)
    defer { kill(recorder, SIGCONT) }
    // Long enough for the driver to be held, and well before it gives the recorder up.
    usleep(300_000)
    let stop = try KingletProcess.run(
      ["stop", scratch.path("r"), "--reason", "a hand"], scratch: scratch)
    #expect(stop.status == 0, "\(stop.errors)")
    try awaitLog("userStopped at", within: 20)
    kill(recorder, SIGCONT)
    #expect(try recover().status == 0)
    kill(launch.process.processIdentifier, SIGINT)
    #expect(try launch.finish().status == 0)
  }

  @Test func `a stop works while every other queue is flooded and nobody takes anything`() throws {
    let launch = try launch([
      "clock=realtime", "placement=process", "robot.safety.stopTimeout=10",
    ])
    defer { launch.end() }
    try awaitLog("active at")
    let run = scratch.path("r")
    let paused =
      try ["recorder", "actor", "learner", "reward", "reset"].map { role in
        try #require(KingletProcess.running(with: role + "\0" + run + "/").first)
      }
      + [launch.process.processIdentifier]
    for process in paused { kill(process, SIGSTOP) }
    defer { for process in paused { kill(process, SIGCONT) } }
    let flood = Flood(run)
    defer { flood.end() }
    usleep(500_000)
    let stop = try KingletProcess.run(
      ["stop", run, "--reason", "a hand", "--json"], scratch: scratch)
    #expect(stop.status == 0, "\(stop.errors)")
    #expect(stop.output.contains("\"mode\" : \"userStopped\""), "\(stop.output)")
    try awaitLog("a hand", within: 5)
    #expect(log().contains("userStopped at"), "\(log())")
    #expect(flood.sent > 1000, "the flood was a trickle")
    kill(launch.process.processIdentifier, SIGKILL)
  }

  @Test func `a stop of a run reaches its demonstrations`() throws {
    let run = scratch.path("r")
    let shown = try KingletProcess(
      [
        "demonstrate", "Launch/pcb-insertion.yaml", "run=" + run, "clock=realtime",
        "demonstrations.folder=" + scratch.path("shown"),
      ], scratch: scratch)
    defer { shown.end() }
    try awaitLog("active at", of: "r-demonstrations")
    let stop = try KingletProcess.run(["stop", run, "--reason", "a hand"], scratch: scratch)
    #expect(stop.status == 0 && stop.output.contains("a hand"), "\(stop.errors)")
    try awaitLog("userStopped at", of: "r-demonstrations")
    // Who acts beside the terminal waits for nobody: it ends, and names the stop.
    let end = try shown.finish(within: 60)
    #expect(end.status != 0 && end.errors.contains("a hand"), "\(end.errors)")
    #expect(KingletProcess.isGone(run + "-demonstrations"))
  }

  @Test(arguments: [
    ["clock=lockstep"], ["clock=realtime", "placement=process", "robot.safety.stopTimeout=10"],
  ])
  func `an arm whose launch is stopped stops too, and goes on when a person lets it`(
    words: [String]
  ) throws {
    let launch = try launch(words + ["supervision.silence=3"])
    defer { launch.end() }
    try awaitLog("active at")
    kill(launch.process.processIdentifier, SIGSTOP)
    defer { kill(launch.process.processIdentifier, SIGCONT) }
    try awaitLog("`launch` has said nothing for 3 s")
    try awaitLog("fault at")
    let early = try KingletProcess.run(["recover", scratch.path("r")], scratch: scratch)
    #expect(early.status != 0 && early.errors.contains("`launch` is silent"), "\(early.errors)")
    // Longer than it listens itself: it must not take the others for silent.
    sleep(3)
    kill(launch.process.processIdentifier, SIGCONT)
    let deadline = DispatchTime.now() + 60.0
    while log().components(separatedBy: "fault at").last?.contains("active at") != true {
      try #require(DispatchTime.now() < deadline, "\(log())")
      if log().split(separator: "\n").last?.contains("fault at") == true { _ = try recover() }
      usleep(200_000)
    }
    kill(launch.process.processIdentifier, SIGINT)
    let end = try launch.finish()
    #expect(end.status == 0, "\(end.errors)")
    #expect(end.output.contains("the arm has stopped: `launch` has said nothing"), "\(end.output)")
    #expect(!(end.output + end.errors).contains("sign of life"), "\(end.output) \(end.errors)")
  }

  @Test func `nobody coming ends the training with the reason`() throws {
    let launch = try launch(["supervision.recoveryMinutes=0.05"])
    defer { launch.end() }
    try awaitLog("active at")
    let stop = try KingletProcess.run(
      ["stop", scratch.path("r"), "--reason", "smoke"], scratch: scratch)
    try #require(stop.status == 0, "\(stop.errors)")
    let end = try launch.finish(within: 60)
    #expect(end.status != 0)
    #expect(end.errors.contains("smoke"), "\(end.errors)")
    #expect(end.errors.contains("nobody let the arm go on"))
  }

  @Test func `an arm that is not stopped cannot be let go, nor one of no session`() throws {
    let none = try KingletProcess.run(["stop", scratch.path("r")], scratch: scratch)
    #expect(none.status != 0)
    #expect(none.errors.split(separator: "\n").count == 1, "\(none.errors)")
    let launch = try launch([])
    defer { launch.end() }
    try awaitLog("active at")
    let early = try KingletProcess.run(["recover", scratch.path("r")], scratch: scratch)
    #expect(early.status != 0)
    #expect(early.errors.contains("not stopped"))
    kill(launch.process.processIdentifier, SIGINT)
    #expect(try launch.finish().status == 0)
    let late = try KingletProcess.run(["stop", scratch.path("r")], scratch: scratch)
    #expect(late.status != 0)
    #expect(late.errors.contains("no session"), "\(late.errors)")
  }
}
