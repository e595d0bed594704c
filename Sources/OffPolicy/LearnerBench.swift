public import LearningSlots
import Messages
import Randomness
import Replay
public import Tensors

/// Speed of the learner on random data.
public struct LearnerBench: ~Copyable {
  /// What a block of updates took, and what the machine did at most just before it.
  public struct Block: Sendable {
    /// Critic updates per second, their share of actor updates included.
    public var updatesPerSecond: Double
    /// Multiply-adds between registers alone, on the same threads [operations per second].
    public var peak: Double
  }

  private var learner: RLPD
  private var batch: Batch
  private var buffer: ReplayBuffer
  private let transitions: Int
  private var stream: RandomStream

  /// A learner that has done two rounds of critic and actor updates, so that nothing is still cold.
  ///
  /// Every update draws its whole batch from so many transitions, one step ahead; with 0 all take the
  /// same batch, which lies ready.
  public init(_ configuration: RLPDConfiguration, transitions: Int = 0, seed: UInt64 = 1) {
    learner = RLPD(configuration, seed: seed)
    batch = Self.randomBatch(configuration, seed: seed)
    stream = RandomStream(seed: seed, name: "bench.draws")
    self.transitions = transitions
    buffer = Self.fullBuffer(of: batch, transitions: max(1, transitions))
    update(2 * configuration.criticsPerActor)
  }

  /// Runs updates.
  public mutating func update(_ count: Int) {
    for _ in 0..<count {
      if transitions > 0 {
        buffer.sample(into: &batch, rows: 0..<batch.rows, using: &stream)
      }
      _ = learner.update(from: batch)
    }
  }

  /// A buffer full of a batch's rows, over and over.
  private static func fullBuffer(of batch: borrowing Batch, transitions: Int) -> ReplayBuffer {
    var buffer = ReplayBuffer(
      capacity: transitions, observationSize: batch.observationSize, actionSize: batch.actionSize)
    func row(_ matrix: borrowing Matrix, _ index: Int) -> [Float] {
      (0..<matrix.columns).map { matrix.base[index * matrix.columns + $0] }
    }
    let steps = (0..<batch.rows).map { index in
      Transition(
        sequence: UInt64(index), episode: 0, policyVersion: 0,
        observation: row(batch.observations, index), action: row(batch.actions, index),
        reward: batch.rewards.base[index],
        nextObservation: row(batch.observations, (index + 1) % batch.rows),
        ending: batch.masks.base[index] == 0 ? .terminal : nil)
    }
    for index in 0..<transitions { buffer.append(steps[index % steps.count]) }
    return buffer
  }

  /// Runs updates under the clock.
  public mutating func block(_ count: Int) -> Block {
    let peak = learner.tape.kernels.peak()
    let elapsed = ContinuousClock().measure { update(count) }
    return Block(updatesPerSecond: Double(count) / (elapsed / .seconds(1)), peak: peak)
  }

  /// Shares of the time of `count` updates that kinds of work took on the caller's thread.
  public mutating func shares(of count: Int) -> [KernelWork: Double] {
    learner.tape.kernels.profile()
    let elapsed = ContinuousClock().measure { update(count) }
    return Dictionary(
      uniqueKeysWithValues: KernelWork.allCases.map { work in
        let time = Duration.nanoseconds(learner.tape.kernels.profiledNanoseconds(work))
        return (work, time / elapsed)
      })
  }

  /// A batch of normal observations, uniform actions and rare rewards.
  public static func randomBatch(_ configuration: RLPDConfiguration, seed: UInt64) -> Batch {
    var stream = RandomStream(seed: seed, name: "bench.batch")
    var batch = Batch(
      rows: configuration.batchRows, observationSize: configuration.observationSize,
      actionSize: configuration.actionSize)
    for row in 0..<batch.rows {
      for column in 0..<batch.observationSize {
        batch.observations[row, column] = Float(stream.normal())
        batch.nextObservations[row, column] = Float(stream.normal())
      }
      for column in 0..<batch.actionSize {
        batch.actions[row, column] = Float(stream.uniform(eitherSide: 1))
      }
      let isLast = stream.index(below: 20) == 0
      batch.rewards[row, 0] = isLast ? 1 : 0
      batch.masks[row, 0] = isLast ? 0 : 1
    }
    return batch
  }
}
