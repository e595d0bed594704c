import Foundation
import LearningSlots
import NeuralNetworks
import OffPolicy
import Randomness
import Tensors
import Testing

private func small(
  ensemble: Int = 3, drawn: Int = 2, threads: Int = 1, criticsPerActor: Int = 4
) -> RLPDConfiguration {
  var configuration = RLPDConfiguration(observationSize: 7, actionSize: 3)
  (configuration.ensemble, configuration.drawn) = (ensemble, drawn)
  (configuration.width, configuration.batchRows) = (40, 24)
  (configuration.threads, configuration.criticsPerActor) = (threads, criticsPerActor)
  return configuration
}

private func run(
  _ learner: inout RLPD, updates: Int, from first: UInt64 = 0
) -> [RLPDReport] {
  (0..<updates).map { index in
    let batch = LearnerBench.randomBatch(learner.configuration, seed: first + UInt64(index))
    return learner.update(from: batch)
  }
}

/// FNV-1a: comparing numbers keeps a failing test from listing a million different bytes.
private func hash(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

@Suite struct RLPDTests {
  @Test(arguments: [1, 2]) func `equal seeds give equal bytes, other seeds do not`(threads: Int) {
    func digest(seed: UInt64) -> UInt64 {
      var learner = RLPD(small(threads: threads), seed: seed)
      _ = run(&learner, updates: 20)
      return hash(learner.checkpoint().encoded())
    }
    #expect(digest(seed: 5) == digest(seed: 5))
    #expect(digest(seed: 5) != digest(seed: 6))
  }

  @Test(arguments: [0, 1, 6, 7]) func `a restored learner goes on as if it had never stopped`(
    updates: Int
  ) throws {
    var learner = RLPD(small(), seed: 1)
    _ = run(&learner, updates: updates)
    let saved = learner.checkpoint().encoded()
    let expected = run(&learner, updates: 9, from: 100)
    var other = RLPD(small(), seed: 999)
    _ = run(&other, updates: 3)
    try other.restore(Safetensors(decoding: saved))
    #expect(hash(other.checkpoint().encoded()) == hash(saved))
    #expect(run(&other, updates: 9, from: 100) == expected)
    #expect(hash(other.checkpoint().encoded()) == hash(learner.checkpoint().encoded()))
    #expect(other.updates == updates + 9)
  }

  @Test func `a checkpoint of another shape is refused and changes nothing`() throws {
    var learner = RLPD(small(), seed: 1)
    let before = hash(learner.checkpoint().encoded())
    var wider = small()
    wider.width = 41
    let other = RLPD(wider, seed: 1).checkpoint()
    let wrong = SafetensorsError.shape(
      name: "actor.trunk.0.weight", expected: [7, 40], found: [7, 41])
    #expect(throws: OffPolicyError.contents(wrong)) { try learner.restore(other) }
    let fewer = RLPD(small(ensemble: 2), seed: 1).checkpoint()
    #expect(throws: OffPolicyError.self) { try learner.restore(fewer) }
    #expect(throws: OffPolicyError.format(expected: RLPD.format, found: "")) {
      try learner.restore(Safetensors())
    }
    #expect(hash(learner.checkpoint().encoded()) == before)
  }

  @Test func `a network without a gradient takes no step`() throws {
    var learner = RLPD(small(), seed: 1)
    _ = run(&learner, updates: 4)
    let before = learner.checkpoint()
    let reports = run(&learner, updates: 3, from: 50)
    let after = learner.checkpoint()
    #expect(reports.allSatisfy { !$0.updatedActor })
    for array in before.arrays where array.name != "report" {
      let isUntouched = array.name.hasPrefix("actor.") || array.name.hasPrefix("temperature.")
      let isEqual = after.arrays.contains(array)
      #expect(isEqual == isUntouched, "\(array.name)")
    }
    #expect(run(&learner, updates: 1, from: 60)[0].updatedActor)
    let later = learner.checkpoint()
    for array in after.arrays where array.name.hasPrefix("actor.") {
      let isEqual = later.arrays.contains(array)
      #expect(!isEqual, "\(array.name)")
    }
    #expect(try later.words("counters", shape: [4]) == [8, 2, 8, 2])
  }

  @Test func `terminal steps bootstrap nothing, others do`() {
    let configuration = small()
    for mask in [Float(0), 1] {
      var means: [Float] = []
      for shift in [Float(0), 1] {
        var batch = LearnerBench.randomBatch(configuration, seed: 1)
        for row in 0..<batch.rows {
          batch.masks[row, 0] = mask
          batch.rewards[row, 0] = 0.5
          for column in 0..<batch.observationSize { batch.nextObservations[row, column] += shift }
        }
        var learner = RLPD(configuration, seed: 1)
        means.append(learner.update(from: batch).meanTarget)
      }
      #expect((means[0] == means[1]) == (mask == 0))
      if mask == 0 { #expect(means[0] == 0.5) }
    }
  }

  @Test func `targets stay within the returns that the task can have`() {
    var configuration = small()
    configuration.returns = 0...1
    var batch = LearnerBench.randomBatch(configuration, seed: 1)
    for (reward, kept) in [(Float(7), Float(1)), (-7, 0)] {
      for row in 0..<batch.rows { batch.rewards[row, 0] = reward }
      var learner = RLPD(configuration, seed: 1)
      #expect(learner.update(from: batch).meanTarget == kept)
    }
  }

  @Test func `critics learn eight transitions by heart`() {
    var configuration = small(ensemble: 2, drawn: 2)
    (configuration.batchRows, configuration.width) = (8, 64)
    configuration.learningRate = 3e-3
    var batch = LearnerBench.randomBatch(configuration, seed: 3)
    for row in 0..<8 {
      batch.masks[row, 0] = 0
      batch.rewards[row, 0] = row % 3 == 0 ? 1 : -0.5
    }
    var learner = RLPD(configuration, seed: 1)
    let first = learner.update(from: batch).criticLoss
    var last = first
    for _ in 0..<400 { last = learner.update(from: batch).criticLoss }
    #expect(first > 0.1 && last < 1e-4)
  }

  @Test func `the policy learns which action is rewarded`() {
    var configuration = RLPDConfiguration(observationSize: 2, actionSize: 2)
    (configuration.width, configuration.batchRows) = (32, 64)
    (configuration.criticsPerActor, configuration.learningRate) = (1, 3e-3)
    var learner = RLPD(configuration, seed: 1)
    // One step per episode; reward -|a - goal(s)|².
    for round in 0..<600 {
      var batch = LearnerBench.randomBatch(configuration, seed: UInt64(round))
      for row in 0..<batch.rows {
        let goal = tanh(batch.observations[row, 0])
        let (a, b) = (batch.actions[row, 0] - goal, batch.actions[row, 1] + 0.5)
        batch.rewards[row, 0] = -a * a - b * b
        batch.masks[row, 0] = 0
      }
      _ = learner.update(from: batch)
    }
    let policy = learner.snapshot().choosing(.deterministic)
    var carry = policy.start()
    var stream = RandomStream(seed: 1, name: "test.act")
    for x in [Float(-0.8), 0, 0.8] {
      var action: [Float] = [0, 0]
      var room = action.mutableSpan
      policy.act(&carry, on: [x, 0].span, into: &room, using: &stream)
      #expect(abs(action[0] - tanh(x)) < 0.2 && abs(action[1] + 0.5) < 0.2)
    }
  }

  @Test func `an update allocates no working memory after warm-up`() {
    var learner = RLPD(small(), seed: 1)
    _ = run(&learner, updates: 5)
    let count = learner.allocations
    _ = run(&learner, updates: 20)
    #expect(learner.allocations == count)
  }
}
