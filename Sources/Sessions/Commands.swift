import Experts
import Foundation
import LearningSlots
import Messages
import Metrics
import OffPolicy
import RealTime
import Recipes
import Replay

/// What the subcommands of `kinglet` do.
///
/// Each throws an error whose description is one line.
public enum Commands {
  /// What to do with a run folder that holds an earlier run.
  public enum EarlierRun: Sendable {
    case keep
    case replace
  }

  /// Whether the scripted expert runs on the same episodes.
  public enum ExpertRun: Sendable {
    case left
    case beside
  }

  /// Which streams episodes are drawn from.
  public enum EpisodeKind: Sendable {
    case training
    case evaluation
  }

  /// What ends serving, beside a signal.
  public enum ServeEnding: Sendable {
    case signal
    case withInput
  }

  /// Says on standard error what a process ends with, within a second or not at all.
  public static func sayLast(_ line: String) { say(line + "\n") }

  /// The word that was meant by another; nil when none is near enough.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    Recipes.nearest(to: word, among: candidates)
  }

  /// Runs one process of a session: `driver`, `controller`, `reward`, `reset`,
  /// `recorder`, `learner`, `actor`.
  ///
  /// `supervisor` is the process that started this one, nil when a person did; `firstEpisodes` are where
  /// a training goes on, for the learner one of each actor; `knownSteps` is how far it is, for a learner that is started again in it.
  public static func process(
    _ name: String, recipeFile: String, overrides: [String], supervisor: Int32?,
    firstEpisodes: [UInt64], knownSteps: Int?
  ) throws {
    guard let role = Role(rawValue: name) else {
      throw SessionFailure("\(name): no such process")
    }
    if let supervisor {
      // A driver first stops the arm.
      try ParentWatch.dieWithParent(supervisor, by: role == .driver ? .terminate : .kill)
    }
    let recipe = try SessionRecipe.load(launchFile: recipeFile, overrides: overrides)
    LoopPreparation.prepare(role, of: recipe.launch)
    let session = try SessionContext(
      recipe: recipe, isSupervised: supervisor != nil, firstEpisodes: firstEpisodes,
      knownSteps: knownSteps, endsAtFirstSignal: true)
    session.log.open()
    if supervisor == nil { try makeFolders(of: session) }
    let heartbeat = Heartbeat(role, in: session)
    defer {
      heartbeat.stop()
      session.log.close()
    }
    do {
      try run(role, in: session)
    } catch {
      var status = try StatusLink(role: name, session: session)
      status.fail("\(error)")
      throw error
    }
  }

  /// Makes what `launch` would have made for a process that a person started, perhaps on another machine.
  private static func makeFolders(of session: SessionContext) throws {
    let run = session.recipe.launch.run
    for folder in [run + "/checkpoints", run + "/episodes", session.endpoints.folder] {
      guard let folder else { continue }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
  }

  private static func run(_ role: Role, in session: SessionContext) throws {
    switch role {
    case .driver:
      var driver = try DriverSession(session)
      try driver.run()
    case .controller: try ControllerSession(session: session).run()
    case .reward: try RewardSession(session: session).run()
    case .reset: try ResetSession(session: session).run()
    case .recorder:
      var recorder = try RecordSession(session)
      try recorder.run()
    case .learner:
      var learner = try LearnerSession(session)
      try learner.run()
    case .actor: try ActorSession(session: session).run()
    }
  }

  /// Trains: `kinglet launch`.
  ///
  /// Records demonstrations first when they are missing.
  public static func launch(
    file: String, overrides: [String], earlier: EarlierRun, progress: Reporting
  ) throws -> TrainingReport {
    let recipe = try SessionRecipe.load(launchFile: file, overrides: overrides)
    if earlier == .keep, let summary = try finishedTraining(of: recipe) {
      progress.write("\(recipe.launch.run) holds this very training; --replace trains anew\n")
      return TrainingReport(summary, of: recipe.launch)
    }
    progress.warn(of: limitWarnings(overrides))
    return try train(recipe, earlier: earlier, progress: progress)
  }

  /// Names the limits of the arm that a command line sets in place of its files.
  static func limitWarnings(_ overrides: [String]) -> [String] {
    overrides.filter { limitKeys.contains(where: $0.hasPrefix) }
      .map { "the command line sets a limit of the arm: \($0)" }
  }

  /// Where the limits stand that keep an arm from harm.
  private static let limitKeys = ["robot.safety.", "robot.joints.", "task.limits.", "task.fence"]

  static func train(
    _ recipe: SessionRecipe, earlier: EarlierRun, progress: Reporting
  ) throws -> TrainingReport {
    try RunFolder.holding(recipe.launch.run) {
      try trainAlone(recipe, earlier: earlier, progress: progress)
    }
  }

  /// Trains in a folder that this process has taken.
  static func trainAlone(
    _ recipe: SessionRecipe, earlier: EarlierRun, progress: Reporting
  ) throws -> TrainingReport {
    try refuseOtherHosts(recipe.launch)
    try refuseJoined(recipe.launch)
    _ = try SessionContext.security(of: recipe.launch)
    let gains = try GainCheck(recipe)
    try gains.refuseAny()
    progress.warn(of: gains.warnings)
    var minutes = 0.0
    if recipe.launch.learner.demonstrationShare > 0 {
      minutes = try provideDemonstrations(for: recipe, progress: progress)
    }
    let folder = try makeRun(recipe, earlier: earlier)
    let session = try SessionContext(recipe: recipe, isSupervised: false)
    var launch = try LaunchSession(
      session, folder: folder, demonstrationMinutes: minutes, from: [], reporting: progress)
    return TrainingReport(try launch.run(), of: recipe.launch)
  }

  /// Refuses the recipe of an actor's own session, which is no training.
  static func refuseJoined(_ launch: LaunchRecipe) throws {
    guard let joins = launch.joins else { return }
    throw SessionFailure(
      "\(launch.run): is the session of actor \(joins.actor) alone; launch \(joins.run), or "
        + "`kinglet join \(joins.run) --actor \(joins.actor)` while that runs")
  }

  /// The summary of a finished training of the same recipe in the same folder; nil in a folder that is
  /// free.
  ///
  /// Throws where the folder holds another training, or one that did not come to its end.
  static func finishedTraining(of recipe: SessionRecipe) throws -> Summary? {
    let run = recipe.launch.run
    if RunFolder.isHeld(run) { throw MetricsError.inUse(folder: run) }
    let goesOn = recipe.launch.recording == .all ? "launch --resume \(run) goes on with it, " : ""
    let choice = goesOn + "--replace trains anew, run=… in another folder"
    guard try RunFolder.holdsRun(run) else { return nil }
    guard let folder = try? RunFolder(opening: run),
      let earlier = try? SessionRecipe(resolved: folder.resolvedRecipe)
    else { throw MetricsError.earlierRun(folder: run) }
    guard earlier == recipe else {
      let keys = recipe.keysDiffering(from: earlier)
      let rest = keys.count > 4 ? " and \(keys.count - 4) more" : ""
      let named = keys.prefix(4).joined(separator: ", ") + rest
      throw SessionFailure(
        "\(run): holds another training, it differs in \(named); --replace trains anew, run=… in "
          + "another folder")
    }
    guard let summary = try? Summary(of: folder) else {
      throw SessionFailure("\(run): holds this training, but it did not come to its end; \(choice)")
    }
    guard !summary.finishReason.isEarly else {
      throw SessionFailure(
        "\(run): holds this training, ended early (\(summary.finishReason.rawValue)) after "
          + "\(summary.steps) steps; \(choice)")
    }
    return summary
  }

  /// Robot time of the demonstrations [min]; records them when there are none.
  private static func provideDemonstrations(
    for recipe: SessionRecipe, progress: Reporting
  ) throws -> Double {
    let folder = recipe.launch.demonstrations.folder
    if !DemonstrationFolder.exists(folder) {
      let count = recipe.launch.demonstrations.episodes
      progress.write("\(folder) holds none: recording \(count) episodes of the expert\n")
      let report = try demonstrate(recipe, progress: progress)
      progress.write(report.text + "\n")
    }
    return try DemonstrationFolder(folder, for: recipe).robotMinutes
  }

  /// Records the scripted expert: `kinglet demonstrate`.
  ///
  /// Demonstrations that are there already stay unless they are to be replaced.
  public static func demonstrate(
    file: String, overrides: [String], earlier: EarlierRun, progress: Reporting
  ) throws -> DemonstrationReport {
    let recipe = try SessionRecipe.load(launchFile: file, overrides: overrides)
    let folder = recipe.launch.demonstrations.folder
    if earlier == .keep, DemonstrationFolder.exists(folder) {
      throw SessionFailure(
        "\(folder): holds demonstrations; --replace records them anew, or name another folder with "
          + "demonstrations.folder=…")
    }
    progress.warn(of: limitWarnings(overrides))
    return try demonstrate(recipe, progress: progress)
  }

  private static func demonstrate(
    _ recipe: SessionRecipe, progress: Reporting
  ) throws -> DemonstrationReport {
    var recipe = recipe
    while recipe.launch.demonstrations.folder.count > 1,
      recipe.launch.demonstrations.folder.hasSuffix("/")
    {
      recipe.launch.demonstrations.folder.removeLast()
    }
    try DemonstrationFolder.checkReplaceable(recipe.launch.demonstrations.folder)
    recipe.launch.seed = recipe.launch.demonstrations.seed
    recipe.launch.run += demonstrationSuffix
    recipe.launch.recording = .all
    let (report, kept) = try beside(recipe, reporting: progress) { session in
      try DemonstrateSession(session: session) { kept, tried in
        if tried.isMultiple(of: 5) { progress.write("kept \(kept) of \(tried) episodes\n") }
      }.run()
    }
    let files = kept.map { RecordSession.file(of: $0, in: recipe.launch.run) }
    try DemonstrationFolder.keep(files, as: report.folder)
    return report
  }

  /// Evaluates the last policy of a run: `kinglet evaluate`.
  public static func evaluate(
    run: String, overrides: [String], episodes: Int, seed: UInt64, clock: String?,
    expert: ExpertRun, progress: Reporting
  ) throws -> EvaluationReport {
    let trained = try RunFolder(opening: run)
    try refuseUnheeded(overrides)
    var recipe = try SessionRecipe.load(launchFile: trained.resolvedRecipe, overrides: overrides)
    progress.warn(of: limitWarnings(overrides))
    if let clock {
      guard let known = LaunchRecipe.Clock(rawValue: clock) else {
        throw SessionFailure("--clock \(clock): unknown; use lockstep or realtime")
      }
      recipe.launch.clock = known
    }
    recipe.launch.seed = seed
    recipe.launch.run = run + "/\(evaluationPrefix)\(recipe.launch.clock.rawValue)-\(seed)"
    let policy = try readPolicy(trained.policy)
    var report = try evaluate(
      policy.choosing(.deterministic), recipe: recipe, episodes: episodes, progress: progress)
    if expert == .beside {
      var beside = recipe
      beside.launch.run += "-expert"
      let expert = try evaluate(
        SpiralExpert(recipe), recipe: beside, episodes: episodes, progress: progress)
      report.expertCycleSeconds = expert.cycleSeconds
      report.expertSuccesses = expert.successes
    }
    return report
  }

  /// Refuses what an evaluation would pass over in silence.
  private static func refuseUnheeded(_ overrides: [String]) throws {
    let cures = [
      "seed": "use --seed", "run": "its episodes are kept in the run's folder",
      "learner": "the policy is what was trained", "demonstrations": "it reads none",
      "finish": "use --episodes", "pace": "nothing is learned",
      "checkpointEvery": "nothing is learned",
    ]
    for override in overrides {
      let key = override.prefix { $0 != "=" && $0 != "." }
      if let cure = cures[String(key)] {
        throw SessionFailure("\(override): has no effect on an evaluation: \(cure)")
      }
    }
  }

  private static func readPolicy(_ path: String) throws -> GaussianPolicy {
    guard let bytes = try wholeFile(path, upTo: PolicySnapshot.longest) else {
      throw SessionFailure("\(path): no policy there; has the training saved one yet?")
    }
    do {
      return try GaussianPolicy(
        decoding: bytes, observationSize: ObservationLayout.size,
        actionSize: ObservationLayout.actionSize)
    } catch {
      throw SessionFailure("\(path): \(error)")
    }
  }

  private static func evaluate<P: Policy>(
    _ policy: P, recipe: SessionRecipe, episodes: Int, progress: Reporting
  ) throws -> EvaluationReport {
    try beside(recipe, reporting: progress) { session in
      try EvaluateSession(session: session, episodes: episodes) {
        progress.write($0 + "\n")
      }.run(policy)
    }
  }

  /// Serves episodes to a client on a socket: `kinglet serve`.
  ///
  /// The run folder is a temporary one, removed at the end. `announce` is called once a client may
  /// connect.
  public static func serve(
    file: String, overrides: [String], kind: EpisodeKind, ending: ServeEnding,
    announce: (ServedEnvironment) throws -> Void
  ) throws {
    if ending == .withInput { try stopWithInput() }
    var recipe = try SessionRecipe.load(launchFile: file, overrides: overrides)
    recipe.launch.run = try makeTemporaryFolder()
    // The folder goes with the session, and so would the episodes.
    recipe.launch.recording = .none
    defer { try? FileManager.default.removeItem(atPath: recipe.launch.run) }
    try beside(recipe) { session in
      try ServeSession(session: session, isEvaluation: kind == .evaluation)
        .run(announce: announce)
    }
  }

  /// A new folder of this user's alone.
  static func makeTemporaryFolder() throws -> String {
    let pattern = FileManager.default.temporaryDirectory.path + "/kinglet-XXXXXX"
    var path = Array(pattern.utf8CString)
    guard mkdtemp(&path) != nil else {
      throw SessionFailure("\(pattern): cannot be created: \(String(cString: strerror(errno)))")
    }
    return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Takes the end of standard input for Ctrl-C, and for a second one 2 s later.
  ///
  /// Whoever holds its other end has ended, however it did. The kernel's death signal would not do: it
  /// comes with the end of the *thread* that started this process.
  private static func stopWithInput() throws {
    _ = try StopSignal()
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      raise(SIGTERM)
      sleep(2)
      raise(SIGTERM)
    }
  }

  /// What the folder of a run's demonstrations is called behind the run's own name.
  static let demonstrationSuffix = "-demonstrations"
  /// What the folders of a run's evaluations are called, in the run's own.
  static let evaluationPrefix = "evaluation-"

  /// Starts driver, controller, reward and reset, acts in this process, and ends them; the keys of a person
  /// who watches stop the arm and let it go on.
  static func beside<Result>(
    _ recipe: SessionRecipe, reporting: Reporting = .none,
    act: (SessionContext) throws -> Result
  ) throws -> Result {
    try RunFolder.holding(recipe.launch.run) {
      let folder = try makeRun(recipe, earlier: .replace)
      let keys = KeyWatch(of: folder.path, reporting)
      defer { keys.stop() }
      return try besideAlone(recipe, folder, act: act)
    }
  }

  private static func besideAlone<Result>(
    _ recipe: SessionRecipe, _ folder: RunFolder, act: (SessionContext) throws -> Result
  ) throws -> Result {
    let session = try SessionContext(recipe: recipe, isSupervised: false)
    var processes = try SessionProcesses(session, folder: folder)
    do {
      try processes.start(SessionProcesses.surroundings(of: recipe.launch))
      let result = try act(session)
      processes.stop(grace: .seconds(5))
      try processes.checkRecorder()
      return result
    } catch {
      let failure = processes.explain(error)
      processes.stop(grace: .zero)
      throw failure
    }
  }

  static func makeRun(
    _ recipe: SessionRecipe, earlier: EarlierRun
  ) throws -> RunFolder {
    let folder = try RunFolder(
      creating: recipe.launch.run, earlierRun: earlier == .keep ? .refuse : .replace)
    let text = recipe.resolvedYAML(revision: gitRevision(), date: isoDate())
    try folder.write(text, to: folder.resolvedRecipe)
    return folder
  }
}
