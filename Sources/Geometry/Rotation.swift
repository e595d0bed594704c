/// Three numbers along the axes of a frame.
public typealias Vector3 = SIMD3<Double>

extension SIMD3<Double> {
  /// Scalar product.
  @inlinable public func dot(_ other: Self) -> Double { (self * other).sum() }
  /// Right-handed vector product.
  @inlinable public func cross(_ other: Self) -> Self {
    Self(
      y * other.z - z * other.y,
      z * other.x - x * other.z,
      x * other.y - y * other.x)
  }
  /// Euclidean length, in the unit of the components.
  @inlinable public var length: Double { dot(self).squareRoot() }
  /// Each component limited to its own interval.
  @inlinable public func clamped(_ lower: Self, _ upper: Self) -> Self {
    clamped(lowerBound: lower, upperBound: upper)
  }
}

/// A rotation that takes coordinates in `From` to coordinates in `To`, held as a unit quaternion.
public struct Rotation<To: Frame, From: Frame>: Sendable, BitwiseCopyable, Equatable {
  /// Scalar part of the unit quaternion.
  public var w: Double
  /// Vector part of the unit quaternion.
  public var vector: Vector3

  /// The rotation of the quaternion (w, x, y, z), scaled to unit length.
  ///
  /// Four zeros, an infinity or a NaN give NaN.
  @inlinable public init(w: Double, x: Double, y: Double, z: Double) {
    let square = w * w + x * x + y * y + z * z
    // Squares near the ends of the number range lose digits or overflow: scale first.
    let isOrdinary = square > 1e-200 && square < 1e200
    let scale = isOrdinary ? 1 : Self.largest(w, x, y, z)
    let (w, v) = (w / scale, Vector3(x, y, z) / scale)
    let norm = isOrdinary ? square.squareRoot() : (w * w + v.dot(v)).squareRoot()
    self.w = w / norm
    vector = v / norm
  }

  @usableFromInline static func largest(
    _ w: Double, _ x: Double, _ y: Double, _ z: Double
  ) -> Double {
    // In pairs: the variadic max makes an array.
    max(max(abs(w), abs(x)), max(abs(y), abs(z)))
  }

  /// The rotation that changes nothing.
  @inlinable public static var identity: Self { Self(w: 1, x: 0, y: 0, z: 0) }

  /// The exponential map: a turn by |v| [rad] about v.
  ///
  /// Inverse of `rotationVector`.
  @inlinable public init(rotationVector v: Vector3) {
    let angle = v.length
    // sin(θ/2)/θ by its series near zero, where the quotient loses its digits.
    let scale = angle < 1e-6 ? 0.5 - angle * angle / 48 : sine(angle / 2) / angle
    self.init(w: cosine(angle / 2), x: scale * v.x, y: scale * v.y, z: scale * v.z)
  }

  /// The rotation of extrinsic roll, pitch and yaw [rad]: R = Rz(yaw) · Ry(pitch) · Rx(roll).
  @inlinable public init(roll: Double, pitch: Double, yaw: Double) {
    let x = Self(rotationVector: Vector3(roll, 0, 0))
    let y = Rotation<To, To>(rotationVector: Vector3(0, pitch, 0))
    let z = Rotation<To, To>(rotationVector: Vector3(0, 0, yaw))
    self = z * (y * x)
  }

  /// The logarithm: axis times angle [rad], with the angle in 0…π.
  @inlinable public var rotationVector: Vector3 {
    let sign: Double = w < 0 ? -1 : 1
    let length = vector.length
    guard length > 1e-9 else { return 2 * sign * vector }
    return vector * (sign * 2 * arcTangent(length, abs(w)) / length)
  }

  /// The rotation back: `From` from `To`.
  @inlinable public var inverse: Rotation<From, To> {
    Rotation<From, To>(w: w, x: -vector.x, y: -vector.y, z: -vector.z)
  }

  /// v expressed in `To`, for v expressed in `From`.
  @inlinable public func callAsFunction(_ v: Vector3) -> Vector3 {
    let t = 2 * vector.cross(v)
    return v + w * t + vector.cross(t)
  }

  /// Composition: `To` from `Inner` through `From`.
  @inlinable public static func * <Inner: Frame>(
    a: Self, b: Rotation<From, Inner>
  ) -> Rotation<To, Inner> {
    let v = a.w * b.vector + b.w * a.vector + a.vector.cross(b.vector)
    return Rotation<To, Inner>(w: a.w * b.w - a.vector.dot(b.vector), x: v.x, y: v.y, z: v.z)
  }

  /// The same rotation read between other frames.
  ///
  /// The caller vouches for it.
  @inlinable public func reinterpreted<A: Frame, B: Frame>() -> Rotation<A, B> {
    Rotation<A, B>(w: w, x: vector.x, y: vector.y, z: vector.z)
  }
}
