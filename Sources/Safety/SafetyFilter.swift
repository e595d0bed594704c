public import Geometry
public import Messages

/// What a safety filter changed about a torque.
public struct SafetyEvents: OptionSet, Sendable, BitwiseCopyable {
  /// One bit per event.
  public let rawValue: UInt16
  /// The events of a set of bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The asked torque or the state was not a finite number; a damped stop took its place.
  public static let notFinite = Self(rawValue: 1 << 0)
  /// A joint was inside the margin of its position limit and was pushed back.
  public static let jointPosition = Self(rawValue: 1 << 1)
  /// A joint was braked near its speed limit, which falls toward a position limit.
  public static let jointVelocity = Self(rawValue: 1 << 2)
  /// The tool was above its speed limit and was braked.
  public static let toolSpeed = Self(rawValue: 1 << 3)
  /// A torque was cut to its limit.
  public static let torque = Self(rawValue: 1 << 4)
  /// A change of torque was cut to its limit.
  public static let torqueRate = Self(rawValue: 1 << 5)
}

/// A torque that may be sent, beside the one that was asked for.
public struct SafeTorque: Sendable, BitwiseCopyable, Equatable {
  /// What the control law asked for [N·m].
  public var asked: JointVector
  /// What may be sent [N·m]: finite, within torque and torque rate.
  public var allowed: JointVector
  /// Why the two differ; empty when they are equal.
  public var events: SafetyEvents

  /// A verdict of its parts.
  public init(asked: JointVector, allowed: JointVector, events: SafetyEvents) {
    self.asked = asked
    self.allowed = allowed
    self.events = events
  }
}

/// The last thing a torque passes on its way to the arm: a pure function of the torque, the state
/// and the torque sent before.
///
/// In order: finite numbers, joint positions, joint speeds, tool speed, torque, torque rate. Each
/// later stage overrides the earlier ones.
public struct SafetyFilter: Sendable, BitwiseCopyable, Equatable {
  /// Limits of the joints.
  public let limits: JointLimits
  /// Largest tool speed [m/s].
  public let toolSpeed: Double
  /// Joint damping of the damped stop [N·m·s/rad].
  public let stopDamping: Double
  /// Time between two torques [s].
  public let period: Double
  /// Width of the zone before a position limit in which a joint is pushed back [rad].
  public static let positionMargin = 0.1
  /// Share of the torque limit with which a joint is pushed back when it stands at its limit.
  public static let positionPush = 0.25
  /// Deceleration with which a joint must still be able to stop before its limit [rad/s²].
  public static let deceleration = 5.0
  /// Share of a speed limit at which braking starts.
  public static let velocityOnset = 0.9
  /// Damping of the tool above its speed limit [N·s/m].
  public static let toolDamping = 200.0

  /// A filter for one arm.
  ///
  /// Throws `outOfRange` for a setting that is not positive and finite.
  public init(
    limits: JointLimits, toolSpeed: Double, stopDamping: Double, period: Double
  ) throws(SafetyFault) {
    try SafetyFault.check(.toolSpeed, toolSpeed, within: 1e-3...10)
    try SafetyFault.check(.stopDamping, stopDamping, within: 1e-3...100)
    try SafetyFault.check(.period, period, within: 1e-5...0.1)
    self.limits = limits
    self.toolSpeed = toolSpeed
    self.stopDamping = stopDamping
    self.period = period
  }

  /// The nearest torque that may be sent.
  ///
  /// `last` is the torque sent the tick before [N·m].
  public func admit(_ asked: JointVector, for state: ArmState, last: JointVector) -> SafeTorque {
    var events = SafetyEvents()
    var torque = asked
    if asked.isFinite, state.position.isFinite, state.velocity.isFinite, state.jacobian.isFinite {
      pushOffPositionLimits(&torque, state, &events)
      brakeJoints(&torque, state, &events)
      brakeTool(&torque, state, &events)
    } else {
      torque = dampedStop(velocity: state.velocity)
      events.insert(.notFinite)
    }
    limitTorque(&torque, &events)
    limitRate(&torque, from: last, &events)
    return SafeTorque(asked: asked, allowed: torque, events: events)
  }

  /// τ = -d·q̇ [N·m]: takes energy out until the arm stands.
  ///
  /// A velocity that is not a number gives zero for its joint, the only torque that cannot drive a
  /// joint whose motion is unknown.
  public func dampedStop(velocity: JointVector) -> JointVector {
    JointVector { i in velocity[i].isFinite ? -stopDamping * velocity[i] : 0 }
  }
}
