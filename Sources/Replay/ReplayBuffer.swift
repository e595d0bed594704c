public import LearningSlots
public import Messages
public import Randomness
import Tensors

/// Ring of the newest transitions, sampled uniformly with replacement.
///
/// Allocates at its start only.
public struct ReplayBuffer: ~Copyable, Sendable {
  /// Most transitions that are kept; the oldest are overwritten.
  public let capacity: Int
  /// Transitions present.
  public private(set) var count = 0
  private var store: Batch
  private var next = 0

  /// An empty buffer.
  public init(capacity: Int, observationSize: Int, actionSize: Int) {
    precondition(capacity > 0, "a replay buffer of \(capacity)")
    self.capacity = capacity
    store = Batch(rows: capacity, observationSize: observationSize, actionSize: actionSize)
  }

  /// Keeps a transition.
  ///
  /// Its sizes must be the buffer's, its numbers finite, its action in -1…1.
  public mutating func append(_ transition: Transition) {
    precondition(transition.reward.isFinite, "reward \(transition.reward)")
    precondition(transition.observation.allSatisfy(\.isFinite), "observation is not finite")
    precondition(
      transition.nextObservation.allSatisfy(\.isFinite), "next observation is not finite")
    precondition(
      transition.action.allSatisfy { abs($0) <= 1 }, "action outside -1…1: \(transition.action)")
    store.observations.setRow(next, to: transition.observation)
    store.actions.setRow(next, to: transition.action)
    store.nextObservations.setRow(next, to: transition.nextObservation)
    store.rewards[next, 0] = transition.reward
    store.masks[next, 0] = transition.mask
    next = (next + 1) % capacity
    count = min(count + 1, capacity)
  }

  /// Fills rows of a batch with transitions drawn uniformly with replacement; not empty.
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
      Self.copy(store.rewards, index, to: batch.rewards, row)
      Self.copy(store.masks, index, to: batch.masks, row)
      Self.copy(store.nextObservations, index, to: batch.nextObservations, row)
    }
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
