import Episodes
import Foundation
import Geometry
import Messages
import Testing

/// Episodes are recorded by real processes, run again by others, and compared.
@Suite(.serialized) struct RecordingTests {
  private let scratch: Scratch
  private let shown: String

  init() throws {
    scratch = try Scratch()
    shown = scratch.path("shown")
    try run([
      "demonstrate", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r"),
      "demonstrations.folder=" + shown, "demonstrations.episodes=3",
    ])
  }

  @discardableResult private func run(
    _ words: [String], status: Int32 = 0
  ) throws -> KingletProcess.Outcome {
    let outcome = try KingletProcess.run(words, scratch: scratch)
    try #require(outcome.status == status, "\(words): \(outcome.errors) \(outcome.output)")
    return outcome
  }

  private func file(_ number: Int) -> String { shown + "/demonstration-00000\(number).mcap" }

  /// Writes an episode again with some of it changed.
  private func rewrite(
    _ number: Int, _ change: (RecordedEpisode) -> (TickRecords, [TimedRecord], EpisodeOrigin)
  ) throws -> String {
    let episode = try RecordedEpisode(reading: file(number))
    let path = scratch.path(UUID().uuidString + ".mcap")
    var writer = try EpisodeWriter(
      creating: path, recipe: episode.recipe, scene: episode.scene, session: episode.description)
    let (ticks, records, origin) = change(episode)
    try writer.write(origin, at: episode.start)
    try writer.write(ticks)
    for record in records { try writer.write(record) }
    try writer.finish(episode.description)
    return path
  }

  private func ticks(
    _ episode: RecordedEpisode,
    _ change: (Int, inout ArmState, inout JointTorque) -> Void = { _, _, _ in }
  ) -> TickRecords {
    var ticks = TickRecords()
    for index in episode.states.indices {
      var (state, torque) = (episode.states[index], episode.torques[index])
      change(index, &state, &torque)
      ticks.add(state, torque, wall: episode.tickTimes[index].wall)
    }
    return ticks
  }

  @Test func `what was recorded comes again to the last bit, in either placement`() throws {
    for number in 0..<3 {
      for placement in ["driver", "process"] {
        let outcome = try run(["replay", file(number), "placement=" + placement, "--json"])
        #expect(outcome.output.contains("\"identical\" : true"))
      }
    }
    let whole = try rewrite(0) { (ticks($0), $0.records, $0.origin) }
    #expect(try run(["replay", whole]).output.contains("identical to the last bit"))
  }

  @Test func `one changed bit of anything recorded is a difference`() throws {
    let state = try rewrite(0) { episode in
      let changed = ticks(episode) { index, state, _ in
        if index == 700 { state.coriolis[3] = state.coriolis[3].nextUp }
      }
      return (changed, episode.records, episode.origin)
    }
    let torque = try rewrite(0) { episode in
      let changed = ticks(episode) { index, _, torque in
        if index == 3 { torque.torque[0] = torque.torque[0].nextDown }
      }
      return (changed, episode.records, episode.origin)
    }
    let reward = try rewrite(0) { episode in
      (
        ticks(episode),
        episode.records.filter {
          $0.topic != .reward || $0.time.robot < episode.start.robot + 1_000_000_000
        }, episode.origin
      )
    }
    let action = try rewrite(0) { episode in
      let records = episode.records.map { record in
        guard case .action(var action) = record.record, action.step == 4 else { return record }
        action.asked[2] = max(-1, action.asked[2] - 0.5)
        return TimedRecord(.action(action), at: record.time)
      }
      return (ticks(episode), records, episode.origin)
    }
    let origin = try rewrite(0) { episode in
      var origin = episode.origin
      origin.world?.noise[1] ^= 1
      return (ticks(episode), episode.records, origin)
    }
    for (path, place) in [
      (state, "state of tick"), (torque, "torque of tick"), (reward, "ticks were recorded"),
      (action, "torque of tick"), (origin, "state of tick"),
    ] {
      let outcome = try run(["replay", path], status: 1)
      #expect(outcome.output.contains("did NOT come again"), "\(outcome.output)")
      #expect(outcome.output.contains(place), "\(place): \(outcome.output)")
    }
  }

