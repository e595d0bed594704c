import Episodes
import Messages
import RealTime
import Wire

/// An episode that is being written.
///
/// Two processes tell of it, the driver and whoever acts; the file begins once both have told what
/// the episode starts from.
final class OpenEpisode {
  /// What came of the episode, once that has been told.
  var outcome: [String: String]? {
    didSet { told = told ?? MonotonicClock.now }
  }
  private let path: String
  private let source: EpisodeSource
  private var writer: EpisodeWriter?
  private var origin: (EpisodeOrigin, RecordTime)?
  private var world: WorldSnapshot?
  private var waiting: [Records] = []
  private var parts: [RecordSender: Part]
  private var told: Int64?
  private var flushed = MonotonicClock.now
  private var tally = RecordTally()

  /// How long a record may wait to be handed to the system [ns].
  private static let longestWait: Int64 = 100_000_000
  /// Messages, ticks and records that may wait for the file's first record.
  private static let mostWaiting = 20_000
  /// How long after the outcome the last of a part may come, where it may be lost [ns].
  private static let grace: Int64 = 1_000_000_000

  /// What one sender tells of the episode.
  private struct Part {
    var order: ReceiveOrder
    var hasEnded = false
  }

  /// An episode of which nothing has come yet; who waits for what was lost gets all of it.
  init(path: String, source: EpisodeSource, waitsForLost waits: Bool) {
    self.path = path
    self.source = source
    let part = Part(order: ReceiveOrder(waitsForLost: waits))
    parts = [.driver: part, .actor: part]
  }

  /// Whether both senders have ended and the outcome is known.
  var isComplete: Bool { outcome != nil && parts.values.allSatisfy(\.hasEnded) }

  /// Whether the last of a part must be taken for lost.
  var isOverdue: Bool { told.map { MonotonicClock.now - $0 > Self.grace } ?? false }

  /// The number of a sender's message that is due.
  func due(from sender: RecordSender) -> UInt64 { parts[sender]?.order.due ?? 0 }

  /// Takes what the episode starts from, as its actor sees it.
  func begin(_ origin: EpisodeOrigin, at time: RecordTime) throws {
    self.origin = (origin, time)
    try startIfKnown()
  }

  /// Takes records of either sender, unless they are not due or too many wait; returns whether the
  /// sender is to be told what is due.
  func add(_ records: Records) throws -> Bool {
    guard waiting.reduce(0, { $0 + 1 + $1.count }) < Self.mostWaiting,
      parts[records.sender]?.order.takes(records.sequence) == true
    else { return true }
    if records.isLast { parts[records.sender]?.hasEnded = true }
    try take(records)
    return records.isLast || parts[records.sender]?.order.isTimeToTell == true
  }

  private func take(_ records: Records) throws {
    if let world = records.world { self.world = world }
    waiting.append(records)
    try startIfKnown()
    guard writer != nil else { return }
    for records in waiting { try write(records) }
    waiting.removeAll()
  }

  /// Hands what has come to the system, unless that was done a moment ago.
  func flushIfDue() throws {
    let now = MonotonicClock.now
    guard now - flushed >= Self.longestWait, writer?.hasPending == true else { return }
    try writer?.flush()
    flushed = now
  }

  /// Completes the file.
  func close(isInterrupted: Bool) throws {
    if writer == nil, let origin { try start(origin.0, at: origin.1) }
    for records in waiting { try write(records) }
    waiting.removeAll()
    guard let writer = take() else { return }
    var description = tally.description.merging(outcome ?? [:]) { $1 }
    description["isInterrupted"] = "\(isInterrupted)"
    description["lostMessages"] = "\(lostMessages)"
    try writer.finish(description)
  }

  /// Messages that the line has lost, the last of a part among them.
  private var lostMessages: UInt64 {
    parts.values.reduce(0) { $0 &+ $1.order.lost &+ (outcome == nil || $1.hasEnded ? 0 : 1) }
  }

  private func startIfKnown() throws {
    guard writer == nil, let origin, let world else { return }
    var (known, time) = origin
    known.world = world
    try start(known, at: time)
  }

  private func start(_ origin: EpisodeOrigin, at time: RecordTime) throws {
    let about = [
      "episode": "\(origin.start.episode)", "isEvaluation": "\(origin.start.isEvaluation)",
      "startedRobotNanoseconds": "\(time.robot)", "started": isoDate(nanoseconds: time.wall),
    ]
    writer = try EpisodeWriter(
      creating: path, recipe: source.recipe, scene: source.scene,
      session: source.description.merging(about) { $1 })
    try writer?.write(origin, at: time)
  }

  private func write(_ records: Records) throws {
    tally.add(records)
    try writer?.write(records.ticks)
    for record in records.records { try writer?.write(record) }
  }

  private func take() -> EpisodeWriter? {
    var taken: EpisodeWriter?
    swap(&taken, &writer)
    return taken
  }
}

/// What a recorder counts of an episode, for its description.
struct RecordTally {
  private var ticks = 0
  private var dropped: UInt64 = 0
  private var interventions = 0
  private var versions: (first: UInt64, last: UInt64)?
  private var truth: Truth?

  mutating func add(_ records: Records) {
    ticks += records.ticks.count
    dropped &+= records.dropped
    for record in records.records {
      switch record.record {
      case .action(let action):
        versions = (versions?.first ?? action.policyVersion, action.policyVersion)
      case .truth(let truth): self.truth = truth
      case .safety, .safetySetpoint: interventions += 1
      default: break
      }
    }
  }

  /// As metadata of the file.
  var description: [String: String] {
    var entries = [
      "ticks": "\(ticks)", "droppedRecords": "\(dropped)",
      "safetyInterventions": "\(interventions)",
    ]
    if let versions {
      entries["policyVersion"] = "\(versions.first)"
      entries["lastPolicyVersion"] = "\(versions.last)"
    }
    if let truth {
      entries["isSuccess"] = "\(truth.isSuccess)"
      entries["peakForceNewtons"] = "\(truth.peakContactForce)"
      entries["remainingDepthMetres"] = "\(truth.remainingDepth)"
    }
    return entries
  }
}
