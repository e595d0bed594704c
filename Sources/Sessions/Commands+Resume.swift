import Foundation
import Metrics
import Recipes

extension Commands {
  /// What may change while a training goes on: where it ends, and how it runs.
  private static let changeable = [
    "finish.", "learner.threads", "placement", "endpoints", "security.", "supervision.",
  ]

  /// Goes on with a training that ended early: `kinglet launch --resume RUN`.
  ///
  /// In lock-step the result is that of a training which was never interrupted, byte for byte.
  public static func resume(
    run: String, overrides: [String], progress: Reporting
  ) throws -> TrainingReport {
    _ = try RunFolder(opening: run)
    return try RunFolder.holding(run) {
      try resumeAlone(run: run, overrides: overrides, progress: progress)
    }
  }

  private static func resumeAlone(
    run: String, overrides: [String], progress: Reporting
  ) throws -> TrainingReport {
    let folder = try RunFolder(resuming: run)
    var before = try SessionRecipe(resolved: folder.resolvedRecipe)
    var recipe = try SessionRecipe(resolved: folder.resolvedRecipe, overrides: overrides)
    // The folder may have been moved.
    if recipe.launch.run == before.launch.run { recipe.launch.run = run }
    before.launch.run = run
    try refuseJoined(recipe.launch)
    let changed = recipe.keysDiffering(from: before)
    if let key = changed.first(where: { key in !changeable.contains { key.hasPrefix($0) } }) {
      throw SessionFailure(
        "\(run): \(key) cannot change while a training goes on; train anew with run=…")
    }
    try refuseFinished(folder, changed: changed)
    guard recipe.launch.recording == .all else {
      throw SessionFailure(
        "\(run): was trained with recording=none, so there is nothing to go on from")
    }
    guard let points = try points(of: recipe.launch) else {
      guard try holdsNothing(folder) else {
        throw SessionFailure(
          "\(folder.episodes): the recordings that the training would go on from are gone; bring them "
            + "back, or train anew with --replace")
      }
      progress.write("no episode came to its end: beginning anew\n")
      return try trainAlone(recipe, earlier: .replace, progress: progress)
    }
    return try goOn(with: recipe, in: folder, from: points, progress: progress)
  }

  /// Where each actor of a training goes on; nil where none has come to an episode's end.
  private static func points(of launch: LaunchRecipe) throws -> [ResumePoint]? {
    let sessions =
      launch.hasOwnArm ? [launch] : (0..<launch.actors).map { joined(launch, by: $0) }
    var points: [ResumePoint?] = []
    for session in sessions {
      let episodes = session.run + "/episodes"
      let isThere = FileManager.default.fileExists(atPath: episodes)
      if session.clock == .realtime, isThere { try ResumePoint.recover(session.run) }
      points.append(try ResumePoint(of: session))
    }
    guard points.contains(where: { $0 != nil }) else { return nil }
    return try zip(points, sessions).map { try $0 ?? ResumePoint(of: $1, before: 0) }
  }

  private static func goOn(
    with recipe: SessionRecipe, in folder: RunFolder, from points: [ResumePoint],
    progress: Reporting
  ) throws -> TrainingReport {
    // Another placement may have been asked for, with another delay.
    try GainCheck(recipe).refuseAny()
    var minutes = 0.0
    if recipe.launch.learner.demonstrationShare > 0 {
      minutes = try DemonstrationFolder(recipe.launch.demonstrations.folder, for: recipe)
        .robotMinutes
    }
    // Read before anything is touched: what has no figures was no training.
    _ = try MetricsRecord.records(of: folder.metrics)
    if recipe.launch.clock == .lockstep, !points.allSatisfy({ $0.isOfThisProgram() }) {
      progress.write(
        "another build or processor than before: results may differ in their last bits\n")
    }
    let session = try SessionContext(
      recipe: recipe, isSupervised: false, firstEpisodes: points.map(\.episode))
    try? FileManager.default.removeItem(atPath: folder.summary)
    // One that had not come to an episode's end begins anew.
    for point in points where recipe.launch.clock == .lockstep && point.isOfAnEpisode {
      try point.makeRoom()
    }
    let joined = try joinedEarlier(recipe.launch, figures: folder.metrics)
    let steps = points.reduce(0) { $0 + $1.steps } + joined.reduce(0) { $0 + $1.steps }
    try cut(folder.metrics, at: points, after: steps, clock: recipe.launch.clock)
    try folder.write(
      recipe.resolvedYAML(revision: gitRevision(), date: isoDate()), to: folder.resolvedRecipe)
    let episodes =
      points.count == 1
      ? "episode \(points[0].episode)"
      : points.enumerated().map { "episode \($1.episode) of actor \($0)" }.joined(separator: ", ")
    progress.write("going on with \(episodes), after \(steps) steps\n")
    var launch = try LaunchSession(
      session, folder: folder, demonstrationMinutes: minutes, from: points, after: joined,
      reporting: progress)
    return TrainingReport(try launch.run(), of: recipe.launch)
  }

