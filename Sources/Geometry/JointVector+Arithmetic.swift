extension JointVector {
  /// Sum, joint by joint.
  @inlinable public static func + (a: Self, b: Self) -> Self {
    Self { a.values[$0] + b.values[$0] }
  }

  /// Difference, joint by joint.
  @inlinable public static func - (a: Self, b: Self) -> Self {
    Self { a.values[$0] - b.values[$0] }
  }

  /// Each joint times one factor.
  @inlinable public static func * (factor: Double, a: Self) -> Self {
    Self { factor * a.values[$0] }
  }

  /// Scalar product: the power τ·q̇ [W] of a torque [N·m] and a velocity [rad/s].
  @inlinable public func dot(_ other: Self) -> Double {
    var sum = 0.0
    for i in 0..<Self.count { sum += values[i] * other.values[i] }
    return sum
  }

  /// True when no value is infinite or NaN.
  @inlinable public var isFinite: Bool {
    for i in 0..<Self.count where !values[i].isFinite { return false }
    return true
  }

  /// Each value limited to -limit…limit of its own joint; a NaN stays NaN.
  @inlinable public func limited(to limit: Self) -> Self {
    Self { i in
      let x = values[i]
      return x > limit.values[i] ? limit.values[i] : x < -limit.values[i] ? -limit.values[i] : x
    }
  }
}