  /// A folder whose `Robots/other` is the Panda with half its sensor noise.
  private func folderOfAnotherRobot() throws -> URL {
    let folder = scratch.url.appendingPathComponent("elsewhere")
    let robot = folder.appendingPathComponent("Robots/other")
    try FileManager.default.createDirectory(
      at: robot.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: KingletProcess.root.appendingPathComponent("Robots/panda"), to: robot)
    let file = robot.appendingPathComponent("robot.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
      .replacing("name: panda", with: "name: other")
      .replacing("torqueNoise: 1.4", with: "torqueNoise: 0.7")
    try text.write(to: file, atomically: true, encoding: .utf8)
    return folder
  }

  private struct Followed: Decodable {
    var robot: String
    var clock: String
    var approachMillimetres, approachSpeed, maxDivergenceMillimetres: Double
    var steps, recordedSteps: Int
  }

  @Test func `another arm follows: slowly to the start, then as recorded, seen from the target`()
    throws
  {
    let folder = try folderOfAnotherRobot()
    let moved = "task.connector.boardPose.position=[0.55, 0.03, 0.06]"
    for changes in [[], [moved], ["clock=realtime", moved, "placement=process"]] {
      let outcome = try KingletProcess.run(
        ["replay", file(1), "--driver", "other", "--json"] + changes, scratch: scratch, in: folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
      let followed = try JSONDecoder().decode(Followed.self, from: Data(outcome.output.utf8))
      #expect(followed.robot == "other")
      #expect(followed.clock == (changes.count == 3 ? "realtime" : "lockstep"))
      #expect(followed.approachMillimetres > 50 && followed.approachSpeed < 0.06)
      #expect(followed.maxDivergenceMillimetres < 5)
      #expect(followed.steps > 10 && followed.steps <= followed.recordedSteps)
    }
  }

  @Test func `an arm that cannot follow is stopped with one line`() throws {
    let folder = try folderOfAnotherRobot()
    let still = ["clipToward", "clipAgainst"].map {
      "task.reset.compliance.\($0)=[0.000001, 0.000001, 0.000001]"
    }
    for (robot, changes, words) in [
      ("othr", [], ["--driver othr", "other"]), ("other", still, ["slow approach", "mm are left"]),
      ("other", ["task.action.translation=0.0001"], ["stopped at step", "more than the 20 mm"]),
    ] {
      let outcome = try KingletProcess.run(
        ["replay", file(1), "--driver", robot] + changes, scratch: scratch, in: folder)
      #expect(outcome.status != 0)
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
      for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    }
    try run(["replay", file(1), "--driver", "panda", "--mode", "state"], status: 64)
  }

  @Test func `a film shows the states, and each puts the part where it was`() throws {
    let png = scratch.path("last.png")
    let outcome = try run(["replay", file(1), "--png", png, "--json"])
    #expect(outcome.output.contains("\"identical\" : true"))
    let picture = try #require(FileManager.default.contents(atPath: png))
    #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]) && picture.count > 20_000)
  }

  @Test func `steps join what belongs together, and a gap interrupts`() throws {
    let whole = try RecordedEpisode(reading: file(0))
    #expect(whole.steps.count == whole.actions.count)
    #expect(whole.steps.last?.transition.ending == .terminal)
    for (step, action) in zip(whole.steps, whole.actions) {
      #expect(step.transition.action == action.executed)
    }
    let lost = try rewrite(0) { episode in
      let records = episode.records.filter { record in
        if case .action(let action) = record.record { return action.step != 5 }
        if case .observation(let seen) = record.record {
          return seen.tick != episode.actions[9].tick
        }
        return true
      }
      return (ticks(episode), records, episode.origin)
    }
    let steps = try RecordedEpisode(reading: lost).steps
    // Step 8 ends in the lost observation, step 9 begins with it.
    #expect(
      steps.map(\.action.step) == whole.actions.map(\.step).filter { ![5, 8, 9].contains($0) })
    let interrupted = steps.filter { $0.transition.ending == .interrupted }.map(\.action.step)
    #expect(interrupted == [4, 7])
  }

  @Test func `a cut file is recovered, listed, inspected and run again as far as it goes`() throws {
    let part = scratch.path("cut.mcap.part")
    let bytes = try #require(FileManager.default.contents(atPath: file(2)))
    try bytes.prefix(bytes.count * 2 / 3).write(to: URL(fileURLWithPath: part))
    try run(["episodes", "verify", part], status: 1)
    try run(["episodes", "recover", part])
    let again = try run(["episodes", "recover", part], status: 1)
    #expect(again.output.contains("cut.mcap"))
    let whole = scratch.path("cut.mcap")
    try run(["episodes", "verify", whole])
    #expect(try run(["replay", whole]).output.contains("the recording came again"))
    #expect(try run(["inspect", whole]).output.contains("0 missing"))
    let list = try run(["episodes", "--in", scratch.path(""), "--json"])
    #expect(list.output.contains("cut.mcap"))
    let left = try run(
      ["export", "csv", whole, file(0), "--out", scratch.path("csv")])
    #expect(left.output.contains("left out") && left.output.contains("1 episodes"))
  }

  @Test func `a whole file that a kill kept from its name gets it`() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: file(0)))
    let place = scratch.path("late.mcap")
    try whole.write(to: URL(fileURLWithPath: place + ".part"))
    try run(["episodes", "recover", place + ".part"])
    #expect(FileManager.default.contents(atPath: place) == whole)
    #expect(!FileManager.default.fileExists(atPath: place + ".part"))
    try whole.write(to: URL(fileURLWithPath: place + ".part"))
    let again = try run(["episodes", "recover", place + ".part"], status: 1)
    #expect(again.output.contains("is there already"), "\(again.output)")
  }

  @Test func `bad files are refused in one line`() throws {
    let junk = scratch.path("junk.mcap")
    try Data(repeating: 7, count: 4000).write(to: URL(fileURLWithPath: junk))
    for words in [
      ["replay", junk], ["inspect", junk], ["replay", scratch.path("none.mcap")],
      ["export", "lerobot", junk, "--out", scratch.path("x")],
      ["export", "csv", file(0), "--out", shown],
    ] {
      let outcome = try KingletProcess.run(words, scratch: scratch)
      #expect(outcome.status != 0, "\(words)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(words): \(outcome.errors)")
    }
  }

  @Test func `what finds no room on the disk is one line, and leaves nothing half`() throws {
    let out = scratch.path("full")
    for (words, file) in [
      (["export", "robomimic", shown, "--out"], "x.hdf5"),
      (["export", "lerobot", shown, "--out"], "x"), (["export", "csv", shown, "--out"], "x"),
      (["inspect", file(0), "--html"], "x.html"), (["replay", file(0), "--png"], "x.png"),
      (["replay", file(0), "--mode", "state", "--video"], "x.mp4"),
    ] {
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
      // No file may be longer than 8000 bytes: util-linux sees to it.
      let outcome = try KingletProcess(
        words + [out + "/" + file], scratch: scratch,
        by: ["/usr/bin/prlimit", "--fsize=8000"]
      ).finish()
      #expect(outcome.status == 1, "\(words): \(outcome.status) \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(words): \(outcome.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: out) == [], "\(words)")
    }
  }

  @Test func `without recording nothing is written`() throws {
    try run([
      "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path("n"), "recording=none",
      "demonstrations.folder=" + shown, "finish.steps=60", "learner.width=32",
      "learner.pretrainUpdates=1", "learner.startStep=1000",
    ])
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("n/episodes"))
    #expect(files.isEmpty)
  }
}
