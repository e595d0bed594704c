import Foundation
import Messages
import Metrics
import RealTime
import Recipes

/// Starts a training's processes, watches them, writes its figures down, and ends them.
struct LaunchSession: ~Copyable {
  private let session: SessionContext
  private let folder: RunFolder
  private var processes: SessionProcesses
  private var metrics: MetricsLog
  private var events: EventFile
  private var progress: Metrics.Progress
  private var line: ProgressLine
  private let start = MonotonicClock.now
  private let startedAt: Double
  /// Wall time of the training before this session [s].
  private let earlierWall: Double
  private var summary: Summary
  private var finishNote: FinishNote?
  private let reporting: Reporting
  private var keys: TerminalKeys
  private var hasStopped = false
  private var lives: Watch
  private var restarts = 0
  private var lastLearnerStep: UInt64 = 0

  /// A session in a folder whose figures end where it begins.
  init(
    _ session: SessionContext, folder: RunFolder, demonstrationMinutes: Double,
    from point: ResumePoint?, reporting: Reporting
  ) throws {
    let startedAt = wallTime()
    let earlier = point == nil ? [] : try MetricsRecord.records(of: folder.metrics)
    let before = earlier.last
    let processes = try SessionProcesses(session, folder: folder)
    let metrics = try MetricsLog(appendingTo: folder.metrics, flushInterval: 0)
    var second = Int(startedAt)
    while FileManager.default.fileExists(atPath: folder.events(startedAt: second)) { second += 1 }
    let events = try EventFile(
      creating: folder.events(startedAt: second), wallTime: startedAt, resumingAt: point?.steps)
    self.session = session
    self.folder = folder
    self.startedAt = startedAt
    self.processes = processes
    self.metrics = metrics
    self.events = events
    let launch = session.recipe.launch
    earlierWall = before?.wallSeconds ?? 0
    progress = Metrics.Progress(
      step: point?.steps ?? 0, steps: launch.finish.steps,
      robotSeconds: before?.robotSeconds ?? 0,
      robotSecondsLimit: launch.finish.robotMinutes * 60, wallSeconds: earlierWall,
      updatesPerSecond: 0, episodes: point?.whole.count { !$0.isCut } ?? 0, successLast20: nil,
      firstStep: point?.steps ?? 0, firstWallSeconds: earlierWall)
    line = ProgressLine(to: reporting.destination)
    self.reporting = reporting
    keys = TerminalKeys(session, reporting)
    let supervision = launch.supervision
    lives = Watch(
      silence: supervision.silence, standstillMinutes: supervision.standstillMinutes,
      at: MonotonicClock.now)
    summary = Summary(
      seed: launch.seed, robot: launch.robot, task: launch.task, finishReason: .fault, steps: 0,
      episodes: 0, rewardedEpisodes: point?.whole.count { $0.isRewarded } ?? 0,
      updates: Int(Self.latest("learner/updates", of: earlier)),
      updatesPerStep: Self.latest("learner/updatesPerStep", of: earlier), successLast20: nil,
      robotMinutes: 0, demonstrationMinutes: demonstrationMinutes, wallMinutes: 0,
      replayDigest: "", weightsDigest: "")
  }

  private static func latest(_ name: String, of records: [MetricsRecord]) -> Double {
    records.last { $0.values[name] != nil }?.values[name] ?? 0
  }

  /// Runs the training to its end and returns its summary.
  mutating func run() throws -> Summary {
    do {
      try processes.start(SessionProcesses.surroundings(of: session.recipe.launch) + [.learner])
      try processes.start([.actor])
      try watch()
    } catch {
      let failure = processes.explain(error)
      processes.stop(grace: .zero)
      try? close()
      throw failure
    }
    processes.stop(grace: .seconds(20))
    try close()
    try processes.checkRecorder()
    return summary
  }

  private mutating func watch() throws {
    var hasAsked = false
    while processes.ending(of: .actor) == nil {
      if session.stopCheck() { throw SessionFailure.stoppedAtOnce }
      if session.isAskedToFinish, !hasAsked {
        hasAsked = true
        reporting.write(line.interruption())
        reporting.write("finishing the episode; Ctrl-C again stops at once\n")
        processes.askToFinish()
      }
      var wait = Duration.milliseconds(50)
      for _ in 0..<64 {
        guard let news = try processes.next(within: wait) else { break }
        wait = .zero
        switch news {
        case .status(let status): try note(status)
        case .failure(let reason): throw SessionFailure(reason)
        case .driver(let status): note(status)
        case .heartbeat(let role, let progress):
          lives.note(role, progress: progress, at: MonotonicClock.now)
        case .ready: break
        }
      }
      keys.serve(on: &line, reporting)
      if let ended = processes.firstEnded(), ended.role != .actor, try isUnexpected(ended.ending) {
        try startAgain(ended.role, ended.ending)
      }
      if hasStopped { lives.rest(at: MonotonicClock.now) }
      try checkLives()
    }
    while let news = try processes.next(within: .milliseconds(50)) {
      if case .status(let status) = news { try note(status) }
    }
    guard finishNote != nil else { throw SessionFailure("actor ended before the training did") }
  }

