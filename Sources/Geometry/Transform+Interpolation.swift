extension Rotation {
  /// The rotation at a fraction of the shortest way to another, along one fixed axis:
  /// R(f) = exp(f · log(R₁·R₀⁻¹)) · R₀.
  @inlinable public func interpolated(toward other: Self, fraction: Double) -> Self {
    let turn = other * inverse
    return Rotation<To, To>(rotationVector: fraction * turn.rotationVector) * self
  }
}

extension Transform {
  /// The pose at a fraction of the way to another: the origin on a straight line, the orientation
  /// along the shortest turn.
  ///
  /// Fraction 0 is `self`, 1 is `other` up to rounding.
  @inlinable public func interpolated(toward other: Self, fraction: Double) -> Self {
    Self(
      rotation: rotation.interpolated(toward: other.rotation, fraction: fraction),
      translation: translation + fraction * (other.translation - translation))
  }
}

extension Wrench {
  /// Power w·v [W] that this wrench gives to a body moving with a twist in the same frame.
  @inlinable public func power(along twist: Twist<Expressed>) -> Double {
    force.dot(twist.linear) + torque.dot(twist.angular)
  }
}
