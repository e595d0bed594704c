import MCAP
public import Messages

/// A recorded episode, read whole.
public struct RecordedEpisode: Sendable {
  /// Where it stands.
  public let path: String
  /// What the recorder said of it: `task`, `seed`, `steps`, `isSuccess` and so on.
  ///
  /// In a file that was never completed, what its records tell; `isInterrupted` is true then.
  public private(set) var description: [String: String] = [:]
  /// The resolved recipe as YAML.
  public private(set) var recipe = ""
  /// The scene as MJCF.
  public private(set) var scene = ""
  /// What the episode starts from.
  public let origin: EpisodeOrigin
  /// When it began.
  public let start: RecordTime
  /// The arm's state of each tick.
  public private(set) var states: [ArmState] = []
  /// The torque that answered it.
  public private(set) var torques: [JointTorque] = []
  /// When each tick was.
  public private(set) var tickTimes: [RecordTime] = []
  /// Everything else, in the order of the file.
  public private(set) var records: [TimedRecord] = []

  /// What of a file is read.
  public enum Extent: Sendable {
    /// All of it.
    case all
    /// All but the arm's ticks, nearly all of its bytes.
    case steps
  }

  /// Reads a file.
  ///
  /// A damaged one gives an error; see `MCAPFile.recover`.
  public init(reading path: String, _ extent: Extent = .all) throws(EpisodeError) {
    self.path = path
    let contents = try Self.contents(of: path, extent)
    guard let (origin, start) = contents.collector.origin else {
      throw .foreign(file: path, missing: Topic.origin.rawValue)
    }
    (self.origin, self.start) = (origin, start)
    let collector = contents.collector
    (states, torques, tickTimes) = (collector.states, collector.torques, collector.tickTimes)
    records = collector.records
    description = EpisodeDescription(contents.metadata)?.entries ?? [:]
    description.merge(told) { said, _ in said }
    recipe = Self.text(EpisodeWriter.recipeName, of: contents.attachments)
    scene = Self.text(EpisodeWriter.sceneName, of: contents.attachments)
  }

  private struct Contents {
    var collector: RecordCollector
    var metadata: [MCAPMetadata]
    var attachments: [MCAPAttachment]
  }

  private static func contents(
    of path: String, _ extent: Extent
  ) throws(EpisodeError) -> Contents {
    do {
      let file = try MCAPReader(opening: path)
      var collector = RecordCollector(path: path)
      let topics = Topic.allCases.filter { topic in
        extent == .all || (topic != .state && topic != .torque)
      }
      try file.forEachMessage(topics: Set(topics.map(\.rawValue))) { channel, message in
        try collector.add(message, of: channel.topic)
      }
      return Contents(
        collector: collector, metadata: try file.metadata(), attachments: try file.attachments())
    } catch let error as EpisodeError {
      throw error
    } catch let error as MCAPError {
      throw .file(error)
    } catch {
      preconditionFailure("an error of another kind: \(error)")
    }
  }

  /// What the records of an unfinished file tell.
  private var told: [String: String] {
    let (rewards, truth) = (rewards, truths.last)
    let end = rewards.last?.tick ?? origin.state.tick
    var entries = [
      "episode": "\(origin.start.episode)", "isEvaluation": "\(origin.start.isEvaluation)",
      "steps": "\(rewards.count)", "isInterrupted": "true",
      "isRewarded": "\(rewards.last.map { $0.ending == .terminal && $0.reward > 0 } ?? false)",
      "reward": "\(rewards.reduce(0) { $0 + Double($1.reward) })",
      "policyVersion": "\(actions.first?.policyVersion ?? 0)",
    ]
    let last = records.last { record in
      if case .reward(let reward) = record.record { reward.tick == end } else { false }
    }
    entries["seconds"] = "\(Double((last?.time.robot ?? start.robot) - start.robot) * 1e-9)"
    if let truth {
      entries["isSuccess"] = "\(truth.isSuccess)"
      entries["peakForceNewtons"] = "\(truth.peakContactForce)"
    }
    return entries
  }

  private static func text(_ name: String, of attachments: [MCAPAttachment]) -> String {
    String(decoding: attachments.first { $0.name == name }?.data ?? [], as: UTF8.self)
  }
}

/// Sorts the messages of a file.
private struct RecordCollector {
  let path: String
  var origin: (EpisodeOrigin, RecordTime)?
  var states: [ArmState] = []
  var torques: [JointTorque] = []
  var tickTimes: [RecordTime] = []
  var records: [TimedRecord] = []

  init(path: String) { self.path = path }

  /// Takes a message; topics of others are passed over.
  mutating func add(_ message: MCAPMessage, of name: String) throws(EpisodeError) {
    guard let topic = Topic(rawValue: name) else { return }
    let time = RecordTime(
      robot: Int64(clamping: message.logTime), wall: Int64(clamping: message.publishTime))
    do throws(MessageError) {
      try add(message.data, of: topic, at: time)
    } catch {
      throw .record(file: path, topic: name, error)
    }
  }

  private mutating func add(
    _ bytes: UnsafeRawBufferPointer, of topic: Topic, at time: RecordTime
  ) throws(MessageError) {
    switch topic {
    case .state:
      states.append(try ArmState(decoding: bytes))
      tickTimes.append(time)
    case .torque: torques.append(try JointTorque(decoding: bytes))
    case .origin: origin = (try EpisodeOrigin(decoding: [UInt8](bytes)), time)
    default:
      records.append(TimedRecord(try record([UInt8](bytes), of: topic), at: time))
    }
  }

  private func record(_ bytes: [UInt8], of topic: Topic) throws(MessageError) -> Record {
    switch topic {
    case .observation: .observation(try Observation(decoding: bytes))
    case .action: .action(try Action(decoding: bytes))
    case .setpoint: .setpoint(try Setpoint(decoding: bytes))
    case .reward: .reward(try StepReward(decoding: bytes))
    case .safety: .safety(try SafetyIntervention(decoding: bytes))
    case .safetySetpoint: .safetySetpoint(try SetpointIntervention(decoding: bytes))
    case .simulatorState: .simulatorState(try SimulatorState(decoding: bytes))
    case .truth: .truth(try Truth(decoding: bytes))
    case .log: .log(try LogLine(decoding: bytes))
    case .driver: .driver(try DriverStatus(decoding: bytes))
    case .origin, .state, .torque: throw .unknownKind
    }
  }
}
