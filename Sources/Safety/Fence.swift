public import Geometry

/// The box of poses that may be commanded, given relative to a task's target pose.
///
/// The translation box lies along the axes of the target frame. The rotation box bounds the
/// rotation vector, in target axes, of the turn from the nominal tool orientation.
public struct Fence: Sendable, BitwiseCopyable, Equatable {
  /// The target frame, as the task file gives it.
  public let baseFromTarget: Transform<Base, Target>
  /// The tool's orientation at the target.
  public let targetFromTool: Rotation<Target, Tool>
  /// Least offsets from the target [m].
  public private(set) var lower: Vector3
  /// Greatest offsets from the target [m].
  public private(set) var upper: Vector3
  /// Greatest rotation about each axis, both signs [rad].
  public private(set) var rotation: Vector3
  /// A pose outside by less than this [m, rad] counts as inside, so that `nearest` is idempotent.
  static let rounding = 1e-12

  /// A fence of its parts.
  ///
  /// Throws `outOfRange` unless lower is at most upper on each axis and the rotation bounds are not
  /// negative and, taken together, shorter than π.
  public init(
    baseFromTarget: Transform<Base, Target>, targetFromTool: Rotation<Target, Tool> = .identity,
    lower: Vector3, upper: Vector3, rotation: Vector3
  ) throws(SafetyFault) {
    for axis in 0..<3 {
      try SafetyFault.check(.fence, lower[axis], within: -10...10)
      try SafetyFault.check(.fence, upper[axis], within: lower[axis]...10)
      try SafetyFault.check(.fence, rotation[axis], within: 0...Double.pi)
    }
    try SafetyFault.check(.fence, rotation.length, within: 0...(Double.pi - 1e-6))
    self.baseFromTarget = baseFromTarget
    self.targetFromTool = targetFromTool
    self.lower = lower
    self.upper = upper
    self.rotation = rotation
  }

  /// The pose inside that is nearest: offset and rotation vector cut axis by axis.
  ///
  /// A pose inside comes back unchanged, bit by bit. A pose that is not finite becomes the
  /// target's.
  public func nearest(to baseFromTool: Transform<Base, Tool>) -> Transform<Base, Tool> {
    let pose = baseFromTarget.inverse * baseFromTool
    let turn: Rotation<Target, Target> = pose.rotation * targetFromTool.inverse
    let asked = turn.rotationVector
    let offset = pose.translation
    guard offset.dot(.one).isFinite, asked.dot(.one).isFinite else {
      return baseFromTarget * Transform(rotation: targetFromTool, translation: .zero)
    }
    let inside = offset.clamped(lower, upper)
    let allowed = asked.clamped(-rotation, rotation)
    var result = baseFromTool
    if Self.differ(inside, offset) { result.translation = baseFromTarget(inside) }
    if Self.differ(allowed, asked) {
      let nearest = Rotation<Target, Target>(rotationVector: allowed) * targetFromTool
      result.rotation = baseFromTarget.rotation * nearest
    }
    return result
  }

  /// True when `nearest` would leave the pose as it is.
  public func contains(_ baseFromTool: Transform<Base, Tool>) -> Bool {
    nearest(to: baseFromTool) == baseFromTool
  }

  /// From the nearest point inside to a tool position, in base axes [m]; zero inside.
  public func outward(of tool: Vector3) -> Vector3 {
    let offset = baseFromTarget.inverse(tool)
    return baseFromTarget.rotation(offset - offset.clamped(lower, upper))
  }

  /// What a tool orientation is turned beyond the rotation box, in target axes [rad]; zero inside.
  public func excessTurn(of baseFromTool: Rotation<Base, Tool>) -> Vector3 {
    let turn = turn(of: baseFromTool)
    return turn - turn.clamped(-rotation, rotation)
  }

  /// The smallest fence about the same target that holds this one and a pose.
  func grown(to baseFromTool: Transform<Base, Tool>) -> Fence {
    let offset = baseFromTarget.inverse(baseFromTool.translation)
    let turn = turn(of: baseFromTool.rotation)
    var grown = self
    grown.lower = pointwiseMin(lower, offset)
    grown.upper = pointwiseMax(upper, offset)
    grown.rotation = pointwiseMax(rotation, pointwiseMax(turn, -turn))
    return grown
  }

  private func turn(of baseFromTool: Rotation<Base, Tool>) -> Vector3 {
    let targetFromTool: Rotation<Target, Tool> = baseFromTarget.rotation.inverse * baseFromTool
    let turn: Rotation<Target, Target> = targetFromTool * self.targetFromTool.inverse
    return turn.rotationVector
  }

  private static func differ(_ a: Vector3, _ b: Vector3) -> Bool {
    let gap = a - b
    return max(abs(gap.x), abs(gap.y), abs(gap.z)) > rounding
  }
}
