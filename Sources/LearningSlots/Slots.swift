// The learning side's slots: the first page to read.
// A conformance suite per slot stands in Tests/Conformance.

public import Geometry
public import Messages

/// Chooses actions.
///
/// A value: a snapshot that later learning does not change.
public protocol Policy: Sendable {
  /// Recurrent state, explicit; `Void`-like for a policy without memory.
  associatedtype Carry: Sendable
  /// The carry at an episode's start.
  func start() -> Carry
  /// Fills `action` (each component in -1…1) for a scaled observation.
  func act<R: RandomNumberGenerator>(
    _ carry: inout Carry, on observation: Span<Float>, into action: inout MutableSpan<Float>,
    using rng: inout R)
}

/// Judges steps by what an arm can know.
public protocol RewardSource: ~Copyable {
  /// Forgets the episode before.
  mutating func start()
  /// Reward of the step that ended in `state`, and whether the episode ends with it.
  mutating func judge(_ state: ArmState) -> Judgement
}

/// Brings the scene back to where an episode may start, through the controller like everybody else.
public protocol ResetPolicy: ~Copyable {
  /// What to do next from the arm's state.
  mutating func nextStep(from state: ArmState) -> ResetStep
}

/// One step of a reset.
public enum ResetStep: Sendable {
  /// Go toward this equilibrium for the next period.
  case move(Transform<Base, Tool>, Compliance)
  /// The scene is ready.
  case ready
  /// Only a person can go on; says why.
  case askHuman(String)
}

/// Improves a policy from batches of transitions.
public protocol Learner: ~Copyable {
  associatedtype CurrentPolicy: Policy
  associatedtype Report: Sendable
  /// One learner step.
  mutating func update(from batch: borrowing Batch) -> Report
  /// The policy as it is now.
  func snapshot() -> CurrentPolicy
}
