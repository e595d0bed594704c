/// All that an episode starts from: its first record.
public struct EpisodeOrigin: Sendable, Equatable {
  /// The episode.
  public var start: EpisodeStart
  /// The arm at the start.
  public var state: ArmState
  /// From an observation to its action's effect [ticks].
  public var latency: Int64
  /// Last setpoint sent before the start.
  public var setpointSequence: UInt64
  /// Last grant sent before the start.
  public var grantSequence: UInt64
  /// Steps of the session before this episode.
  public var steps: UInt64
  /// The controller.
  public var control: ControlSnapshot
  /// The simulated world; nil on a real arm.
  public var world: WorldSnapshot?

  /// An origin of its parts.
  public init(
    start: EpisodeStart, state: ArmState, latency: Int64, setpointSequence: UInt64,
    grantSequence: UInt64, steps: UInt64, control: ControlSnapshot, world: WorldSnapshot? = nil
  ) {
    self.start = start
    self.state = state
    self.latency = latency
    self.setpointSequence = setpointSequence
    self.grantSequence = grantSequence
    self.steps = steps
    self.control = control
    self.world = world
  }
}

/// What a policy saw.
public struct Observation: Sendable, Equatable {
  /// Tick of the state that it was made of.
  public var tick: Int64
  /// Scaled observation.
  public var values: [Float]

  /// An observation of its parts.
  public init(tick: Int64, values: [Float]) {
    self.tick = tick
    self.values = values
  }
}

/// What a policy did.
public struct Action: Sendable, Equatable {
  /// Step of the episode, from 0.
  public var step: UInt32
  /// Tick of the observation.
  public var tick: Int64
  /// Version of the policy.
  public var policyVersion: UInt64
  /// What it asked for, each number in -1…1.
  public var asked: [Float]
  /// What it meant, where a disturbance was added on purpose; else empty.
  public var intended: [Float]
  /// What the fence left of what it asked for.
  public var executed: [Float]
  /// First tick that the resulting setpoint governs.
  public var effectTick: Int64
  /// Sequence of that setpoint.
  public var setpoint: UInt64

  /// An action of its parts.
  public init(
    step: UInt32, tick: Int64, policyVersion: UInt64, asked: [Float], intended: [Float],
    executed: [Float], effectTick: Int64, setpoint: UInt64
  ) {
    self.step = step
    self.tick = tick
    self.policyVersion = policyVersion
    self.asked = asked
    self.intended = intended
    self.executed = executed
    self.effectTick = effectTick
    self.setpoint = setpoint
  }
}

/// The verdict on a step.
public struct StepReward: Sendable, Equatable {
  /// Step of the episode, from 0.
  public var step: UInt32
  /// Tick of the state that was judged.
  public var tick: Int64
  /// Reward.
  public var reward: Float
  /// Set on the last step.
  public var ending: Ending?

  /// A verdict of its parts.
  public init(step: UInt32, tick: Int64, reward: Float, ending: Ending?) {
    self.step = step
    self.tick = tick
    self.reward = reward
    self.ending = ending
  }
}

/// The whole state of the simulator.
public struct SimulatorState: Sendable, Equatable {
  /// Its tick.
  public var tick: Int64
  /// MuJoCo's integration state, `mjSTATE_INTEGRATION`.
  public var integration: [Double]

  /// A state of its parts.
  public init(tick: Int64, integration: [Double]) {
    self.tick = tick
    self.integration = integration
  }
}

/// A line of a log.
public struct LogLine: Sendable, Equatable {
  /// Who says it.
  public var role: String
  /// The line.
  public var text: String

  /// A line of its parts.
  public init(role: String, text: String) {
    self.role = role
    self.text = text
  }
}

/// When something was: in robot time and on the wall.
public struct RecordTime: Sendable, BitwiseCopyable, Equatable {
  /// Robot time since the driver's start [ns].
  public var robot: Int64
  /// Wall time since 1970 [ns].
  public var wall: Int64

  /// A time of its parts.
  public init(robot: Int64, wall: Int64) {
    self.robot = robot
    self.wall = wall
  }
}

/// What is recorded beside the ticks, each kind a series of its own.
public enum Record: Sendable, Equatable {
  case observation(Observation)
  case action(Action)
  case setpoint(Setpoint)
  case reward(StepReward)
  case safety(SafetyIntervention)
  case safetySetpoint(SetpointIntervention)
  case simulatorState(SimulatorState)
  case truth(Truth)
  case log(LogLine)
  case driver(DriverStatus)
}

