import CKernels
public import ControlSlots
public import Geometry
public import Messages

/// Cartesian impedance without inertia shaping.
///
///     τ = Jᵀ(K·clip(e) - D·J·q̇) + N(kₙ(q₀ - q) - 2√kₙ·q̇) + coriolis
///
/// e is the error of position and of the full rotation vector, both in base axes, clipped per axis
/// and sign before the stiffness, so K·clip bounds the static force at the tool. q₀ is the posture
/// at the start.
///
/// N = I - Jᵀ(Jᵀ)⁺ uses the damped pseudo-inverse s/(s² + λ²). It stays smooth through singular
/// postures at a price: of a posture torque along a task direction of singular value s, the share
/// λ²/(s² + λ²) leaks into the task. SERL's λ = 0.2 leaks half of it at a Panda's weakest direction,
/// which at a posture stiffness of 10 N·m/rad puts the tool 5 mm off; λ = 0.01 leaks a quarter of
/// one percent.
///
/// Luo et al. 2024, "SERL", section on the impedance controller. There the orientation error is
/// half as large, so a rotational stiffness from SERL must be halved here.
public struct CartesianImpedance: Controller, Sendable {
  /// Pose, gains and clips, as messages carry them.
  public typealias Setpoint = Messages.Setpoint

  /// The posture q₀ that the nullspace prefers [rad]; nil before `start`.
  public private(set) var posture: JointVector?

  /// A law that has not started.
  public init() {}

  /// Takes the posture of the state as q₀.
  public mutating func start(at state: ArmState) { posture = state.position }

  /// q₀ [rad], nothing before `start`.
  public var memory: [Double] { posture?.array ?? [] }

  /// Takes a remembered q₀ [rad].
  public mutating func restore(_ memory: [Double]) -> Bool {
    guard memory.isEmpty || memory.count == JointVector.count else { return false }
    posture = JointVector(memory)
    return true
  }

  /// τ [N·m].
  ///
  /// Finite for every finite state and setpoint: magnitudes beyond any arm's are cut first.
  public mutating func torque(for state: ArmState, toward setpoint: Setpoint) -> JointVector {
    let velocity = state.velocity.bounded(by: 1e4)
    let jacobian = state.jacobian.bounded(by: 1e4)
    let wrench = Self.wrench(
      from: state.baseFromTool, twist: jacobian.twist(of: velocity), toward: setpoint)
    let stiffness = min(max(0, setpoint.compliance.nullspaceStiffness), 1e6)
    let preferred = posture ?? state.position
    let pull = stiffness * (preferred - state.position).bounded(by: 1e4)
    let restore = pull - (2 * stiffness.squareRoot()) * velocity
    return jacobian.torque(of: wrench) + Self.nullspace(of: jacobian, restore)
      + state.coriolis.bounded(by: 1e6)
  }

  /// F = K·clip(e) - D·v: the force [N] and torque [N·m] that the law asks for at the tool.
  public static func wrench(
    from pose: Transform<Base, Tool>, twist: Twist<Base>, toward setpoint: Setpoint
  ) -> Wrench<Base> {
    let gains = setpoint.compliance
    let error = setpoint.baseFromTool.translation - pose.translation
    let turn: Rotation<Base, Base> = setpoint.baseFromTool.rotation * pose.rotation.inverse
    let push = bounded(error.clamped(-gains.clipAgainst, gains.clipToward))
    let twistError = bounded(turn.rotationVector.clamped(-gains.clipRotation, gains.clipRotation))
    return Wrench(
      force: bounded(gains.translationalStiffness) * push
        - bounded(gains.translationalDamping) * twist.linear,
      torque: bounded(gains.rotationalStiffness) * twistError
        - bounded(gains.rotationalDamping) * twist.angular)
  }

  /// N·τ.
  ///
  /// Layouts: a `Jacobian` is 42 doubles row by row, a `JointVector` seven.
  private static func nullspace(of jacobian: Jacobian, _ torque: JointVector) -> JointVector {
    var result = torque
    withUnsafeMutableBytes(of: &result) { inOut in
      withUnsafeBytes(of: jacobian) { jacobian in
        guard let j = jacobian.baseAddress, let r = inOut.baseAddress else { return }
        let torque = r.assumingMemoryBound(to: Double.self)
        impedance_project_nullspace(
          j.assumingMemoryBound(to: Double.self), Compliance.projectorDamping, torque, torque)
      }
    }
    return result
  }

  private static func bounded(_ x: Double) -> Double { min(max(x, -1e6), 1e6) }
  private static func bounded(_ v: Vector3) -> Vector3 {
    v.clamped(Vector3(repeating: -1e6), Vector3(repeating: 1e6))
  }
}

extension JointVector {
  fileprivate func bounded(by limit: Double) -> Self { limited(to: Self(repeating: limit)) }
}

extension Jacobian {
  fileprivate func bounded(by limit: Double) -> Self {
    var result = self
    var entries = result.values.mutableSpan
    for i in 0..<42 { entries[i] = min(max(entries[i], -limit), limit) }
    return result
  }
}
