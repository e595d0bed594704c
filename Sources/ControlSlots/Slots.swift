// The control side's slots: the first page to read.
// A conformance suite per slot stands in Tests/Conformance.

public import Geometry
public import Messages

/// An arm that reports a state each tick and takes a torque for it.
public protocol ArmDriver: ~Copyable {
  /// The state of the current tick; the same value until `write`.
  mutating func read() throws(ArmFault) -> ArmState
  /// Applies the torque that answers the current tick and goes on to the next.
  mutating func write(_ torque: JointTorque) throws(ArmFault)
}

/// What an arm refuses or cannot do.
public enum ArmFault: Error, Equatable {
  /// The command answers another tick than the current one.
  case wrongTick(expected: Int64, received: Int64)
  /// A commanded torque is not a finite number.
  case notFinite(joint: Int)
  /// The physics diverged.
  case unstable(tick: Int64)
}

/// A control law: a pure function of state and setpoint, and of its own memory.
public protocol Controller: ~Copyable {
  associatedtype Setpoint: Sendable & BitwiseCopyable
  /// Takes the current posture as the one to prefer; called once before the first `torque`.
  mutating func start(at state: ArmState)
  /// What the law remembers from tick to tick; empty before `start`.
  var memory: [Double] { get }
  /// Goes on from what a law of the same kind remembered; false, and nothing done, for a list that
  /// is none of its memories.
  mutating func restore(_ memory: [Double]) -> Bool
  /// The torque without gravity [N·m]. Allocates nothing, takes no lock, cannot fail.
  mutating func torque(for state: ArmState, toward setpoint: Setpoint) -> JointVector
}