  /// Actors that have joined a training in real time, here or on other machines.
  private static func joinedEarlier(
    _ launch: LaunchRecipe, figures: String
  ) throws -> [JoinedEarlier] {
    guard launch.clock == .realtime else { return [] }
    let records = try MetricsRecord.records(of: figures)
    return (launch.actors..<LaunchRecipe.mostActors).compactMap { actor in
      let folder = LaunchRecipe.folder(of: actor, in: launch.run)
      let spool = (try? TransitionSpool.transitions(of: folder)) ?? nil
      let own = try? MetricsRecord.records(of: folder + "/metrics.jsonl")
      let earlier = JoinedEarlier(
        actor, figures: records, steps: spool?.count,
        robotSeconds: own?.map(\.robotSeconds).max() ?? 0)
      return earlier.steps > 0 ? earlier : nil
    }
  }

  /// Leaves of a training's figures what is not done again.
  private static func cut(
    _ metrics: String, at points: [ResumePoint], after steps: Int, clock: LaunchRecipe.Clock
  ) throws {
    // In real time nothing is done again.
    guard clock == .lockstep else { return }
    guard points.count > 1 else { return try MetricsLog.cut(metrics, afterStep: steps) }
    // A line of one actor bears the steps of all, as they stood when it came.
    var episodes = points.map { $0.whole.count { !$0.isCut } }
    let learned = points.count * (points.map(\.steps).min() ?? 0)
    try MetricsLog.cut(metrics) { record in
      let actor = points.indices.first { record.values["actor\($0)/episode/steps"] != nil }
      guard let actor else { return record.step <= learned }
      episodes[actor] -= 1
      return episodes[actor] >= 0
    }
  }

  /// Whether a run ended within its first episode, so that a new beginning destroys nothing.
  private static func holdsNothing(_ folder: RunFolder) throws -> Bool {
    let recordings = try FileManager.default.contentsOfDirectory(atPath: folder.episodes)
    guard !recordings.contains(where: { $0.hasSuffix(".mcap") }), !holdsJoined(folder.path) else {
      return false
    }
    return recordings.contains { $0.hasSuffix(".part") }
      || LearnerCheckpoint.newest(in: folder.path, upTo: .max)?.checkpoint.steps ?? 0 == 0
  }

  /// Whether an arm has acted here for a training, which may run elsewhere.
  private static func holdsJoined(_ run: String) -> Bool {
    (0..<LaunchRecipe.mostActors).contains { actor in
      let folder = LaunchRecipe.folder(of: actor, in: run)
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/episodes")) ?? []
      if files.contains(where: { $0.hasSuffix(".mcap") }) { return true }
      // One that is damaged holds something.
      do { return try TransitionSpool.transitions(of: folder)?.isEmpty == false } catch {
        return true
      }
    }
  }

  private static func refuseFinished(_ folder: RunFolder, changed: [String]) throws {
    guard let summary = try? Summary(of: folder), !summary.finishReason.isEarly,
      !changed.contains(where: { $0.hasPrefix("finish.") })
    else { return }
    let reason = summary.finishReason
    let further =
      switch reason {
      case .steps: "finish.steps=\(2 * min(max(1, summary.steps), 100_000_000))"
      case .robotTime:
        "finish.robotMinutes=\(Int(min(max(1, 2 * summary.robotMinutes), 1e5).rounded(.up)))"
      default: "finish.window=1000"
      }
    throw SessionFailure(
      "\(folder.path): the training is over (\(reason.rawValue)); to train on, say when to end, such as "
        + further)
  }
}
