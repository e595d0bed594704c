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
    if let actor { try check(actor, in: training.launch) }
    var recipe = training
    if let actor, supervisor != nil {
      recipe.launch = joined(training.launch, by: actor)
    } else {
      recipe.launch = try admitted(training, as: actor)
      progress.write("actor \(recipe.launch.actor) of \(run), in \(recipe.launch.run)\n")
      progress.warn(of: limitWarnings(overrides))
    }
    return try RunFolder.holding(recipe.launch.run) {
      try joinAlone(
        recipe, isSupervised: supervisor != nil, firstEpisode: firstEpisode, progress: progress)
    }
  }

  private static func check(_ actor: Int, in training: LaunchRecipe) throws {
    guard (0..<LaunchRecipe.mostActors).contains(actor) else {
      throw SessionFailure("--actor \(actor): must be from 0 to \(LaunchRecipe.mostActors - 1)")
    }
    if actor == 0, training.hasOwnArm {
      throw SessionFailure("--actor 0: is the arm that `launch` itself holds; it begins with 1")
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
        "\(run): is one actor's own session"
          + (training.clock == .realtime
            ? "; join the training, \(training.training.run)"
            : " of \(training.training.run), whose actors `launch` alone starts"))
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

  /// The session of an actor that the learner has given a place: of the number that was asked for, or of
  /// the first behind those of the launch file that nobody has used, here or on another machine.
  private static func admitted(
    _ training: SessionRecipe, as actor: Int?
  ) throws -> LaunchRecipe {
    let numbers = actor.map { $0...$0 } ?? training.launch.actors...LaunchRecipe.mostActors - 1
    for number in numbers {
      var recipe = training
      recipe.launch = joined(training.launch, by: number)
      let isUsed = FileManager.default.fileExists(atPath: recipe.launch.run)
      if actor == nil, isUsed { continue }
      guard isLetGo(recipe.launch.run) else {
        throw SessionFailure("\(recipe.launch.run): actor \(number) runs there")
      }
      do {
        try knock(recipe)
        return recipe.launch
      } catch let taken as PlaceTaken {
        if actor != nil { throw SessionFailure(taken.reason) }
      }
    }
    throw SessionFailure(
      "\(training.launch.run): every number below \(LaunchRecipe.mostActors) was taken; --actor N goes on "
        + "as one that has left")
  }

  /// Whether nobody works in a folder, or ceases to within 3 s, as one does who has said that it leaves.
  private static func isLetGo(_ run: String) -> Bool {
    let deadline = Deadline(in: 3_000_000_000)
    while RunFolder.isHeld(run) {
      if deadline.isPast() { return false }
      usleep(20_000)
    }
    return true
  }

  private struct PlaceTaken: Error {
    var reason: String
  }

  private static func joinAlone(
    _ recipe: SessionRecipe, isSupervised: Bool, firstEpisode: UInt64?, progress: Reporting
  ) throws -> TrainingReport {
    let run = recipe.launch.run
    var session = try SessionContext(
      recipe: recipe, isSupervised: false, endsAtFirstSignal: isSupervised)
    // What it recovers may be long.
    let heartbeat = Heartbeat(joining: session)
    defer { heartbeat.stop() }
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
    session.firstEpisodes = point.map { [$0.episode] } ?? []
    var launch = try LaunchSession(
      session, folder: folder, demonstrationMinutes: 0, from: point.map { [$0] } ?? [],
      isAlone: !isSupervised, reporting: progress)
    let summary = try launch.run()
    return TrainingReport(
      summary, of: recipe.launch, isTrainingOver: launch.isOverWithItsTraining)
  }

  /// Asks the learner for a place, so that nobody starts an arm for a training that is not there.
  private static func knock(_ recipe: SessionRecipe) throws {
    let launch = recipe.launch
    let session = try SessionContext(recipe: recipe, isSupervised: false, endsAtFirstSignal: true)
    try checkRuns(session)
    var learner = try session.client(of: .learner, role: "learner")
    let name = ProcessName(actor: launch.actor)
    let answer = try ask(&learner, for: name, of: launch.training.run)
    let own = try TransitionSpool.transitions(of: launch.run)?.count ?? 0
    guard case .transitionsAccepted(let held) = answer, held > UInt64(own) else { return }
    // It goes on elsewhere, or not at all.
    try learner.send(
      .actorLeft(actor: UInt32(launch.actor), reason: "not here"), within: .seconds(1))
    throw PlaceTaken(
      reason:
        "the learner has \(held) steps of \(name) and \(launch.run) only \(own): it has acted on "
        + "another machine")
  }

  /// Throws where no `launch` answers; a learner may answer late, for it may be learning.
  private static func checkRuns(_ session: SessionContext) throws {
    let launch = session.recipe.launch
    let run = launch.training.run
    let isHere = RunFolder.isHeld(run)
    if isHere || launch.training.endpoints != .ipc {
      if try launchAnswers(session) { return }
      let place = Endpoints(recipe: launch.training)[.status]
      throw SessionFailure(
        isHere && launch.training.endpoints == .ipc
          ? "\(run): its `launch` does not answer within 5 s: it begins, ends, or hangs; try again"
          : "\(run): no `launch` answers at \(place) within 5 s; does it run, is that its address, and does "
            + "it let this machine's key in (`kinglet keys allow`)?")
    }
    if let reason = try? Summary(of: RunFolder(opening: run)).finishReason, !reason.isEarly {
      throw SessionFailure("\(run): the training is over (\(reason.rawValue))")
    }
    throw SessionFailure(
      "\(run): no training runs there; `kinglet launch --resume \(run)` goes on with one that ended early"
    )
  }

  private static func launchAnswers(_ session: SessionContext) throws -> Bool {
    var launch = try session.clientOfTraining(of: .status, role: "launch")
    let actor = UInt32(session.recipe.launch.actor)
    return try answers(&launch, .trainingRequest(actor: actor, nextSequence: 0))
  }

  private static func answers(_ client: inout Client, _ message: Message) throws -> Bool {
    do { _ = try client.call(message, within: .seconds(5)) } catch WireError.timedOut {
      return false
    } catch WireError.cannotSend { return false }
    return true
  }

  private static func ask(
    _ learner: inout Client, for name: ProcessName, of run: String
  ) throws -> Message {
    do {
      return try learner.call(.ready(role: name.description), within: .seconds(60))
    } catch WireError.failed(_, _, let reason) {
      throw PlaceTaken(reason: reason)
    } catch WireError.timedOut, WireError.cannotSend {
      throw SessionFailure("\(run): no learner answers within 60 s; does the training run?")
    }
  }

  /// Where an actor that has acted before goes on; nil for a new one.
  private static func resumePoint(
    of launch: LaunchRecipe, from firstEpisode: UInt64?
  ) throws -> ResumePoint? {
    guard launch.clock == .realtime else {
      guard let firstEpisode, ResumePoint.isPrepared(in: launch.run) else { return nil }
      return try ResumePoint(of: launch, before: firstEpisode)
    }
    guard let last = try TransitionSpool.transitions(of: launch.run)?.last else { return nil }
    if launch.recording == .all { try ResumePoint.recover(launch.run) }
    if let point = try ResumePoint(of: launch) { return point }
    // What was learned from stays, also where nothing was recorded.
    return try ResumePoint(of: launch, before: UInt64(last.episode) + 1)
  }
}
