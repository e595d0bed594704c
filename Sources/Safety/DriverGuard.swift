public import Geometry
public import Messages

/// An arm's last line of safety: decides the torque of every tick, whoever asked for what.
///
/// Every torque, also the driver's own, passes the safety filter; a tick without a command that may act
/// is the driver machine's, and a state that must stop the arm does. A pure function of what it was told
/// in order; a tick allocates nothing unless the mode changes.
public struct DriverGuard: Sendable {
  /// The torque of a tick, and whether a command decided it.
  public struct Decision: Sendable, BitwiseCopyable, Equatable {
    /// What is to be sent.
    public var torque: JointTorque
    /// False where the driver itself decided.
    public var isCommanded: Bool
  }

  /// What the driver does.
  public private(set) var machine: DriverMachine
  /// Why it does so.
  public private(set) var reason = "started"
  /// What it has refused; who reads the sockets counts what never came this far.
  public var refusals = Refusals()
  /// What the safety filter made of the last torque.
  public private(set) var last = SafeTorque(
    asked: JointVector(), allowed: JointVector(), events: [])
  private let filter: SafetyFilter
  private var supervisor: Supervisor
  private var setpoint: UInt64 = 0

  /// A guard of an arm whose driver has just started.
  public init(_ machine: DriverMachine, _ filter: SafetyFilter) {
    self.machine = machine
    self.filter = filter
    supervisor = Supervisor(filter)
  }

  /// How the driver stands at a robot time [ns].
  public func status(at time: Int64) -> DriverStatus {
    DriverStatus(
      mode: machine.mode, since: machine.since, reason: reason, stands: machine.stands,
      refusals: refusals, time: time)
  }

  /// The fence that the tool is held to now; nil where it is held to none.
  public var fence: Fence? { supervisor.isFenceClosed ? filter.fence : nil }

  /// Notes what comes from outside, at a robot time [ns], and why.
  public mutating func note(_ event: DriverEvent, at time: Int64, because reason: String) {
    let before = machine.mode
    machine.note(event, at: time)
    if machine.mode != before { self.reason = reason }
  }

  /// A person lets go of a stopped arm at a robot time [ns]; false while it moves, or where it was not
  /// stopped.
  public mutating func recover(at time: Int64, because reason: String) -> Bool {
    guard machine.recover(at: time) else { return false }
    supervisor.rearm()
    self.reason = reason
    return true
  }

  /// Goes on from a snapshot of the arm, whose torque acted last [N·m].
  public mutating func resume(from torque: JointVector) { last.allowed = torque }

  /// The torque that answers a state, with a command or, where it is nil or refused, without.
  public mutating func decide(_ command: JointTorque?, for state: ArmState) -> Decision {
    if let reason = supervisor.stopReason(for: state), !machine.mode.isStopped {
      note(.faulted, at: state.time, because: "\(reason)")
    }
    let before = machine.mode
    let isTaken = command.map { take($0, at: state) } ?? false
    var torque = JointTorque()
    if isTaken, let command {
      torque = command
      setpoint = command.setpoint
    } else {
      torque.tick = state.tick
      torque.torque = machine.torque(for: state, last: last.allowed)
      torque.setpoint = setpoint
    }
    last = filter.admit(
      torque.torque, for: state, last: last.allowed, isFenceClosed: supervisor.isFenceClosed)
    torque.torque = last.allowed
    if machine.mode != before { explain(before) }
    return Decision(torque: torque, isCommanded: isTaken)
  }

  /// Counts a torque that is for another tick than this one.
  public mutating func refuse(_ command: JointTorque, at tick: Int64) {
    if command.tick < tick { refusals.late += 1 } else { refusals.early += 1 }
  }

  private mutating func take(_ command: JointTorque, at state: ArmState) -> Bool {
    guard command.tick == state.tick else {
      refuse(command, at: state.tick)
      return false
    }
    guard machine.command(toward: command.setpoint, at: state.time) else {
      refusals.stopped += 1
      return false
    }
    return true
  }

  /// Words for the transitions that time and commands bring.
  private mutating func explain(_ before: DriverMode) {
    switch machine.mode {
    case .active: reason = before == .holding ? "torques arrive again" : "torques arrive"
    case .holding: reason = "no torque for \(machine.commandTimeout / 1_000_000) ms"
    case .dampedStop: reason = "no torque for \(machine.stopTimeout / 1_000_000) ms"
    // The arm stands; why it was stopped stays.
    case .fault, .userStopped, .idle, .ready: break
    }
  }
}
