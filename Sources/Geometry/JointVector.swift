/// One number per joint of a seven-joint arm.
///
/// The unit is the field's.
public struct JointVector: Sendable, BitwiseCopyable, Equatable {
  /// Number of joints.
  public static let count = 7
  /// The seven values, joint 1 first.
  public var values: InlineArray<7, Double>

  /// The same value for each joint.
  @inlinable public init(repeating value: Double = 0) { values = InlineArray(repeating: value) }

  /// Joint i of the body, i in 0…6.
  @inlinable public init(_ body: (Int) -> Double) { values = InlineArray(body) }

  /// Seven values, or nil when the list has another length.
  @inlinable public init?(_ list: [Double]) {
    guard list.count == Self.count else { return nil }
    values = InlineArray { list[$0] }
  }

  /// Joint i, 0…6.
  @inlinable public subscript(i: Int) -> Double {
    get { values[i] }
    set { values[i] = newValue }
  }

  /// The values as a list.
  @inlinable public var array: [Double] { (0..<Self.count).map { values[$0] } }

  /// True when all values are equal; a NaN equals nothing.
  @inlinable public static func == (a: Self, b: Self) -> Bool {
    (0..<count).allSatisfy { a.values[$0] == b.values[$0] }
  }
}

/// The 6×7 tool Jacobian J, row-major: rows 0…2 linear [m/rad], rows 3…5 angular [rad/rad].
///
/// v = J·q̇ is the tool's twist expressed in the base frame.
public struct Jacobian: Sendable, BitwiseCopyable, Equatable {
  /// The 42 entries, row by row.
  public var values: InlineArray<42, Double>

  /// The zero Jacobian.
  @inlinable public init() { values = InlineArray(repeating: 0) }

  /// Entry (row, joint).
  @inlinable public subscript(row: Int, joint: Int) -> Double {
    get { values.span[row * 7 + joint] }
    set { values[row * 7 + joint] = newValue }
  }

  /// J·q̇.
  @inlinable public func twist(of velocity: JointVector) -> Twist<Base> {
    // Through a span: indexing the array itself would copy all 42 entries each time.
    let entries = values.span
    var out = InlineArray<6, Double>(repeating: 0)
    for row in 0..<6 {
      var sum = 0.0
      for joint in 0..<7 { sum += entries[row * 7 + joint] * velocity[joint] }
      out[row] = sum
    }
    return Twist(
      linear: Vector3(out[0], out[1], out[2]), angular: Vector3(out[3], out[4], out[5]))
  }

  /// τ = Jᵀ·w [N·m], for a wrench expressed in the base frame.
  @inlinable public func torque(of wrench: Wrench<Base>) -> JointVector {
    let entries = values.span
    let w: InlineArray<6, Double> = [
      wrench.force.x, wrench.force.y, wrench.force.z,
      wrench.torque.x, wrench.torque.y, wrench.torque.z,
    ]
    var result = JointVector()
    for joint in 0..<7 {
      var sum = 0.0
      for row in 0..<6 { sum += entries[row * 7 + joint] * w[row] }
      result[joint] = sum
    }
    return result
  }

  /// True when no entry is infinite or NaN.
  @inlinable public var isFinite: Bool {
    let entries = values.span
    for i in 0..<42 where !entries[i].isFinite { return false }
    return true
  }

  /// True when all values are equal; a NaN equals nothing.
  @inlinable public static func == (a: Self, b: Self) -> Bool {
    (0..<42).allSatisfy { a.values[$0] == b.values[$0] }
  }
}
