import Episodes
import Messages
import RealTime

/// An episode that is being written.
///
/// Two processes tell of it, the driver and whoever acts; the file begins once both have told what
/// the episode starts from.
final class OpenEpisode {
  /// What came of the episode, once that has been told.
  var outcome: [String: String]?
  private let path: String
  private let source: EpisodeSource
  private var writer: EpisodeWriter?
  private var origin: (EpisodeOrigin, RecordTime)?
  private var world: WorldSnapshot?
  private var waiting: [Records] = []
  private var endedSenders = 0
  private var flushed = MonotonicClock.now
  private var tally = RecordTally()

  /// How long a record may wait to be handed to the system [ns].
  private static let longestWait: Int64 = 100_000_000

  init(path: String, source: EpisodeSource) {
    self.path = path
    self.source = source
  }

  /// Whether both senders have ended and the outcome is known.
  var isComplete: Bool { outcome != nil && endedSenders >= 2 }

  /// Takes what the episode starts from, as its actor sees it.
  func begin(_ origin: EpisodeOrigin, at time: RecordTime) throws {
    self.origin = (origin, time)
    try startIfKnown()
  }

  /// Takes records of either sender.
  func add(_ records: Records) throws {
    if let world = records.world { self.world = world }
    if records.isLast { endedSenders += 1 }
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
    try writer.finish(description)
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
    dropped += records.dropped
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
