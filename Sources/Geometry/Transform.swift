/// A rigid transform: the pose of `From` seen in `To`, p ↦ R·p + t.
public struct Transform<To: Frame, From: Frame>: Sendable, BitwiseCopyable, Equatable {
  /// Orientation of `From` in `To`.
  public var rotation: Rotation<To, From>
  /// Origin of `From` in `To` [m].
  public var translation: Vector3

  /// A transform of a rotation and a translation [m].
  @inlinable public init(rotation: Rotation<To, From>, translation: Vector3) {
    self.rotation = rotation
    self.translation = translation
  }

  /// The transform that changes nothing.
  @inlinable public static var identity: Self { Self(rotation: .identity, translation: .zero) }

  /// The transform back: `From` seen from `To`.
  @inlinable public var inverse: Transform<From, To> {
    let back = rotation.inverse
    return Transform<From, To>(rotation: back, translation: -back(translation))
  }

  /// A point [m] given in `From`, expressed in `To`.
  @inlinable public func callAsFunction(_ point: Vector3) -> Vector3 {
    rotation(point) + translation
  }

  /// Composition: `To` from `Inner` through `From`.
  @inlinable public static func * <Inner: Frame>(
    a: Self, b: Transform<From, Inner>
  ) -> Transform<To, Inner> {
    Transform<To, Inner>(rotation: a.rotation * b.rotation, translation: a(b.translation))
  }
}

/// Linear [m/s] and angular [rad/s] velocity of the tool, expressed in a frame.
public struct Twist<Expressed: Frame>: Sendable, BitwiseCopyable, Equatable {
  /// Linear velocity [m/s].
  public var linear: Vector3
  /// Angular velocity [rad/s].
  public var angular: Vector3

  /// A twist of its two parts.
  @inlinable public init(linear: Vector3 = .zero, angular: Vector3 = .zero) {
    self.linear = linear
    self.angular = angular
  }
}

/// Force [N] and torque [N·m] that the world exerts on the tool, at the tool, expressed in a frame.
public struct Wrench<Expressed: Frame>: Sendable, BitwiseCopyable, Equatable {
  /// Force [N].
  public var force: Vector3
  /// Torque [N·m].
  public var torque: Vector3

  /// A wrench of its two parts.
  @inlinable public init(force: Vector3 = .zero, torque: Vector3 = .zero) {
    self.force = force
    self.torque = torque
  }
}

extension Rotation {
  /// The twist, expressed in `To`.
  @inlinable public func callAsFunction(_ twist: Twist<From>) -> Twist<To> {
    Twist<To>(linear: self(twist.linear), angular: self(twist.angular))
  }
  /// The wrench, expressed in `To`.
  @inlinable public func callAsFunction(_ wrench: Wrench<From>) -> Wrench<To> {
    Wrench<To>(force: self(wrench.force), torque: self(wrench.torque))
  }
}
