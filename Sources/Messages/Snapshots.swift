public import Geometry

/// A change that the safety filter made to a torque.
public struct SafetyIntervention: Sendable, BitwiseCopyable, Equatable {
  /// Tick of the torque.
  public var tick: Int64
  /// What the law asked for [N·m]; need not be finite.
  public var asked: JointVector
  /// What was sent [N·m].
  public var allowed: JointVector
  /// Why, a bit each, see the schema.
  public var events: UInt16

  /// An intervention of its parts.
  public init(tick: Int64, asked: JointVector, allowed: JointVector, events: UInt16) {
    self.tick = tick
    self.asked = asked
    self.allowed = allowed
    self.events = events
  }
}

/// A change that the safety filter made to a setpoint when it came into force.
public struct SetpointIntervention: Sendable, BitwiseCopyable, Equatable {
  /// Tick from which it counted.
  public var tick: Int64
  /// What was asked for.
  public var asked: Setpoint
  /// What governed.
  public var allowed: Setpoint
  /// Why, a bit each, see the schema.
  public var events: UInt16

  /// An intervention of its parts.
  public init(tick: Int64, asked: Setpoint, allowed: Setpoint, events: UInt16) {
    self.tick = tick
    self.asked = asked
    self.allowed = allowed
    self.events = events
  }
}

/// The safety filter's interventions since they were last told.
public struct SafetyInterventions: Sendable, Equatable {
  /// Most changes of torques that are kept and told at once.
  public static let most = 1024
  /// Most changes of setpoints that are kept and told at once.
  public static let mostSetpoints = 256
  /// Changes of torques, oldest first.
  public var interventions: [SafetyIntervention]
  /// How many more there were.
  public var untold: UInt64
  /// Changes of setpoints, oldest first.
  public var setpoints: [SetpointIntervention]
  /// How many more of these there were.
  public var untoldSetpoints: UInt64

  /// Interventions of its parts.
  public init(
    interventions: [SafetyIntervention] = [], untold: UInt64 = 0,
    setpoints: [SetpointIntervention] = [], untoldSetpoints: UInt64 = 0
  ) {
    self.interventions = interventions
    self.untold = untold
    self.setpoints = setpoints
    self.untoldSetpoints = untoldSetpoints
  }
}

/// A part of a model that an episode changed.
public struct BodyPlacement: Sendable, Equatable {
  /// Name of the body in the model.
  public var body: String
  /// Its pose in its parent.
  public var parentFromBody: Transform<Parent, Body>

  /// A placement of its parts.
  public init(body: String, parentFromBody: Transform<Parent, Body>) {
    self.body = body
    self.parentFromBody = parentFromBody
  }
}

/// All that a simulated arm goes on from: with the recipe's model it decides every later tick.
public struct WorldSnapshot: Sendable, Equatable {
  /// What the arm reports.
  public var state = ArmState()
  /// MuJoCo's integration state, `mjSTATE_INTEGRATION`.
  public var integration: [Double] = []
  /// What the episode changed in the model.
  public var placements: [BodyPlacement] = []
  /// The stream of sensor noise: four words of xoshiro256++.
  public var noise: [UInt64] = [0, 0, 0, 0]
  /// The wrench estimate.
  public var wrench = WrenchMemory()
  /// Contact force now [N].
  public var contactForce = 0.0
  /// Largest contact force since the episode's start [N].
  public var peakContactForce = 0.0

  /// A snapshot with every value zero.
  public init() {}
}

/// What a wrench estimate remembers.
public struct WrenchMemory: Sendable, Equatable {
  /// Estimates that are averaged into the zero point.
  public static let window = 100
  /// Low-passed external torque [N·m].
  public var filteredTorque = JointVector()
  /// The estimate before zeroing and bias.
  public var raw = Wrench<Tool>()
  /// What is subtracted from it.
  public var zero = Wrench<Tool>()
  /// The episode's hidden bias.
  public var bias = Wrench<Tool>()
  /// The latest raw estimates as a ring of `window`.
  public var history = [Wrench<Tool>](repeating: Wrench(), count: window)
  /// How many of the ring are filled.
  public var filled = 0
  /// Where in the ring the next one goes, below `window`.
  public var next = 0

  /// A memory of nothing.
  public init() {}
}

/// All that a controller goes on from.
public struct ControlSnapshot: Sendable, Equatable {
  /// What the law remembers: of Cartesian impedance the posture that its null space prefers [rad],
  /// nothing before the first state.
  public var lawMemory: [Double] = []
  /// The last tick that was computed; nil before the first.
  public var lastTick: Int64?
  /// What the law asked for on that tick [N·m].
  public var asked = JointVector()
  /// What was sent [N·m].
  public var allowed = JointVector()
  /// Why the two differ, see `SafetyIntervention`.
  public var events: UInt16 = 0
  /// Ticks on which they differed.
  public var interventions: UInt64 = 0
  /// Whether the tool has been inside its fence; recordings from before that have false.
  public var isFenceClosed = false
  /// The setpoints.
  public var schedule: ScheduleSnapshot

  /// The snapshot of a controller that has not started.
  public init(schedule: ScheduleSnapshot) { self.schedule = schedule }
}

/// The setpoints that a controller holds.
public struct ScheduleSnapshot: Sendable, Equatable {
  /// Most setpoints that wait.
  public static let most = 16
  /// Newest setpoint received.
  public var newest: UInt64 = 0
  /// Setpoints that came after their effect tick.
  public var late: UInt64 = 0
  /// The setpoint in force.
  public var current: Setpoint
  /// Those that wait for their tick, in the order of their sequence.
  public var waiting: [Setpoint] = []
  /// Where the ramp to the setpoint in force began.
  public var departure = Transform<Base, Tool>.identity
  /// Tick at which it began.
  public var switchTick = Int64.min
  /// Last tick that was asked for.
  public var lastTick = Int64.min

  /// A schedule that holds one setpoint.
  public init(current: Setpoint) { self.current = current }
}
