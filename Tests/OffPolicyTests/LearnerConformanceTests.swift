import Conformance
import LearningSlots
import NeuralNetworks
import OffPolicy
import Testing

@Suite struct LearnerConformanceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var ensemble: Int
    var drawn: Int
    var layerNorm: Normalisation
    var testDescription: String { "\(drawn) of \(ensemble), \(layerNorm)" }
  }

  static let cases = [
    Case(ensemble: 2, drawn: 2, layerNorm: .layerNorm),
    Case(ensemble: 5, drawn: 2, layerNorm: .none),
  ]

  @Test(arguments: cases) func `RLPD keeps the laws of a learner`(test: Case) {
    var configuration = RLPDConfiguration(observationSize: 7, actionSize: 3)
    (configuration.ensemble, configuration.drawn) = (test.ensemble, test.drawn)
    (configuration.width, configuration.batchRows) = (40, 10)
    (configuration.layerNorm, configuration.learningRate) = (test.layerNorm, 3e-3)
    let view = LearnerView<RLPD>(
      sizes: PolicySizes(observation: 7, action: 3), rows: configuration.batchRows,
      bytes: { $0.checkpoint().encoded() }, loss: \.criticLoss, target: \.meanTarget)
    expectLearnerLaws(view, patience: 400) { RLPD(configuration, seed: $0) }
  }
}
