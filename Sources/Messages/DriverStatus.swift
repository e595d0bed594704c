/// What an arm's driver does.
public enum DriverMode: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// No session: the posture is held.
  case idle = 1
  /// A session is there and no torque of it yet: the posture is held.
  case ready
  /// Torques arrive; where one is missing the last one stays for a moment.
  case active
  /// Torques are overdue: the posture at that moment is held.
  case holding
  /// The arm is being stopped: joint damping alone, until it stands.
  case dampedStop
  /// Stopped by a fault and standing: the posture is held until a person lets go.
  case fault
  /// Stopped by a person: damping until the arm stands, then the same.
  case userStopped

  /// Whether commands are refused until a person lets go.
  public var isStopped: Bool { self == .dampedStop || self == .fault || self == .userStopped }
}

/// What a driver has refused since its start.
public struct Refusals: Sendable, BitwiseCopyable, Equatable {
  /// Torques for a tick that was over: late, or once more.
  public var late: UInt64
  /// Torques for a tick that had not come.
  public var early: UInt64
  /// Torques while the arm was stopped, or toward a setpoint from before the stop.
  public var stopped: UInt64
  /// Messages that were damaged, or none of the schema.
  public var damaged: UInt64
  /// Messages of another session, and so of another robot or task.
  public var foreign: UInt64

  /// Refusals of their parts.
  public init(
    late: UInt64 = 0, early: UInt64 = 0, stopped: UInt64 = 0, damaged: UInt64 = 0,
    foreign: UInt64 = 0
  ) {
    self.late = late
    self.early = early
    self.stopped = stopped
    self.damaged = damaged
    self.foreign = foreign
  }

  /// How many there were.
  public var total: UInt64 { late &+ early &+ stopped &+ damaged &+ foreign }
}

/// How an arm's driver stands.
public struct DriverStatus: Sendable, Equatable {
  /// What it does.
  public var mode: DriverMode
  /// Robot time since which it does so, since the driver's start [ns].
  public var since: Int64
  /// Why, for a person.
  public var reason: String
  /// Whether the arm stands.
  public var stands: Bool
  /// What it has refused.
  public var refusals: Refusals
  /// Robot time now, since the driver's start [ns].
  public var time: Int64

  /// A status of its parts.
  public init(
    mode: DriverMode, since: Int64, reason: String, stands: Bool, refusals: Refusals = Refusals(),
    time: Int64
  ) {
    self.mode = mode
    self.since = since
    self.reason = reason
    self.stands = stands
    self.refusals = refusals
    self.time = time
  }
}
