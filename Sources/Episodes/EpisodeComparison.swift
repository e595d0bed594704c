import Geometry
import Messages

/// How far an episode that was run again is from what was recorded.
public struct EpisodeComparison: Sendable, Equatable {
  /// Ticks that both have.
  public private(set) var ticks = 0
  /// Steps that both have.
  public private(set) var steps = 0
  /// Whether every record of both is the same to the last bit, apart from times on the wall.
  public private(set) var isIdentical = true
  /// What differs first, for a person; nil when nothing does.
  public private(set) var firstDifference: String?
  /// Largest distance of the tool from where it was [m].
  public private(set) var distance = 0.0
  /// Largest angle of the tool from how it was [rad].
  public private(set) var angle = 0.0
  /// Largest difference of the estimated force [N].
  public private(set) var force = 0.0
  /// Largest distance in each step [m].
  public private(set) var stepDistances: [Double] = []

  private let isWhole: Bool
  /// Ticks from this one on need not come again.
  private let due: Int64
  /// Whether verdicts came again, which they must also where bits need not.
  public private(set) var hasSameVerdicts = true

  /// Compares what was recorded with what came of it; of an episode that was cut short, its whole
  /// steps.
  public init(_ recorded: RecordedEpisode, _ again: RecordedEpisode) {
    isWhole = recorded.description["isInterrupted"] != "true"
    due = isWhole ? .max : recorded.rewards.last?.tick ?? .min
    compareOrigins(recorded, again)
    compareTicks(recorded, again)
    compareRecords(recorded, again)
    steps = min(recorded.rewards.count, again.rewards.count)
    let bounds = recorded.rewards.map(\.tick)
    stepDistances = [Double](repeating: 0, count: steps)
    for (state, other) in zip(recorded.states, again.states) {
      let step = bounds.firstIndex { state.tick < $0 } ?? steps
      guard step < steps else { continue }
      stepDistances[step] = max(stepDistances[step], Self.distance(state, other))
    }
  }

  private mutating func compareTicks(_ recorded: RecordedEpisode, _ again: RecordedEpisode) {
    let states = recorded.states.prefix { $0.tick < due }
    if isWhole ? states.count != again.states.count : states.count > again.states.count {
      differ("\(states.count) ticks were recorded, \(again.states.count) came again")
    }
    if isWhole && recorded.states.count != recorded.torques.count
      || again.states.count != again.torques.count
    {
      differ("states and torques are not as many")
    }
    ticks = min(recorded.states.count, again.states.count)
    for index in 0..<ticks {
      let (state, other) = (recorded.states[index], again.states[index])
      if !haveSameEncoding(state, other)
        || recorded.tickTimes[index].robot != again.tickTimes[index].robot
      {
        differ("the arm's state of tick \(state.tick)")
      }
      if index < min(recorded.torques.count, again.torques.count),
        !haveSameEncoding(recorded.torques[index], again.torques[index])
      {
        differ("the torque of tick \(state.tick)")
      }
      distance = max(distance, Self.distance(state, other))
      let turn: Rotation<Tool, Tool> =
        state.baseFromTool.rotation.inverse * other.baseFromTool.rotation
      angle = max(angle, turn.rotationVector.length)
      force = max(force, (state.toolWrench.force - other.toolWrench.force).length)
    }
  }

  private mutating func compareRecords(_ recorded: RecordedEpisode, _ again: RecordedEpisode) {
    // What the driver went through is of its session: in a rerun it begins with the episode.
    for topic in Topic.allCases where topic != .log && topic != .driver {
      let (ours, theirs) = (Self.records(of: recorded, topic), Self.records(of: again, topic))
      if isWhole ? ours.count != theirs.count : ours.count > theirs.count + 1 {
        differ("\(topic.rawValue): \(ours.count) records, \(theirs.count) came again")
      }
      for (index, (one, other)) in zip(ours, theirs).enumerated() where one != other {
        differ("\(topic.rawValue): record \(index)")
        break
      }
    }
  }

  private mutating func compareOrigins(_ recorded: RecordedEpisode, _ again: RecordedEpisode) {
    if recorded.origin.encoded() != again.origin.encoded() {
      differ("what the episode starts from")
    }
    let verdicts = { (episode: RecordedEpisode) in
      episode.rewards.map { [$0.reward, Float($0.ending?.rawValue ?? 0)] }
    }
    hasSameVerdicts = verdicts(recorded) == verdicts(again)
  }

  private mutating func differ(_ what: String) {
    isIdentical = false
    if firstDifference == nil { firstDifference = what }
  }

  private static func distance(_ a: ArmState, _ b: ArmState) -> Double {
    (a.baseFromTool.translation - b.baseFromTool.translation).length
  }

  /// Encoded, so that bits are compared and not numbers.
  private static func records(of episode: RecordedEpisode, _ topic: Topic) -> [[UInt8]] {
    episode.records.filter { $0.topic == topic }.map { record in
      withUnsafeBytes(of: record.time.robot.littleEndian) { Array($0) } + record.record.encoded()
    }
  }
}

/// Whether two messages are the same to the last bit.
private func haveSameEncoding<M: FixedLengthMessage>(_ a: M, _ b: M) -> Bool {
  withUnsafeTemporaryAllocation(byteCount: 2 * M.encodedLength, alignment: 8) { buffer in
    let first = UnsafeMutableRawBufferPointer(rebasing: buffer[..<M.encodedLength])
    let second = UnsafeMutableRawBufferPointer(rebasing: buffer[M.encodedLength...])
    a.encode(into: first)
    b.encode(into: second)
    return first.elementsEqual(second)
  }
}
