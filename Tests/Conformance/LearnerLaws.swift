public import LearningSlots
import Messages
import Randomness
import Tensors
import Testing

/// What the laws must know of a learner to look at it.
public struct LearnerView<L: Learner & ~Copyable> {
  /// Sizes of observations and actions.
  public var sizes: PolicySizes
  /// Rows of a batch.
  public var rows: Int
  /// Everything that the learner keeps, as bytes.
  public var bytes: (borrowing L) -> [UInt8]
  /// The loss of an update whose targets are rewards alone; it can be learnt down to zero.
  public var loss: (L.Report) -> Float
  /// Mean over a batch of what the learner took its values' targets to be.
  public var target: (L.Report) -> Float

  /// A view of its parts.
  public init(
    sizes: PolicySizes, rows: Int, bytes: @escaping (borrowing L) -> [UInt8],
    loss: @escaping (L.Report) -> Float, target: @escaping (L.Report) -> Float
  ) {
    self.sizes = sizes
    self.rows = rows
    self.bytes = bytes
    self.loss = loss
    self.target = target
  }
}

/// The laws of every learner; `make` gives a fresh one of a seed.
///
/// `patience` is the number of updates in which a handful of transitions is learnt by heart.
public func expectLearnerLaws<L: Learner & ~Copyable>(
  _ view: LearnerView<L>, patience: Int, _ make: (_ seed: UInt64) -> L
) {
  expectEqualSeedsAgree(view, make(3), make(3), make(4))
  expectSnapshotIsValue(view, make(1))
  expectOverfitting(view, make(1), patience: patience)
  for ending in [nil] + Ending.allCases.map(Optional.some) {
    expectBootstrapping(view, after: ending) { make(1) }
  }
}

/// Equal seeds and batches give equal bytes; another seed gives others.
private func expectEqualSeedsAgree<L: Learner & ~Copyable>(
  _ view: LearnerView<L>, _ first: consuming L, _ second: consuming L, _ stranger: consuming L
) {
  var one = first
  var other = second
  #expect(view.bytes(one) != view.bytes(stranger), "the seed changes nothing")
  let before = view.bytes(one)
  for index in 0..<12 {
    let batch = batch(of: transitions(view, index), view)
    _ = one.update(from: batch)
    _ = other.update(from: batch)
  }
  // Compared beforehand: a difference of so many bytes takes the test library minutes to describe.
  let areEqual = view.bytes(one) == view.bytes(other)
  #expect(areEqual, "equal seeds and batches gave different bytes")
  #expect(view.bytes(one) != before, "updates change nothing")
}

/// A snapshot acts the same before and after more learning, while a new one does not.
private func expectSnapshotIsValue<L: Learner & ~Copyable>(
  _ view: LearnerView<L>, _ made: consuming L
) {
  var learner = made
  _ = learner.update(from: batch(of: transitions(view, 0), view))
  let policy = learner.snapshot()
  let expected = actions(of: policy, view)
  for index in 1..<25 { _ = learner.update(from: batch(of: transitions(view, index), view)) }
  #expect(actions(of: policy, view) == expected, "learning changed an earlier snapshot")
  #expect(actions(of: learner.snapshot(), view) != expected, "learning changed no policy")
}

/// Five terminal transitions, again and again, are learnt to a hundredth of the first loss.
private func expectOverfitting<L: Learner & ~Copyable>(
  _ view: LearnerView<L>, _ made: consuming L, patience: Int
) {
  var learner = made
  let handful = Array(transitions(view, 7, ending: .terminal).prefix(5))
  let repeated = (0..<view.rows).map { handful[$0 % handful.count] }
  let batch = batch(of: repeated, view)
  let first = view.loss(learner.update(from: batch))
  var last = first
  for _ in 0..<patience { last = view.loss(learner.update(from: batch)) }
  #expect(first > 0 && last < 0.01 * first, "loss \(first) only fell to \(last)")
}

/// What follows a terminal step does not count; what follows a cut or an ordinary one does.
private func expectBootstrapping<L: Learner & ~Copyable>(
  _ view: LearnerView<L>, after ending: Ending?, _ make: () -> L
) {
  let steps = transitions(view, 5, ending: ending)
  let others = steps.map { step in
    var other = step
    other.nextObservation = step.nextObservation.map { 1 - $0 }
    return other
  }
  let targets = [steps, others].map { steps in
    var learner = make()
    return view.target(learner.update(from: batch(of: steps, view)))
  }
  if ending == .terminal {
    let reward = steps.reduce(0) { $0 + $1.reward } / Float(steps.count)
    #expect(targets.allSatisfy { abs($0 - reward) < 1e-5 }, "a terminal step bootstraps")
  } else {
    #expect(targets[0] != targets[1], "no bootstrapping after \(String(describing: ending))")
  }
}

/// As many random steps as a batch has rows, of one ending.
private func transitions<L: Learner & ~Copyable>(
  _ view: LearnerView<L>, _ index: Int, ending: Ending? = nil
) -> [Transition] {
  var draws = RandomStream(seed: 1, name: "learner laws", index: UInt64(index))
  return (0..<view.rows).map { row in
    Transition(
      sequence: UInt64(row), episode: 0, policyVersion: 0,
      observation: draws.observation(view.sizes.observation, scale: 1),
      action: draws.observation(view.sizes.action, scale: 1), reward: Float(draws.uniform()),
      nextObservation: draws.observation(view.sizes.observation, scale: 1), ending: ending)
  }
}

private func batch<L: Learner & ~Copyable>(
  of transitions: [Transition], _ view: LearnerView<L>
) -> Batch {
  var batch = Batch(
    rows: transitions.count, observationSize: view.sizes.observation, actionSize: view.sizes.action)
  for (row, transition) in transitions.enumerated() {
    batch.observations.setRow(row, to: transition.observation)
    batch.actions.setRow(row, to: transition.action)
    batch.rewards[row, 0] = transition.reward
    batch.masks[row, 0] = transition.mask
    batch.nextObservations.setRow(row, to: transition.nextObservation)
  }
  return batch
}

private func actions<P: Policy, L: Learner & ~Copyable>(
  of policy: P, _ view: LearnerView<L>
) -> [[Float]] {
  var draws = RandomStream(seed: 1, name: "learner laws, actions")
  var episode = PolicyEpisode(policy, seed: 1)
  return (0..<20).map { _ in
    episode.act(on: draws.observation(view.sizes.observation, scale: 1), view.sizes)
  }
}
