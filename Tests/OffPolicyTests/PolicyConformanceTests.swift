import Conformance
import LearningSlots
import OffPolicy
import Testing

@Suite struct PolicyConformanceTests {
  private func policy(updates: Int) -> GaussianPolicy {
    var configuration = RLPDConfiguration(observationSize: 7, actionSize: 3)
    (configuration.width, configuration.batchRows) = (40, 16)
    (configuration.criticsPerActor, configuration.learningRate) = (1, 3e-3)
    var learner = RLPD(configuration, seed: 3)
    for seed in 0..<updates {
      _ = learner.update(from: LearnerBench.randomBatch(configuration, seed: UInt64(seed)))
    }
    return learner.snapshot()
  }

  @Test(arguments: ActionChoice.allCases, [0, 30])
  func `a GaussianPolicy keeps the laws of a policy`(choice: ActionChoice, updates: Int) {
    let policy = policy(updates: updates).choosing(choice)
    expectPolicyLaws(PolicySizes(observation: 7, action: 3)) { policy }
  }
}