/// A record and its time.
public struct TimedRecord: Sendable, Equatable {
  /// When.
  public var time: RecordTime
  /// What.
  public var record: Record

  /// A record of its parts.
  public init(_ record: Record, at time: RecordTime) {
    self.time = time
    self.record = record
  }
}

/// Consecutive ticks: states and the torques that answer them, encoded.
public struct TickRecords: Sendable, Equatable {
  /// Most ticks of one message.
  public static let most = 1000
  /// Encodings of `ArmState`, one after another.
  public private(set) var states: [UInt8] = []
  /// Encodings of `JointTorque`, one after another.
  public private(set) var torques: [UInt8] = []
  /// Wall time of each tick since 1970 [ns].
  public private(set) var wallTimes: [Int64] = []

  /// No ticks.
  public init() {}

  /// Ticks of a message; throws `wrongCount` when the parts disagree.
  init(states: [UInt8], torques: [UInt8], wallTimes: [Int64]) throws(MessageError) {
    let count = wallTimes.count
    guard count <= Self.most else {
      throw .tooMany("TickRecords.wall_times", count: count, limit: Self.most)
    }
    try Self.check("TickRecords.states", states, count * ArmState.encodedLength)
    try Self.check("TickRecords.torques", torques, count * JointTorque.encodedLength)
    self.states = states
    self.torques = torques
    self.wallTimes = wallTimes
  }

  /// Number of ticks.
  public var count: Int { wallTimes.count }

  /// Calls a closure with the encodings of each tick's state and torque, and when it was.
  public func forEach<E: Error>(
    _ body: (_ state: UnsafeRawBufferPointer, _ torque: UnsafeRawBufferPointer, RecordTime)
      throws(E) -> Void
  ) throws(E) {
    let (states, torques) = (states.span.bytes, torques.span.bytes)
    for tick in 0..<count {
      let state = states.extracting(
        tick * ArmState.encodedLength..<(tick + 1) * ArmState.encodedLength)
      let torque = torques.extracting(
        tick * JointTorque.encodedLength..<(tick + 1) * JointTorque.encodedLength)
      let time = RecordTime(
        robot: state.unsafeLoadUnaligned(fromByteOffset: ArmState.timeOffset, as: Int64.self),
        wall: wallTimes[tick])
      try state.withUnsafeBytes { (state) throws(E) in
        try torque.withUnsafeBytes { (torque) throws(E) in try body(state, torque, time) }
      }
    }
  }

  /// Adds a tick.
  public mutating func add(_ state: ArmState, _ torque: JointTorque, wall: Int64) {
    Self.append(state, to: &states)
    Self.append(torque, to: &torques)
    wallTimes.append(wall)
  }

  /// Forgets the ticks and keeps the memory.
  public mutating func removeAll() {
    states.removeAll(keepingCapacity: true)
    torques.removeAll(keepingCapacity: true)
    wallTimes.removeAll(keepingCapacity: true)
  }

  private static func append(_ message: some FixedLengthMessage, to bytes: inout [UInt8]) {
    let length = type(of: message).encodedLength
    withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { buffer in
      message.encode(into: buffer)
      bytes.append(contentsOf: UnsafeRawBufferPointer(buffer))
    }
  }

  private static func check(_ name: String, _ bytes: [UInt8], _ length: Int) throws(MessageError) {
    guard bytes.count == length else {
      throw .wrongCount(name, count: bytes.count, expected: length)
    }
  }
}

/// Who tells the recorder of an episode.
public enum RecordSender: UInt32, Sendable, CaseIterable {
  /// The driver.
  case driver = 0
  /// Whoever acts.
  case actor = 1
}

/// What a process has to record.
public struct Records: Sendable, Equatable {
  /// Most records of one message, beside its ticks.
  public static let most = 4096
  /// Episode that they belong to.
  public var episode: UInt64
  /// Whose part of the episode they belong to.
  public var sender: RecordSender
  /// Number of this message in that part, from 0.
  public var sequence: UInt64 = 0
  /// Ticks of the arm.
  public var ticks = TickRecords()
  /// Whatever else.
  public var records: [TimedRecord] = []
  /// Whether the sender's part of the episode ends with these.
  public var isLast = false
  /// Records that the sender had to drop since its last message, in real time only.
  public var dropped: UInt64 = 0
  /// In the driver's first message of an episode: the world at its start.
  public var world: WorldSnapshot?

  /// Ticks and records together.
  public var count: Int { ticks.count + records.count }

  /// Nothing of an episode yet.
  public init(episode: UInt64, sender: RecordSender) {
    self.episode = episode
    self.sender = sender
  }
}
