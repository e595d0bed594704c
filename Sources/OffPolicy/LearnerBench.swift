public import LearningSlots
import Randomness
import Tensors

/// Speed of the learner on random data.
public enum LearnerBench {
  /// Runs `warmUp` updates, then `updates` more under the clock; gives updates per second.
  public static func updatesPerSecond(
    _ configuration: RLPDConfiguration, warmUp: Int = 20, updates: Int, seed: UInt64 = 1
  ) -> Double {
    var learner = RLPD(configuration, seed: seed)
    let batch = randomBatch(configuration, seed: seed)
    for _ in 0..<warmUp { _ = learner.update(from: batch) }
    let elapsed = ContinuousClock().measure {
      for _ in 0..<updates { _ = learner.update(from: batch) }
    }
    return Double(updates) / (elapsed / .seconds(1))
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
