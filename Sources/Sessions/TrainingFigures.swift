import Foundation
import Messages
import Metrics
import RealTime
import Recipes

/// The figures of a training as it goes on: `metrics.jsonl`, TensorBoard's events, the progress line
/// and `summary.json`.
struct TrainingFigures: ~Copyable {
  private let folder: RunFolder
  private var metrics: MetricsLog
  private var events: EventFile
  private var progress: Metrics.Progress
  private var line: ProgressLine
  private let reporting: Reporting
  private let start = MonotonicClock.now
  private let startedAt: Double
  /// Wall time of the training before this session [s].
  private let earlierWall: Double
  private let hasOwnArm: Bool
  private var recent: [Bool]
  private var lastLearnerStep: UInt64 = 0
  /// The actors.
  var roll = ActorRoll()
  /// What the training came to, so far.
  private(set) var summary: Summary
  /// The actor's last word.
  private(set) var finishNote: FinishNote?

  /// Figures that go on behind those of the folder; `joined` are actors that had joined before.
  init(
    _ launch: LaunchRecipe, folder: RunFolder, demonstrationMinutes: Double,
    from points: [ResumePoint], after joined: [JoinedEarlier], reporting: Reporting
  ) throws {
    let startedAt = wallTime()
    let earlier = points.isEmpty ? [] : try MetricsRecord.records(of: folder.metrics)
    let metrics = try MetricsLog(appendingTo: folder.metrics, flushInterval: 0)
    let steps = points.reduce(0) { $0 + $1.steps } + joined.reduce(0) { $0 + $1.steps }
    var second = Int(startedAt)
    while FileManager.default.fileExists(atPath: folder.events(startedAt: second)) { second += 1 }
    let events = try EventFile(
      creating: folder.events(startedAt: second), wallTime: startedAt,
      resumingAt: points.isEmpty ? nil : steps)
    self.folder = folder
    self.metrics = metrics
    self.events = events
    self.startedAt = startedAt
    self.reporting = reporting
    earlierWall = earlier.last?.wallSeconds ?? 0
    hasOwnArm = launch.holdsArm
    line = ProgressLine(to: reporting.destination)
    let whole = points.flatMap(\.whole)
    recent =
      points.count == 1 && joined.isEmpty
      ? whole.filter { !$0.isCut }.map(\.isRewarded).suffix(20) : Self.recentRewards(of: earlier)
    let others = joined.flatMap(\.rewarded)
    // Whoever joins another training neither learns nor decides where that ends.
    let isTraining = launch.joins == nil
    progress = Metrics.Progress(
      step: steps, steps: isTraining ? launch.finish.steps : nil,
      robotSeconds: earlier.last?.robotSeconds ?? 0,
      robotSecondsLimit: launch.finish.robotMinutes * 60, wallSeconds: earlierWall,
      updatesPerSecond: isTraining ? 0 : nil,
      episodes: whole.count { !$0.isCut } + others.count,
      successLast20: recent.isEmpty ? nil : successShare(of: recent), firstStep: steps,
      firstWallSeconds: earlierWall)
    summary = Summary(
      seed: launch.seed, robot: launch.robot, task: launch.task, finishReason: .fault, steps: 0,
      episodes: 0, rewardedEpisodes: whole.count { $0.isRewarded } + others.count { $0 },
      updates: wholeCount(Self.latest("learner/updates", of: earlier)),
      updatesPerStep: Self.latest("learner/updatesPerStep", of: earlier), successLast20: nil,
      robotMinutes: 0, demonstrationMinutes: demonstrationMinutes, wallMinutes: 0,
      replayDigest: "", weightsDigest: "")
    for (actor, point) in points.enumerated() { roll.arrive(actor, goingOnFrom: point) }
    for earlier in joined { roll.note(earlier) }
  }

  /// Whether each of the last 20 episodes of whichever actor was rewarded.
  private static func recentRewards(of records: [MetricsRecord]) -> [Bool] {
    let rewards = records.compactMap { record in
      record.values.first { $0.key.hasSuffix("episode/rewarded") }?.value
    }
    return rewards.suffix(20).map { $0 > 0 }
  }

  private static func latest(_ name: String, of records: [MetricsRecord]) -> Double {
    records.last { $0.values[name] != nil }?.values[name] ?? 0
  }

  /// Steps that a learner must know of which is started again: those of every actor, or in real time
  /// of all.
  func knownSteps(_ clock: LaunchRecipe.Clock) -> Int {
    clock == .lockstep ? roll.leastSteps : roll.steps
  }

