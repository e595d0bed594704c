import Episodes
import Foundation
import Messages
import Testing
import Wire

/// A process that is sent what it cannot do says so, and goes on: what `kinglet fuzz` has found.
@Suite(.serialized) struct HostileRequestTests {
  private let scratch: Scratch
  private let run: String

  init() throws {
    scratch = try Scratch()
    run = scratch.path("r")
    try FileManager.default.createDirectory(
      atPath: run + "/checkpoints", withIntermediateDirectories: true)
  }

  private func start(_ role: String) throws -> KingletProcess {
    try KingletProcess(
      [
        role, "Launch/pcb-insertion.yaml", "run=" + run, "recording=none", "learner.width=8",
        "demonstrations.episodes=0", "learner.demonstrationShare=0", "learner.pretrainUpdates=0",
        "learner.batch=4", "learner.threads=1",
      ], scratch: scratch)
  }

  private func client(_ socket: String, _ context: Context) throws -> Client {
    try Client(to: Endpoint("ipc://\(run)/sockets/\(socket)"), role: socket, in: context)
  }

  private func expectRefusal(
    _ message: Message, of client: inout Client, saying words: String,
    at location: SourceLocation = #_sourceLocation
  ) {
    do {
      let answer = try client.call(message, within: .seconds(15))
      Issue.record("answered \(answer)", sourceLocation: location)
    } catch WireError.failed(_, _, let reason) {
      #expect(reason.contains(words), sourceLocation: location)
    } catch {
      Issue.record("\(error)", sourceLocation: location)
    }
  }

  @Test func `a driver refuses grants without an end, and outlives who asks and leaves`() throws {
    let driver = try start("driver")
    defer { driver.end() }
    let context = try Context(session: SessionMark(of: "\(run)\npanda\npcb-insertion\n1"))
    var good = try client("session", context)
    func tick(_ last: Int64) -> Message {
      .grant(Grant(sequence: 1, untilTick: last, setpoint: 0))
    }
    for last in [Int64.max, 10_000, 1 << 40] {
      expectRefusal(tick(last), of: &good, saying: "at most 10000")
    }
    for _ in 0..<20 {
      var hasty = try client("session", context)
      try hasty.send(tick(-1), within: .seconds(10))
    }
    guard case .granted(let state) = try good.call(tick(5), within: .seconds(15)) else {
      Issue.record("no state")
      return
    }
    #expect(state.tick == 6)
  }

  @Test func `a reset refuses numbers that it cannot count on from`() throws {
    let (driver, reset) = (try start("driver"), try start("reset"))
    defer {
      driver.end()
      reset.end()
    }
    let context = try Context(session: SessionMark(of: "\(run)\npanda\npcb-insertion\n1"))
    var good = try client("reset", context)
    func order(_ setpoint: UInt64, _ grant: UInt64) -> Message {
      .reset(
        ResetRequest(episode: 0, isEvaluation: false, nextSetpoint: setpoint, nextGrant: grant))
    }
    for (setpoint, grant) in [(0, 1), (1, 0), (.max, 1), (1, .max)] as [(UInt64, UInt64)] {
      expectRefusal(order(setpoint, grant), of: &good, saying: "no next ones")
    }
    guard case .resetDone(let done) = try good.call(order(1, 1), within: .seconds(60)) else {
      Issue.record("no reset")
      return
    }
    #expect(done.setpointSequence > 0 && done.grantSequence > 0)
  }

  @Test func `a learner refuses steps that it cannot keep, and learns on`() throws {
    let learner = try start("learner")
    defer { learner.end() }
    let context = try Context(session: SessionMark(of: "\(run)\npanda\npcb-insertion\n1"))
    var good = try client("learner", context)
    let step = Transition(
      sequence: 0, episode: 0, policyVersion: 0, observation: [Float](repeating: 0.1, count: 19),
      action: [Float](repeating: 0.5, count: 6), reward: 0,
      nextObservation: [Float](repeating: 0.2, count: 19), ending: nil)
    var others = [step, step, step, step]
    others[0].sequence = 7
    others[1].observation.removeLast()
    others[2].action = [1, 1, 1, 1, 1, 1.5]
    others[3].action.append(0)
    // What comes too early is not refused, but asked for again.
    #expect(
      try good.call(.transitions([others[0]]), within: .seconds(15))
        == .transitionsAccepted(nextSequence: 0))
    let words = ["18 numbers", "outside", "7 numbers"]
    for (other, words) in zip(others.dropFirst(), words) {
      expectRefusal(.transitions([other]), of: &good, saying: words)
    }
    let answer = try good.call(.transitions([step]), within: .seconds(15))
    #expect(answer == .transitionsAccepted(nextSequence: 1))
  }

  @Test func `a recorded step of the highest number is a step`() throws {
    let path = scratch.path("a.mcap")
    var writer = try EpisodeWriter(creating: path, recipe: "", scene: "", session: [:])
    let now = RecordTime(robot: 0, wall: 0)
    try writer.write(.still(0), at: now)
    for (index, step) in [UInt32.max, 0].enumerated() {
      let tick = Int64(index)
      let records: [Record] = [
        .observation(Observation(tick: tick, values: [1])),
        .observation(Observation(tick: tick + 1, values: [2])),
        .action(
          Action(
            step: step, tick: tick, policyVersion: 0, asked: [0], intended: [], executed: [0],
            effectTick: tick, setpoint: 1)),
        .reward(StepReward(step: step, tick: tick + 1, reward: 0, ending: nil)),
      ]
      for record in records { try writer.write(TimedRecord(record, at: now)) }
    }
    try writer.finish([:])
    #expect(try RecordedEpisode(reading: path).steps.count == 2)
  }
}
