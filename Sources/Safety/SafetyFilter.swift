public import Geometry
public import Messages

/// The last thing a torque passes on its way to the arm, and the first that a setpoint meets: pure
/// functions of what is asked and the arm's state.
///
/// Of a torque in order: finite numbers, torque, joint positions, joint speeds, tool speeds, fence,
/// joint speeds to come, torque, torque rate. Each later stage overrides the earlier ones. Of a setpoint:
/// see `admit(_:inForce:at:)`.
public struct SafetyFilter: Sendable, BitwiseCopyable, Equatable {
  /// Every limit.
  public let limits: SafetyLimits
  /// Where the tool may be; nil for anywhere.
  public let fence: Fence?
  /// Joint damping of the damped stop [N·m·s/rad].
  public let stopDamping: Double
  /// Time between two torques [s].
  public let period: Double
  /// Share of the torque limit with which a joint is pushed back when it stands at its limit.
  public static let positionPush = 0.25
  /// How far before a position limit a joint must be able to stop [rad].
  public static let positionGuard = 0.02
  /// Deceleration with which a joint must still be able to stop before its limit [rad/s²].
  public static let deceleration = 5.0
  /// How far below a joint's speed limit a torque may carry it [rad/s], as Franka's own limiter keeps.
  public static let speedTolerance = 0.001
  /// Share of a speed limit at which braking starts.
  public static let velocityOnset = 0.9
  /// Damping of a joint above that, in torque limits per speed limit.
  public static let jointBrake = 2.0
  /// Share of a speed limit of the tool at which power starts to fade.
  public static let toolOnset = 0.75
  /// Damping of the tool above its speed limit [N·s/m].
  public static let toolDamping = 200.0
  /// Damping of the tool above its angular speed limit [N·m·s/rad].
  public static let toolTurnDamping = 5.0
  /// Stiffness with which a tool outside its fence is pushed back [N/m].
  public static let fenceStiffness = 200.0

  /// A filter for one arm and task.
  ///
  /// Throws `outOfRange` for a setting that no arm can keep.
  public init(
    limits: SafetyLimits, fence: Fence? = nil, stopDamping: Double, period: Double
  ) throws(SafetyFault) {
    try limits.validate()
    try SafetyFault.check(.stopDamping, stopDamping, within: 1e-3...100)
    try SafetyFault.check(.period, period, within: 1e-5...0.1)
    self.limits = limits
    self.fence = fence
    self.stopDamping = stopDamping
    self.period = period
  }

  /// The nearest torque that may be sent.
  ///
  /// `last` is the torque sent the tick before [N·m]. A fence that is not closed yet, because the tool
  /// has not been inside, does not push.
  public func admit(
    _ asked: JointVector, for state: ArmState, last: JointVector, isFenceClosed: Bool = true
  ) -> SafeTorque {
    var events = SafetyEvents()
    var torque = asked
    if asked.isFinite, state.position.isFinite, state.velocity.isFinite, state.jacobian.isFinite {
      // First too: of a torque beyond its limit the fades would leave too much.
      limitTorque(&torque, &events)
      pushOffPositionLimits(&torque, state, &events)
      brakeJoints(&torque, state, &events)
      brakeTool(&torque, state, &events)
      if isFenceClosed { pushIntoFence(&torque, state, &events) }
      limitComingSpeeds(&torque, state, &events)
    } else {
      torque = dampedStop(velocity: state.velocity)
      events.insert(.notFinite)
    }
    limitTorque(&torque, &events)
    limitRate(&torque, from: last, &events)
    if contact(in: state) >= .report { events.insert(.contact) }
    return SafeTorque(asked: asked, allowed: torque, events: events)
  }

  /// τ = -d·q̇ [N·m]: takes energy out until the arm stands.
  ///
  /// A velocity that is not a number gives zero for its joint, the only torque that cannot drive a
  /// joint whose motion is unknown.
  public func dampedStop(velocity: JointVector) -> JointVector {
    JointVector { i in velocity[i].isFinite ? -stopDamping * velocity[i] : 0 }
  }

  /// How hard the tool touches something.
  enum Contact: Comparable { case none, report, soft, hard }

  /// The level that force or moment has reached.
  func contact(in state: ArmState) -> Contact {
    let force = state.toolWrench.force.length
    let moment = state.toolWrench.torque.length
    return force >= limits.contactForce.hard || moment >= limits.contactMoment.hard
      ? .hard
      : force >= limits.contactForce.soft || moment >= limits.contactMoment.soft
        ? .soft
        : force >= limits.contactForce.report || moment >= limits.contactMoment.report
          ? .report : .none
  }
}
