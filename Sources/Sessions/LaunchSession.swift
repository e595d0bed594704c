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
      updatesPerSecond: 0, episodes: point?.whole.count ?? 0, successLast20: nil,
      firstStep: point?.steps ?? 0, firstWallSeconds: earlierWall)
    line = ProgressLine(to: reporting.destination)
    self.reporting = reporting
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
      while let news = try processes.next(within: .milliseconds(50)) {
        switch news {
        case .status(let status): try note(status)
        case .failure(let reason): throw SessionFailure(reason)
        case .ready: break
        }
      }
      if let ended = processes.firstEnded(), ended.role != .actor, try isUnexpected(ended.ending) {
        throw SessionFailure("\(ended.role.rawValue) \(ended.ending)")
      }
    }
    while let news = try processes.next(within: .milliseconds(50)) {
      if case .status(let status) = news { try note(status) }
    }
    guard finishNote != nil else { throw SessionFailure("actor ended before the training did") }
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

  private mutating func note(_ status: Status) throws {
    let values = Dictionary(
      status.values.map { ($0.name, $0.value) }, uniquingKeysWith: { _, new in new })
    let wall = earlierWall + Double(MonotonicClock.now - start) * 1e-9
    if status.role == Role.actor.rawValue { noteActor(status, values) }
    if status.role == Role.learner.rawValue { noteLearner(values) }
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