  /// Says a line to a person, on a line of its own.
  mutating func say(_ text: String) { reporting.write(line.interruption() + text + "\n") }

  /// Notes what a process says of itself.
  mutating func note(_ status: Status) throws {
    var status = status
    // A line of the metrics that is too long could not be read any more.
    status.values.removeAll { !Self.isName($0.name) }
    var values = Dictionary(
      status.values.map { ($0.name, $0.value) }, uniquingKeysWith: { _, new in new })
    let wall = earlierWall + Double(MonotonicClock.now - start) * 1e-9
    if status.role == Role.actor.rawValue { noteActor(status, &values) }
    if status.role == Role.learner.rawValue {
      noteLearner(values)
      // A learner that was started again tells once more what it learns once more.
      guard status.step > lastLearnerStep || values.isEmpty else { return }
      lastLearnerStep = status.step
    }
    progress.wallSeconds = wall
    // The learner alone has steps of its own, those that it has learned from.
    let step = status.role == Role.learner.rawValue ? Int(clamping: status.step) : progress.step
    if !values.isEmpty {
      try metrics.append(
        step: step, robotSeconds: progress.robotSeconds, wallSeconds: wall,
        values: values)
      try events.append(
        step: step, wallTime: startedAt + wall - earlierWall, values: values)
    }
    if let text = line.text(for: progress) { reporting.write(text) }
  }

  private static func isName(_ text: String) -> Bool {
    text.utf8.count <= 100 && text.utf8.allSatisfy { $0 >= UInt8(ascii: " ") }
  }

  private mutating func noteActor(_ status: Status, _ values: inout [String: Double]) {
    roll.note(status, values)
    // Of several, no one's end is that of the training.
    if hasOwnArm, status.actor == 0, let note = FinishNote(status.note) { finishNote = note }
    progress.step = roll.steps
    progress.robotSeconds = max(progress.robotSeconds, roll.robotSeconds)
    if let rewarded = values["episode/rewarded"] {
      recent = (recent + [rewarded > 0]).suffix(20)
      progress.episodes += 1
      progress.successLast20 = successShare(of: recent)
      summary.rewardedEpisodes += rewarded > 0 ? 1 : 0
    }
    if !values.isEmpty, roll.entries.count > 1 {
      values["success/last20"] = progress.successLast20
    }
    guard status.actor > 0 || !hasOwnArm else { return }
    // Whose figures they are is part of their names.
    let own = status.values.map { ("actor\(status.actor)/" + $0.name, $0.value) }
    values = Dictionary(own, uniquingKeysWith: { $1 })
    if !own.isEmpty { values["success/last20"] = progress.successLast20 }
  }

  private mutating func noteLearner(_ values: [String: Double]) {
    if let speed = values["learner/updatesPerSecond"] { progress.updatesPerSecond = speed }
    if let updates = values["learner/updates"] { summary.updates = wholeCount(updates) }
    // JSON cannot hold any other, and no training is to end without its summary.
    if let ratio = values["learner/updatesPerStep"], ratio.isFinite {
      summary.updatesPerStep = ratio
    }
  }

  /// Takes the last word on a training whose actors have all ended.
  mutating func finish(_ note: FinishNote) { finishNote = note }

  /// Writes what the training came to; `reason` is for one that did not come to its end.
  mutating func close(otherwise reason: Summary.FinishReason) throws {
    reporting.write(line.lastText(for: progress))
    summary.steps = progress.step
    summary.episodes = progress.episodes
    summary.robotMinutes = progress.robotSeconds / 60
    summary.wallMinutes = (earlierWall + Double(MonotonicClock.now - start) * 1e-9) / 60
    summary.successLast20 = progress.successLast20
    summary.finishReason = finishNote?.reason ?? reason
    if let finishNote, finishNote.isOfALearner {
      (summary.replayDigest, summary.weightsDigest) = (finishNote.replay, finishNote.weights)
    }
    if !hasOwnArm || roll.entries.count > 1 { summary.actors = roll.figures }
    try metrics.flush()
    try events.flush()
    try summary.write(to: folder)
  }
}

/// A number that counts something, whatever was sent or written in its place.
func wholeCount(_ value: Double) -> Int { value >= 0 && value < 1e15 ? Int(value) : 0 }

/// Seconds since 1970: only for file names and logs, never for what is computed.
func wallTime() -> Double { Double(time(nil)) }
