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
    try SafetyFilter(limits: limits(rate: rate), toolSpeed: 0.5, stopDamping: 10, period: 0.001)
  }

  /// Middle of the range of each joint [rad].
  static var middle: JointVector { JointVector { (lower[$0] + upper[$0]) / 2 } }

  private static func joints(_ list: [Double]) -> JointVector { JointVector { list[$0] } }
}
