import Foundation
import Testing

/// Benches print one JSON object with the keys that their documentation names, and what they count,
/// unlike what they time, is the same on every machine.
@Suite(.serialized) struct BenchTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private struct Spread: Decodable {
    var median: Double
    var p99: Double

    func isOrdered() -> Bool { median > 0 && median <= p99 }
  }

  private func report<Report: Decodable>(_ arguments: [String]) throws -> Report {
    let outcome = try KingletProcess.run(["bench"] + arguments + ["--json"], scratch: scratch)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  private struct Control: Decodable {
    var ticks: Int
    var contactTicks: Int
    var isSameTrajectory: Bool
    var allocationsPerTick: Double
    var locksPerTick: Double
    var tickMicroseconds: Spread
    var mjStepMicroseconds: Spread
    var contactMjStepMicroseconds: Spread
    var overheadMicroseconds: Spread
    var contactOverheadMicroseconds: Spread
    var controlMicroseconds: Spread
    var codecMicroseconds: Spread
  }

  @Test func `a control tick allocates nothing, in free space and in contact`() throws {
    let control: Control = try report(["control", "--ticks", "4000"])
    #expect(control.ticks == 4000)
    #expect(control.contactTicks > 100)
    #expect(control.allocationsPerTick == 0 && control.locksPerTick == 0)
    #expect(control.isSameTrajectory)
    #expect(control.tickMicroseconds.isOrdered())
    #expect(control.mjStepMicroseconds.isOrdered())
    #expect(control.controlMicroseconds.isOrdered())
    #expect(control.codecMicroseconds.isOrdered())
  }

  private struct Learner: Decodable {
    var ensemble: Int
    var drawn: Int
    var width: Int
    var batch: Int
    var threads: Int
    var criticsPerActor: Int
    var updates: Int
    var updatesPerSecond: Double
    var gigaOperationsPerUpdate: Double
    var gflops: Double
    var peakGflops: Double
    var peakShare: Double
    var allocationsPerUpdate: Double
  }

  @Test(arguments: [(2, 1), (3, 1), (3, 2)])
  func `a gradient update allocates nothing`(ensemble: Int, threads: Int) throws {
    let learner: Learner = try report([
      "learner", "--width", "32", "--batch", "32", "--ensemble", "\(ensemble)",
      "--threads", "\(threads)", "--updates", "36",
    ])
    #expect(learner.ensemble == ensemble)
    #expect(learner.drawn == 2)
    #expect(learner.threads == threads)
    #expect(learner.updates == 36)
    #expect(learner.allocationsPerUpdate == 0)
    #expect(learner.updatesPerSecond > 0)
    #expect(learner.peakShare > 0 && learner.peakShare < 1)
    let rate = learner.gigaOperationsPerUpdate * learner.updatesPerSecond
    #expect(abs(learner.gflops / rate - 1) < 1e-9)
  }

  @Test func `the learner that a recipe describes allocates nothing either`() throws {
    let learner: Learner = try report([
      "learner", "learner.width=32", "learner.batch=32", "--updates", "18",
    ])
    #expect(learner.ensemble == 4 && learner.drawn == 4 && learner.width == 32)
    #expect(learner.allocationsPerUpdate == 0)
  }

  /// 2·m·n·k of each product, written out for 3 + 2 inputs, width 4, 8 rows and one critic.
  @Test func `operations are counted from the shapes`() throws {
    let learner: Learner = try report([
      "learner", "--observation", "3", "--action", "2", "--width", "4", "--batch", "8",
      "--ensemble", "1", "--critics-per-actor", "2", "--updates", "18",
    ])
    let critic = [5 * 4, 4 * 4, 4 * 1], actor = [3 * 4, 4 * 4, 4 * 4]
    let forward = (critic: critic.reduce(0, +), actor: actor.reduce(0, +))
    let targets = forward.actor + forward.critic
    let updateOfCritic = 2 * forward.critic + critic[1] + critic[2]
    let updateOfActor = 2 * forward.actor + actor[1] + actor[2] + 2 * forward.critic
    let products = Double(targets + updateOfCritic) + Double(updateOfActor) / 2
    #expect(abs(learner.gigaOperationsPerUpdate / (2 * 8 * products * 1e-9) - 1) < 1e-9)
  }

  private struct Replay: Decodable {
    var transitions: Int
    var appendMicroseconds: Spread
    var medianMicroseconds: Double
    var p99Microseconds: Double
    var megabytes: Double
  }

  @Test func `a full replay buffer holds a step in about the room of its numbers`() throws {
    let replay: Replay = try report(["replay", "--transitions", "100000"])
    #expect(replay.transitions == 100_000)
    #expect(replay.appendMicroseconds.isOrdered())
    #expect(replay.medianMicroseconds > 0 && replay.medianMicroseconds <= replay.p99Microseconds)
    // 22 + 7 + 2 numbers of 4 bytes, and a next observation for each 25th step.
    #expect((12...16).contains(replay.megabytes), "\(replay.megabytes) MB")
  }

  private struct Policy: Decodable {
    var actions: Int
    var medianMicroseconds: Double
    var p99Microseconds: Double
    var allocationsPerAction: Double
  }

  @Test func `an action of the policy allocates nothing`() throws {
    let policy: Policy = try report(["policy", "--actions", "200"])
    #expect(policy.actions == 200)
    #expect(policy.allocationsPerAction == 0)
    #expect(policy.medianMicroseconds > 0 && policy.medianMicroseconds <= policy.p99Microseconds)
  }

  private struct Arm: Decodable {
    struct Row: Decodable {
      var gains: String
      var armature: Double
      var ratePerSecond: Double
      var longestDelayMilliseconds: Double?
    }

    var holdSeconds: Double
    var isSeated: Bool
    var creepMillimetres: Double
    var sinkMillimetres: Double
    var energyDriftJoules: Double
    var contactForceNewtons: Double
    var stability: [Row]
  }

  @Test func `a pressed part stays where it is, and the task's gains bear some delay`() throws {
    let arm: Arm = try report(["arm", "--seconds", "3"])
    #expect(arm.holdSeconds == 3)
    #expect(arm.isSeated)
    #expect(arm.contactForceNewtons > 1)
    // A tenth of the reward's depth and of its sideways tolerance.
    #expect(arm.creepMillimetres < 0.02)
    #expect((0..<0.02).contains(arm.sinkMillimetres))
    #expect(abs(arm.energyDriftJoules) < 0.001)
    let used = arm.stability.first { $0.gains == "task" && $0.armature == 0.1 }
    #expect((used?.longestDelayMilliseconds ?? 0) >= 3)
  }

  private struct Wire: Decodable {
    var exchanges: Int
    var roundTripMicroseconds: Spread
    var floorMicroseconds: Spread
    var pollingFloorMicroseconds: Spread
    var stateBytes: Int
    var torqueBytes: Int
  }

  @Test func `a controller process answers every state, and nothing is left behind`() throws {
    let wire: Wire = try report(["wire", "--exchanges", "200"])
    #expect(wire.exchanges == 200)
    #expect(wire.roundTripMicroseconds.isOrdered())
    #expect(wire.floorMicroseconds.isOrdered() && wire.pollingFloorMicroseconds.isOrdered())
    #expect(wire.stateBytes > wire.torqueBytes)
    #expect(KingletProcess.isGone("kinglet-bench-"))
  }

  @Test func `a bench of nothing is refused`() throws {
    for arguments in [
      ["control", "--ticks", "0"], ["wire", "--exchanges", "0"], ["learner", "--updates", "-1"],
      ["learner", "--ensemble", "2", "--drawn", "3"], ["replay", "--transitions", "0"],
      ["policy", "--actions", "0"], ["arm", "--seconds", "nan"],
    ] {
      let outcome = try KingletProcess.run(["bench"] + arguments, scratch: scratch)
      #expect(outcome.status != 0, "\(arguments)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test func `a plot holds each group of runs once`() throws {
    for (run, shares) in [("a", [0.0, 0.5, 1]), ("b", [0.0, 0, 0.5]), ("c", [0.0, 1])] {
      let folder = scratch.path(run)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let lines = shares.enumerated().map { index, share in
        "{\"step\":\(100 * index),\"robotSeconds\":\(60 * index),\"wallSeconds\":\(index),"
          + "\"values\":{\"success/last20\":\(share)}}\n"
      }
      try lines.joined().write(
        toFile: folder + "/metrics.jsonl", atomically: true, encoding: .utf8)
    }
    let file = scratch.path("curves.svg")
    let outcome = try KingletProcess.run(
      [
        "plot", "pair=" + scratch.path("a") + "," + scratch.path("b"), scratch.path("c"),
        "--out", file,
      ], scratch: scratch)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.components(separatedBy: "<polyline").count == 1 + 2 * 2)
    #expect(text.components(separatedBy: "<polygon").count == 1 + 2)
    #expect(text.contains(">pair (2 runs)<"))
    #expect(text.contains(">c<"))
    for id in ["frame0", "frame1", "frame2"] {
      #expect(text.components(separatedBy: "id=\"\(id)\"").count == 2)
    }
  }
}
