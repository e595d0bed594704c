public import Geometry

/// What a joint may do, as the robot file gives it.
public struct JointLimits: Sendable, BitwiseCopyable, Equatable {
  /// Lowest positions [rad].
  public let lower: JointVector
  /// Highest positions [rad].
  public let upper: JointVector
  /// Largest speeds [rad/s].
  public let velocity: JointVector
  /// Largest torques, without gravity [N·m].
  public let torque: JointVector
  /// Largest changes of torque [N·m/s].
  public let torqueRate: JointVector

  /// Limits of their parts.
  ///
  /// Throws `invalidLimit` unless all are finite, lower is below upper and the others are positive.
  public init(
    lower: JointVector, upper: JointVector, velocity: JointVector, torque: JointVector,
    torqueRate: JointVector
  ) throws(SafetyFault) {
    for i in 0..<JointVector.count {
      guard lower[i].isFinite, upper[i].isFinite, lower[i] < upper[i] else {
        throw .invalidLimit(.position, joint: i, value: lower[i])
      }
      try Self.check(.velocity, velocity, i)
      try Self.check(.torque, torque, i)
      try Self.check(.torqueRate, torqueRate, i)
    }
    self.lower = lower
    self.upper = upper
    self.velocity = velocity
    self.torque = torque
    self.torqueRate = torqueRate
  }

  /// The limits that keep both: the narrower of each.
  ///
  /// Throws `invalidLimit` where the two ranges of a joint do not overlap.
  public static func tightest(_ a: Self, _ b: Self) throws(SafetyFault) -> Self {
    try Self(
      lower: JointVector { max(a.lower[$0], b.lower[$0]) },
      upper: JointVector { min(a.upper[$0], b.upper[$0]) },
      velocity: JointVector { min(a.velocity[$0], b.velocity[$0]) },
      torque: JointVector { min(a.torque[$0], b.torque[$0]) },
      torqueRate: JointVector { min(a.torqueRate[$0], b.torqueRate[$0]) })
  }

  private static func check(
    _ quantity: SafetyFault.Quantity, _ limit: JointVector, _ joint: Int
  ) throws(SafetyFault) {
    guard limit[joint].isFinite, limit[joint] > 0 else {
      throw .invalidLimit(quantity, joint: joint, value: limit[joint])
    }
  }
}

/// Settings that no arm may run with.
public enum SafetyFault: Error, Equatable {
  /// A joint's limit is not finite, not positive, or lower is not below upper. Joint 0…6.
  case invalidLimit(Quantity, joint: Int, value: Double)
  /// A setting outside the interval it must lie in.
  case outOfRange(Setting, value: Double, lowest: Double, highest: Double)
  /// The mass matrix is not positive definite.
  case singularMass

  /// What is limited per joint.
  public enum Quantity: Sendable {
    case position, velocity, torque, torqueRate
  }

  /// What is set once per arm.
  public enum Setting: Sendable {
    case toolSpeed, stopDamping, period, commandTimeout, stopTimeout, fence, delay
    case positionMargin, toolTurnSpeed, contact, setpointJump, gain, leastInertia
    case holdStiffness, standingSpeed, standingTime, longestDamping, saturatedTicks
  }

  static func check(
    _ setting: Setting, _ value: Double, within range: ClosedRange<Double>
  ) throws(SafetyFault) {
    guard range.contains(value) else {
      throw .outOfRange(
        setting, value: value, lowest: range.lowerBound, highest: range.upperBound)
    }
  }
}
