public import Geometry
public import Messages

/// What a safety filter changed about a torque, or saw.
public struct SafetyEvents: OptionSet, Sendable, BitwiseCopyable {
  /// One bit per event.
  public let rawValue: UInt16
  /// The events of a set of bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The asked torque or the state was not a finite number; a damped stop took its place.
  public static let notFinite = Self(rawValue: 1 << 0)
  /// A joint was inside the margin of its position limit and was pushed back.
  public static let jointPosition = Self(rawValue: 1 << 1)
  /// A joint was braked near its speed limit, which falls toward a position limit, or kept from a
  /// torque that would carry it past.
  public static let jointVelocity = Self(rawValue: 1 << 2)
  /// The tool was above its speed limit and was braked.
  public static let toolSpeed = Self(rawValue: 1 << 3)
  /// A torque was cut to its limit.
  public static let torque = Self(rawValue: 1 << 4)
  /// A change of torque was cut to its limit.
  public static let torqueRate = Self(rawValue: 1 << 5)
  /// The tool touched something; the torque is as asked, unless for another reason.
  public static let contact = Self(rawValue: 1 << 6)
  /// The tool was outside its fence and was pushed back.
  public static let fence = Self(rawValue: 1 << 7)
  /// The tool turned above its speed limit and was braked.
  public static let toolTurnSpeed = Self(rawValue: 1 << 8)

  /// A name of each event, bit by bit from the lowest.
  public static let names = [
    "notFinite", "jointPosition", "jointVelocity", "toolSpeed", "torque", "torqueRate", "contact",
    "fence", "toolTurnSpeed",
  ]
}

/// A torque that may be sent, beside the one that was asked for.
public struct SafeTorque: Sendable, BitwiseCopyable, Equatable {
  /// What the control law asked for [N·m].
  public var asked: JointVector
  /// What may be sent [N·m]: finite, within torque and torque rate.
  public var allowed: JointVector
  /// Why the two differ; empty when they are equal, but for `contact`.
  public var events: SafetyEvents

  /// A verdict of its parts.
  public init(asked: JointVector, allowed: JointVector, events: SafetyEvents) {
    self.asked = asked
    self.allowed = allowed
    self.events = events
  }
}

/// What a safety filter changed about a setpoint.
public struct SetpointEvents: OptionSet, Sendable, BitwiseCopyable {
  /// One bit per event.
  public let rawValue: UInt16
  /// The events of a set of bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A gain was cut to its limit.
  public static let gains = Self(rawValue: 1 << 0)
  /// A clip was cut, so that stiffness times clip is at most the hard contact level.
  public static let clips = Self(rawValue: 1 << 1)
  /// In contact above the soft level, the pose would have led further in the direction of pushing.
  public static let contact = Self(rawValue: 1 << 2)
  /// The pose was too far from the tool or from the one in force.
  public static let jump = Self(rawValue: 1 << 3)
  /// The pose was outside the fence.
  public static let fence = Self(rawValue: 1 << 4)

  /// A name of each event, bit by bit from the lowest.
  public static let names = ["gains", "clips", "contact", "jump", "fence"]
}

/// A setpoint that may govern, beside the one that was asked for.
public struct SafeSetpoint: Sendable, BitwiseCopyable, Equatable {
  /// What was asked for.
  public var asked: Setpoint
  /// What may govern.
  public var allowed: Setpoint
  /// Why the two differ; empty when they are equal.
  public var events: SetpointEvents

  /// A verdict of its parts.
  public init(asked: Setpoint, allowed: Setpoint, events: SetpointEvents) {
    self.asked = asked
    self.allowed = allowed
    self.events = events
  }
}
