public import LearningSlots
public import Messages
public import Randomness
import Tensors

/// How far a sample looks ahead.
///
/// A sample of n steps pays R = Σ γᵏ·rₖ, k below n, and goes on from the observation after them:
/// shorter where its episode or the buffer ends. With long episodes and one reward at their end it
/// carries that reward back n times as fast as one step does (Vecerik et al. 2017). The steps between
/// are those that were done, so with n above 1 the target leans toward what was done.
public struct Lookahead: Sendable, Equatable {
  /// n.
  public var steps: Int
  /// γ.
  public var discount: Double

  /// One step: the transition as it is.
  public static var one: Self { Self(steps: 1, discount: 1) }

  /// A lookahead of at least one step.
  public init(steps: Int, discount: Double) {
    precondition(steps > 0, "a lookahead of \(steps) steps")
    self.steps = steps
    self.discount = discount
  }
}

/// Ring of the newest transitions, sampled uniformly with replacement.
///
/// Transitions of an episode come one after another. Allocates at its start only.
public struct ReplayBuffer: ~Copyable, Sendable {
  /// Most transitions that are kept; the oldest are overwritten.
  public let capacity: Int
  /// Transitions present.
  public private(set) var count = 0
  private let lookahead: Lookahead
  private var store: Batch
  /// Whether the row is the last of its episode.
  private var endings: [Bool]
  private var next = 0

  /// An empty buffer.
  public init(
    capacity: Int, observationSize: Int, actionSize: Int, lookahead: Lookahead = .one
  ) {
    precondition(capacity > 0, "a replay buffer of \(capacity)")
    self.capacity = capacity
    self.lookahead = lookahead
    store = Batch(rows: capacity, observationSize: observationSize, actionSize: actionSize)
    endings = Array(repeating: false, count: capacity)
  }

  /// Keeps a transition whose action was meant as it was done.
  public mutating func append(_ transition: Transition) {
    append(Demonstration(transition: transition, intendedAction: transition.action))
  }

  /// Keeps a step.
  ///
  /// Its sizes must be the buffer's, its numbers finite, its actions in -1…1.
  public mutating func append(_ step: Demonstration) {
    let transition = step.transition
    precondition(transition.reward.isFinite, "reward \(transition.reward)")
    precondition(transition.observation.allSatisfy(\.isFinite), "observation is not finite")
    precondition(
      transition.nextObservation.allSatisfy(\.isFinite), "next observation is not finite")
    precondition(
      transition.action.allSatisfy { abs($0) <= 1 }, "action outside -1…1: \(transition.action)")
    precondition(
      step.intendedAction.allSatisfy { abs($0) <= 1 },
      "intended action outside -1…1: \(step.intendedAction)")
    store.observations.setRow(next, to: transition.observation)
    store.actions.setRow(next, to: transition.action)
    store.intendedActions.setRow(next, to: step.intendedAction)
    store.nextObservations.setRow(next, to: transition.nextObservation)
    store.rewards[next, 0] = transition.reward
    store.masks[next, 0] = transition.mask
    endings[next] = transition.ending != nil
    next = (next + 1) % capacity
    count = min(count + 1, capacity)
  }

  /// Fills rows of a batch with transitions drawn uniformly with replacement; not empty.
  ///
  /// The mask of a sample of m steps is that of its last step times γ^(m - 1), so that a learner
  /// which discounts by γ·mask discounts by γᵐ.
  public func sample(
    into batch: inout Batch, rows: Range<Int>, using stream: inout RandomStream
  ) {
    precondition(count > 0 || rows.isEmpty, "sample from an empty replay buffer")
    precondition(rows.lowerBound >= 0 && rows.upperBound <= batch.rows, "rows \(rows)")
    precondition(batch.observationSize == store.observationSize, "another observation size")
    precondition(batch.actionSize == store.actionSize, "another action size")
    for row in rows {
      let index = stream.index(below: count)
      Self.copy(store.observations, index, to: batch.observations, row)
      Self.copy(store.actions, index, to: batch.actions, row)
      Self.copy(store.intendedActions, index, to: batch.intendedActions, row)
      let ahead = look(ahead: index)
      batch.rewards[row, 0] = ahead.reward
      batch.masks[row, 0] = ahead.factor * store.masks[ahead.last, 0]
      Self.copy(store.nextObservations, ahead.last, to: batch.nextObservations, row)
    }
  }

  /// The discounted reward from a step on, the last step looked at, and γ to the steps between.
  private func look(ahead first: Int) -> (reward: Float, last: Int, factor: Float) {
    let newest = (next + capacity - 1) % capacity
    var (last, factor) = (first, Float(1))
    var reward = store.rewards[first, 0]
    for _ in 1..<lookahead.steps {
      if endings[last] || last == newest { break }
      last = (last + 1) % capacity
      factor *= Float(lookahead.discount)
      reward += factor * store.rewards[last, 0]
    }
    return (reward, last, factor)
  }

  /// Hash of the contents from the oldest transition to the newest, to compare two runs: FNV-1a
  /// over 32-bit words.
  public func digest() -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let oldest = count < capacity ? 0 : next
    for step in 0..<count {
      let row = (oldest + step) % capacity
      Self.mix(store.observations, row, into: &hash)
      Self.mix(store.actions, row, into: &hash)
      Self.mix(store.rewards, row, into: &hash)
      Self.mix(store.masks, row, into: &hash)
      Self.mix(store.nextObservations, row, into: &hash)
    }
    return hash
  }

  private static func copy(
    _ from: borrowing Matrix, _ row: Int, to: borrowing Matrix, _ target: Int
  ) {
    (to.base + target * to.columns).update(from: from.base + row * from.columns, count: to.columns)
  }

  private static func mix(_ matrix: borrowing Matrix, _ row: Int, into hash: inout UInt64) {
    for column in 0..<matrix.columns {
      let word = matrix.base[row * matrix.columns + column].bitPattern
      hash = (hash ^ UInt64(word)) &* 0x100_0000_01b3
    }
  }
}
