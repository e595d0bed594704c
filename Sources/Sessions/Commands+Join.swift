import Foundation
import Messages
import Metrics
import Randomness
import RealTime
import Recipes
import Wire

extension Commands {
  /// Acts for a training with an arm of its own until the training is over: `kinglet join`.
  ///
  /// Starts driver, controller, reward, reset, recorder and actor in a folder of the training's run.
  /// `actor` nil takes the first number that is free; one that has acted before goes on. `supervisor`
  /// is the `launch` that started this process, nil when a person did. `overrides` are of the arm alone.
  public static func join(
    run: String, overrides: [String], actor: Int?, supervisor: Int32?, firstEpisode: UInt64?,
    progress: Reporting
  ) throws -> TrainingReport {
    // Its own children end with it, the driver last.
    if let supervisor { try ParentWatch.dieWithParent(supervisor, by: .kill) }
    let file = try RunFolder(opening: run).resolvedRecipe
    let training = try SessionRecipe(resolved: file, overrides: overrides)
    try refuseShared(training.keysDiffering(from: SessionRecipe(resolved: file)))
    try checkPlace(run, training.launch, isSupervised: supervisor != nil)
    let number = try actor ?? freeActor(of: training.launch)
    guard number < LaunchRecipe.mostActors, number > 0 || !training.launch.hasOwnArm else {
      throw SessionFailure(
        "--actor \(number): "
          + (number == 0
            ? "is the training's own" : "there are at most \(LaunchRecipe.mostActors)"))
    }
    var recipe = training
    recipe.launch = joined(training.launch, by: number)
    return try RunFolder.holding(recipe.launch.run) {
      try joinAlone(
        recipe, isSupervised: supervisor != nil, firstEpisode: firstEpisode, progress: progress)
    }
  }

  /// The session of an actor of a training that has an arm of its own: what is drawn there differs from
  /// actor to actor, and follows from the training's seed.
  static func joined(_ training: LaunchRecipe, by actor: Int) -> LaunchRecipe {
    var stream = RandomStream(seed: training.seed, name: "actor", index: UInt64(actor))
    return training.joined(by: actor, seed: stream.next())
  }

  /// What one arm may have otherwise than the others: the arm, and how its processes run.
  private static let ofOneArm = [
    "robot.", "placement", "security.", "realtime.", "recording", "supervision.",
  ]

  private static func refuseShared(_ keys: [String]) throws {
    guard let key = keys.first(where: { key in !ofOneArm.contains { key.hasPrefix($0) } }) else {
      return
    }
    throw SessionFailure(
      "\(key): is one for all actors of a training; an arm of its own may differ in "
        + ofOneArm.map { $0.hasSuffix(".") ? $0 + "*" : $0 }.joined(separator: ", "))
  }

  private static func checkPlace(
    _ run: String, _ training: LaunchRecipe, isSupervised: Bool
  ) throws {
    guard training.joins == nil else {
      throw SessionFailure(
        "\(run): is one actor's own session; join the training, \(training.training.run)")
    }
    let paths = [run, training.run].map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    guard paths[0] == paths[1] else {
      throw SessionFailure(
        "\(run): its training calls itself \(training.run); join it from the folder from which that is "
          + "its path")
    }
    guard training.clock == .realtime || isSupervised else {
      throw SessionFailure(
        "\(run): in lock-step the launch file says how many actors there are; launch it with actors=N, "
          + "or with clock=realtime")
    }
  }

  /// The first number behind those of the launch file whose folder nobody has used.
  private static func freeActor(of training: LaunchRecipe) throws -> Int {
    let isFree = { (actor: Int) in
      !FileManager.default.fileExists(atPath: LaunchRecipe.folder(of: actor, in: training.run))
    }
    guard let free = (training.actors..<LaunchRecipe.mostActors).first(where: isFree) else {
      throw SessionFailure(
        "\(training.run): every number below \(LaunchRecipe.mostActors) was taken; --actor N goes on as "
          + "one that has left")
    }
    return free
  }

  private static func joinAlone(
    _ recipe: SessionRecipe, isSupervised: Bool, firstEpisode: UInt64?, progress: Reporting
  ) throws -> TrainingReport {
    let run = recipe.launch.run
    if !isSupervised { try knock(recipe, progress: progress) }
    let point = try resumePoint(of: recipe.launch, from: firstEpisode)
    let folder: RunFolder
    if let point {
      folder = try RunFolder(resuming: run)
      if FileManager.default.fileExists(atPath: folder.metrics) {
        try MetricsLog.cut(folder.metrics, afterStep: point.steps)
      }
      try? FileManager.default.removeItem(atPath: folder.summary)
      try folder.write(
        recipe.resolvedYAML(revision: gitRevision(), date: isoDate()), to: folder.resolvedRecipe)
      progress.write("going on with episode \(point.episode), after \(point.steps) steps\n")
    } else {
      folder = try makeRun(recipe, earlier: .replace)
    }
    let session = try SessionContext(
      recipe: recipe, isSupervised: false, firstEpisodes: point.map { [$0.episode] } ?? [],
      endsAtFirstSignal: isSupervised)
    let heartbeat = Heartbeat(joining: session)
    defer { heartbeat.stop() }
    var launch = try LaunchSession(
      session, folder: folder, demonstrationMinutes: 0, from: point.map { [$0] } ?? [],
      reporting: progress)
    return TrainingReport(
      summary: try launch.run(), folder: folder.path, actor: recipe.launch.actor)
  }

  /// Asks the learner for a place, so that nobody starts an arm for a training that is not there.
  private static func knock(_ recipe: SessionRecipe, progress: Reporting) throws {
    let launch = recipe.launch
    let session = try SessionContext(recipe: recipe, isSupervised: false, endsAtFirstSignal: true)
    var learner = try session.client(of: .learner, role: "learner")
    let question = Message.transitions([], actor: UInt32(launch.actor))
    do {
      _ = try learner.call(question, within: .seconds(60))
    } catch WireError.failed(_, _, let reason) {
      throw SessionFailure(reason)
    } catch WireError.timedOut, WireError.cannotSend {
      throw SessionFailure(
        "\(launch.training.run): no learner answers within 60 s; does the training run?")
    }
    progress.write("actor \(launch.actor) of \(launch.training.run), in \(launch.run)\n")
  }

  /// Where an actor that has acted before goes on; nil for a new one.
  private static func resumePoint(
    of launch: LaunchRecipe, from firstEpisode: UInt64?
  ) throws -> ResumePoint? {
    guard launch.clock == .realtime else {
      guard let firstEpisode, ResumePoint.isPrepared(in: launch.run) else { return nil }
      return try ResumePoint(of: launch, before: firstEpisode)
    }
    guard try TransitionSpool.transitions(of: launch.run)?.isEmpty == false else { return nil }
    if launch.recording == .all { try ResumePoint.recover(launch.run) }
    return try ResumePoint(of: launch)
  }
}
