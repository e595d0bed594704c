/// Why an arm must stop, damped, and stay so until a person lets it go on.
public enum StopReason: Sendable, BitwiseCopyable, Equatable {
  /// A joint's position [rad] is past its limit. Joint 0…6.
  case jointPosition(joint: Int, value: Double, limit: Double)
  /// A joint's speed [rad/s] is past its limit. Joint 0…6.
  case jointSpeed(joint: Int, value: Double, limit: Double)
  /// The tool is outside its fence by this [m] and [rad], and had been inside.
  case fence(distance: Double, turn: Double)
  /// The force on the tool [N] has reached the hard level.
  case contactForce(value: Double, limit: Double)
  /// The moment on the tool [N·m] has reached the hard level.
  case contactMoment(value: Double, limit: Double)
  /// The torque was at its limit, or changed at its rate, on this many of the last 100 ticks.
  case torqueSaturated(ticks: Int)
  /// The state holds a number that is none.
  case notFinite
}

extension StopReason: CustomStringConvertible {
  /// What happened, with the number and its limit, in one line.
  public var description: String {
    switch self {
    case .jointPosition(let joint, let value, let limit):
      "joint \(joint + 1) at \(value) rad is past its limit of \(limit) rad"
    case .jointSpeed(let joint, let value, let limit):
      "joint \(joint + 1) at \(value) rad/s is past its limit of \(limit) rad/s"
    case .fence(let distance, let turn):
      "the tool is outside its fence by \(distance) m and \(turn) rad"
    case .contactForce(let value, let limit):
      "the force on the tool of \(value) N has reached its limit of \(limit) N"
    case .contactMoment(let value, let limit):
      "the moment on the tool of \(value) N·m has reached its limit of \(limit) N·m"
    case .torqueSaturated(let ticks):
      "the torque was cut on \(ticks) of the last \(Supervisor.window) ticks"
    case .notFinite: "the arm's state holds a number that is none"
    }
  }
}