  /// Starts a learner again that was ended by a signal; everything else ends the session.
  ///
  /// A learner that ended by itself has said why, and would again.
  private mutating func startAgain(
    _ role: Role, _ ending: SessionProcesses.Ending
  ) throws {
    let most = session.recipe.launch.supervision.learnerRestarts
    guard role == .learner, case .signal = ending, restarts < most else {
      throw SessionFailure("\(role.rawValue) \(ending)")
    }
    restarts += 1
    reporting.write(line.interruption())
    reporting.write("learner \(ending): starting it again (\(restarts) of \(most))\n")
    lives.forget(.learner)
    try processes.restartLearner(knowing: progress.step)
  }

  /// Ends a session that hangs, with the name of what hangs; a hung learner is started again.
  private mutating func checkLives() throws {
    guard finishNote == nil, let finding = lives.finding(at: MonotonicClock.now) else { return }
    guard case .silent(let role, _) = finding else {
      throw SessionFailure(finding.line(process: nil))
    }
    let words = finding.line(process: processes.number(of: role))
    guard role == .learner else { throw SessionFailure(words) }
    reporting.write(line.interruption() + words + "\n")
    lives.forget(.learner)
    processes.end(.learner)
  }

  /// Whether an ending is none that the actor announced.
  ///
  /// An orderly one may overtake the news of it.
  private mutating func isUnexpected(_ ending: SessionProcesses.Ending) throws -> Bool {
    let deadline = Deadline(in: ending == .status(0) ? 5_000_000_000 : 0)
    while finishNote == nil, !deadline.isPast() {
      if case .status(let news) = try processes.next(within: .milliseconds(50)) { try note(news) }
    }
    return finishNote == nil
  }

  /// Tells a person when the arm stops, and when it goes on.
  private mutating func note(_ status: DriverStatus) {
    if status.mode == .fault || status.mode == .userStopped, !hasStopped {
      hasStopped = true
      let launch = session.recipe.launch
      reporting.write(line.interruption())
      reporting.write(
        "the arm has stopped: \(status.reason)\n`kinglet recover \(launch.run)` lets it go on"
          + keys.hint
          + "; Ctrl-C ends; nobody coming, the training ends after "
          + "\(decimal(launch.supervision.recoveryMinutes, 1)) min\n")
    } else if hasStopped, !status.mode.isStopped {
      hasStopped = false
      reporting.write(line.interruption())
      reporting.write("the arm goes on: \(status.reason)\n")
    }
  }

  private mutating func note(_ status: Status) throws {
    let values = Dictionary(
      status.values.map { ($0.name, $0.value) }, uniquingKeysWith: { _, new in new })
    let wall = earlierWall + Double(MonotonicClock.now - start) * 1e-9
    if status.role == Role.actor.rawValue { noteActor(status, values) }
    if status.role == Role.learner.rawValue {
      noteLearner(values)
      // A learner that was started again tells once more what it learns once more.
      guard status.step > lastLearnerStep || values.isEmpty else { return }
      lastLearnerStep = status.step
    }
    if !status.note.isEmpty { finishNote = FinishNote(status.note) }
    progress.wallSeconds = wall
    // The loops of 1 kHz know no steps.
    let isLoop = [Role.driver, .controller].contains { $0.rawValue == status.role }
    let step = isLoop ? progress.step : Int(status.step)
    if !values.isEmpty {
      try metrics.append(
        step: step, robotSeconds: progress.robotSeconds, wallSeconds: wall,
        values: values)
      try events.append(
        step: step, wallTime: startedAt + wall - earlierWall, values: values)
    }
    if let text = line.text(for: progress) { reporting.write(text) }
  }

  private mutating func noteActor(_ status: Status, _ values: [String: Double]) {
    progress.step = Int(status.step)
    progress.robotSeconds = Double(status.robotNanoseconds) * 1e-9
    if let success = values["success/last20"] { progress.successLast20 = success }
    guard let rewarded = values["episode/rewarded"] else { return }
    progress.episodes += 1
    summary.rewardedEpisodes += rewarded > 0 ? 1 : 0
  }

  private mutating func noteLearner(_ values: [String: Double]) {
    if let speed = values["learner/updatesPerSecond"] { progress.updatesPerSecond = speed }
    if let updates = values["learner/updates"] { summary.updates = Int(updates) }
    if let ratio = values["learner/updatesPerStep"] { summary.updatesPerStep = ratio }
  }

  private mutating func close() throws {
    reporting.write(line.lastText(for: progress))
    summary.steps = progress.step
    summary.episodes = progress.episodes
    summary.robotMinutes = progress.robotSeconds / 60
    summary.wallMinutes = (earlierWall + Double(MonotonicClock.now - start) * 1e-9) / 60
    summary.successLast20 = progress.successLast20
    summary.finishReason = finishNote?.reason ?? (session.stopCheck() ? .interrupted : .fault)
    summary.replayDigest = finishNote?.replay ?? ""
    summary.weightsDigest = finishNote?.weights ?? ""
    try metrics.flush()
    try events.flush()
    try summary.write(to: folder)
  }
}

/// Seconds since 1970: only for file names and logs, never for what is computed.
func wallTime() -> Double { Double(time(nil)) }
