import Episodes
import Foundation
import Messages
import Recipes

extension Commands {
  /// Runs a recorded episode again and compares: `kinglet replay FILE --mode action`.
  public static func replayActions(
    file: String, overrides: [String]
  ) throws -> RerunReport {
    let recorded = try RecordedEpisode(reading: file)
    let folder = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let recipe = try recipe(of: recorded, in: folder, overrides: overrides)
    guard recipe.launch.clock == .lockstep, recorded.description["clock"] != "realtime" else {
      throw SessionFailure(
        "\(recorded.path): recorded in real time, which does not come again; "
          + "--mode state shows what it was")
    }
    guard !recorded.rewards.isEmpty else {
      throw SessionFailure(
        "\(recorded.path): cut short before its first step; nothing to run again")
    }
    try beside(recipe) { session in
      try ReplaySession(session: session, recorded: recorded).run()
    }
    let again = try RecordedEpisode(
      reading: RecordSession.file(of: recorded.origin.start.episode, in: recipe.launch.run))
    return RerunReport(
      recorded, EpisodeComparison(recorded, again), excuses: excuses(recorded, again))
  }

  /// Follows a recorded episode with another arm: `kinglet replay FILE --driver ROBOT`.
  public static func follow(
    file: String, robot: String, overrides: [String]
  ) throws -> FollowReport {
    let recorded = try RecordedEpisode(reading: file)
    let folder = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let then = try recipe(of: recorded, in: folder, overrides: [])
    let recipe = try recipe(of: recorded, in: folder, overrides: overrides, on: robot)
    guard !recorded.rewards.isEmpty else {
      throw SessionFailure("\(recorded.path): cut short before its first step; nothing to follow")
    }
    var report = try beside(recipe) { session in
      try FollowSession(
        session: session, recorded: recorded,
        baseFromRecordedTarget: TaskGeometry(then).baseFromTarget
      ).run()
    }
    report.note(
      recorded: try EpisodeDescription(
        of: RecordSession.file(of: recorded.origin.start.episode, in: recipe.launch.run)
      ).entries)
    return report
  }

  /// Shows a recorded episode again from its states: `kinglet replay FILE --mode state`.
  public static func replayStates(
    file: String, overrides: [String], options: ShowOptions, progress: Reporting
  ) throws -> ShownReport {
    let recorded = try RecordedEpisode(reading: file, .steps)
    let folder = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let recipe = try recipe(of: recorded, in: folder, overrides: overrides)
    return try StateReplay(recorded: recorded, recipe: recipe, options: options) {
      progress.write($0 + "\n")
    }.run()
  }

  /// The recipe that an episode was recorded under, for a run in another folder, and on another robot
  /// where one is named.
  static func recipe(
    of recorded: RecordedEpisode, in folder: String, overrides: [String], on robot: String? = nil
  ) throws -> SessionRecipe {
    let text = folder + "/recorded.yaml"
    try recorded.recipe.write(toFile: text, atomically: true, encoding: .utf8)
    var recipe =
      if let robot {
        try SessionRecipe(
          resolved: text, robot: robot, namedBy: "--driver \(robot)", overrides: overrides)
      } else { try SessionRecipe.load(launchFile: text, overrides: overrides) }
    recipe.launch.run = folder + "/run"
    recipe.launch.endpoints = .ipc
    // Of the session that was recorded, perhaps on another machine.
    recipe.launch.security.keys = nil
    recipe.launch.hosts.learner = nil
    recipe.launch.recording = .all
    return recipe
  }

  /// Why an episode need not come again to the last bit.
  private static func excuses(_ recorded: RecordedEpisode, _ again: RecordedEpisode) -> [String] {
    let kinds = [
      ("build", "another build"), ("cpu", "another kind of processor"),
      ("mujoco", "another MuJoCo"), ("modelHash", "another model"), ("clock", "another clock"),
    ]
    return kinds.compactMap { key, what in
      let (before, now) = (recorded.description[key], again.description[key])
      guard before != now else { return nil }
      return "\(what) (\(before ?? "unknown") then, \(now ?? "unknown") now)"
    }
  }
}
