import Geometry
import Safety

/// The published limits of the Panda, the arm of these tests.
enum Panda {
  static let lower: [Double] = [-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973]
  static let upper: [Double] = [2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973]
  static let velocity: [Double] = [2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61]
  static let torque: [Double] = [87, 87, 87, 87, 12, 12, 12]

  static func limits(
    lower: [Double] = lower, upper: [Double] = upper, velocity: [Double] = velocity,
    torque: [Double] = torque, rate: Double = 1000
  ) throws -> JointLimits {
    try JointLimits(
      lower: joints(lower), upper: joints(upper), velocity: joints(velocity),
      torque: joints(torque), torqueRate: JointVector(repeating: rate))
  }

  /// `rate` [N·m/s] is wide open by default, so that one step may be as large as the torque limit.
  static func filter(rate: Double = 1e6) throws -> SafetyFilter {
    try SafetyFilter(
      limits: SafetyLimits(joints: limits(rate: rate), toolSpeed: 0.5), stopDamping: 10,
      period: 0.001)
  }

  /// Every limit that the Panda's file gives, within a fence of 0.1 m about a target.
  static func guarded(
    about baseFromTarget: Transform<Base, Target> = .identity,
    rotation: Vector3 = Vector3(0.2, 0.2, 0.4),
    changing change: (inout SafetyLimits) -> Void = { _ in }
  ) throws -> SafetyFilter {
    var limits = SafetyLimits(
      joints: try limits(), toolSpeed: 0.5,
      leastInertia: joints([0.17, 0.57, 0.13, 0.22, 0.11, 0.12, 0.10]))
    limits.toolTurnSpeed = 2.5
    limits.contactForce = ContactLevels(report: 25, soft: 40, hard: 80)
    limits.contactMoment = ContactLevels(report: 5, soft: 10, hard: 20)
    limits.setpointJump = 0.05
    limits.setpointTurn = 0.4
    limits.gains = GainLimits(
      translationalStiffness: 3000, translationalDamping: 400, rotationalStiffness: 300,
      rotationalDamping: 30, nullspaceStiffness: 100)
    change(&limits)
    let reach = Vector3(0.1, 0.1, 0.1)
    let fence = try Fence(
      baseFromTarget: baseFromTarget, lower: -reach, upper: reach, rotation: rotation)
    return try SafetyFilter(limits: limits, fence: fence, stopDamping: 10, period: 0.001)
  }

  /// The same with a fence that hardly bounds the orientation.
  static func turning(about baseFromTarget: Transform<Base, Target>) throws -> SafetyFilter {
    try guarded(about: baseFromTarget, rotation: Vector3(1.8, 1.8, 1.8))
  }

  /// Middle of the range of each joint [rad].
  static var middle: JointVector { JointVector { (lower[$0] + upper[$0]) / 2 } }

  private static func joints(_ list: [Double]) -> JointVector { JointVector { list[$0] } }
}
