public import ControlSlots
import Geometry
public import Messages
public import Safety

/// One arm's control: schedule, law, and the safety filter of setpoints and torques.
///
/// `step` is the whole real-time path between reading a state and writing a torque; it allocates
/// nothing, takes no lock and cannot fail.
public struct ControlLoop<Law: Controller & ~Copyable>: ~Copyable
where Law.Setpoint == Messages.Setpoint {
  private var law: Law
  private let filter: SafetyFilter
  private var schedule: SetpointSchedule
  /// The tick computed last; nil before the first.
  public private(set) var lastTick: Int64?
  /// What the safety filter made of the last tick's torque.
  public private(set) var last = SafeTorque(
    asked: JointVector(), allowed: JointVector(), events: [])
  /// What the safety filter made of the latest setpoint that came into force.
  public private(set) var lastSetpoint: SafeSetpoint?
  /// Ticks on which the safety filter changed the torque, or a contact began.
  public private(set) var interventions: UInt64 = 0
  /// Whether the tool has been inside its fence, and is held to it from there on.
  public private(set) var isFenceClosed = false
  private var told = InterventionLog()

  /// A loop that has not started.
  ///
  /// Until the first setpoint it holds the pose of the first state with the compliance `hold`.
  /// `rampTicks`: see `SetpointSchedule`.
  public init(
    law: consuming Law, filter: SafetyFilter, hold: Compliance, rampTicks: Int64 = 0
  ) {
    self.law = law
    self.filter = filter
    let compliance = filter.limited(hold)
    schedule = SetpointSchedule(
      hold: Setpoint(
        sequence: 0, effectTick: .min, baseFromTool: .identity, compliance: compliance),
      rampTicks: rampTicks)
  }

  /// Sequence number of the newest setpoint received; 0 before the first.
  public var newestSetpoint: UInt64 { schedule.newest }

  /// Setpoints that came after their effect tick had been computed.
  public var lateSetpoints: UInt64 { schedule.late }

  /// Takes a setpoint for a later tick.
  ///
  /// Throws what `SetpointSchedule.insert` throws.
  public mutating func receive(_ setpoint: Setpoint) throws(SetpointRefusal) {
    try schedule.insert(setpoint)
  }

  /// False while the setpoint that the state requires has not been received: in lock-step, the
  /// torque of this tick must wait for it.
  ///
  /// False, too, for a tick that has been computed already.
  public func canCompute(_ state: ArmState) -> Bool {
    schedule.newest >= state.requiredSetpoint && state.tick > (lastTick ?? .min)
  }

  /// The torque that answers a state.
  ///
  /// The first state starts the law. Ticks must increase; where some were left out the arm acted by
  /// itself, and the torque rate counts from what acted then.
  public mutating func step(_ state: ArmState) -> JointTorque {
    let before = begin(state)
    admitSetpoint(at: state)
    let setpoint = schedule.setpoint(at: state.tick)
    let asked = law.torque(for: state, toward: setpoint)
    let wasInContact = last.events.contains(.contact)
    last = filter.admit(asked, for: state, last: before, isFenceClosed: isFenceClosed)
    // A contact that goes on is no news.
    let news = wasInContact ? last.events.subtracting(.contact) : last.events
    if !news.isEmpty {
      interventions += 1
      told.add(last, tick: state.tick)
    }
    lastTick = state.tick
    var command = JointTorque()
    command.tick = state.tick
    command.torque = last.allowed
    command.setpoint = setpoint.sequence
    return command
  }

  /// Puts what the filter leaves of a setpoint that is due into its place.
  private mutating func admitSetpoint(at state: ArmState) {
    if !isFenceClosed { isFenceClosed = filter.isInsideFence(state.baseFromTool) }
    guard let (due, target) = schedule.due(at: state.tick) else { return }
    let safe = filter.admit(
      due, inForce: target, at: state, isFenceClosed: isFenceClosed)
    lastSetpoint = safe
    guard !safe.events.isEmpty else { return }
    schedule.replaceDue(with: safe.allowed, at: state.tick)
    told.add(safe, tick: state.tick)
  }

  /// The interventions since this was last asked for; then they are forgotten.
  public mutating func takeInterventions() -> SafetyInterventions { told.take() }

  /// Whether there is something to tell.
  public var hasInterventions: Bool { !told.isEmpty }

  /// All that the loop goes on from.
  public var snapshot: ControlSnapshot {
    var snapshot = ControlSnapshot(schedule: schedule.snapshot)
    snapshot.lawMemory = law.memory
    snapshot.lastTick = lastTick
    snapshot.asked = last.asked
    snapshot.allowed = last.allowed
    snapshot.events = last.events.rawValue
    snapshot.interventions = interventions
    snapshot.isFenceClosed = isFenceClosed
    return snapshot
  }

  /// Goes on from a snapshot of a loop of the same kind.
  ///
  /// False, and nothing done, when it is none.
  public mutating func restore(_ snapshot: ControlSnapshot) -> Bool {
    // A schedule that was asked for later ticks than were computed is of no loop.
    let last = snapshot.lastTick ?? .min
    guard snapshot.schedule.isUsable, last < 1 << 60, snapshot.schedule.lastTick <= last,
      law.restore(snapshot.lawMemory)
    else { return false }
    schedule.restore(snapshot.schedule)
    lastTick = snapshot.lastTick
    self.last = SafeTorque(
      asked: snapshot.asked, allowed: snapshot.allowed,
      events: SafetyEvents(rawValue: snapshot.events))
    interventions = snapshot.interventions
    isFenceClosed = snapshot.isFenceClosed
    told = InterventionLog()
    return true
  }

  /// Starts law and hold at the first state; returns the torque sent the tick before [N·m].
  private mutating func begin(_ state: ArmState) -> JointVector {
    if let lastTick {
      precondition(state.tick > lastTick, "tick \(state.tick) after tick \(lastTick)")
      return state.tick == lastTick + 1 ? last.allowed : state.torque
    }
    law.start(at: state)
    schedule.hold(at: state.baseFromTool)
    return state.torque
  }
}
