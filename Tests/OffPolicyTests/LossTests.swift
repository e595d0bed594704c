import Foundation
import LearningSlots
import NeuralNetworks
import OffPolicy
import Randomness
import Testing

/// The learner against its published equations in double precision.
@Suite struct LossTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var ensemble: Int
    var drawn: Int
    var layerNorm: Normalisation
    var entropyBackup: EntropyBackup
    var fineWidths: [Float] = [0, 0, 0, 0, 0]
    var setpoints = SetpointInputs()
    var testDescription: String {
      "\(ensemble)/\(drawn) \(layerNorm) backup \(entropyBackup) \(fineWidths) "
        + "\(setpoints.axes.count) setpoints"
    }
  }

  static let cases = [
    Case(ensemble: 2, drawn: 2, layerNorm: .layerNorm, entropyBackup: .off),
    Case(
      ensemble: 3, drawn: 3, layerNorm: .none, entropyBackup: .on, fineWidths: [0.3, 0, 0, 0.1, 0]),
    Case(ensemble: 5, drawn: 2, layerNorm: .layerNorm, entropyBackup: .on),
    Case(
      ensemble: 4, drawn: 4, layerNorm: .layerNorm, entropyBackup: .off,
      fineWidths: [0, 2, 0.01, 0, 0.5], setpoints: Self.setpoints),
    Case(
      ensemble: 1, drawn: 1, layerNorm: .none, entropyBackup: .on, setpoints: Self.setpoints),
    Case(ensemble: 1, drawn: 1, layerNorm: .layerNorm, entropyBackup: .off),
  ]

  static let setpoints = SetpointInputs([
    .init(observation: 3, reach: 0.4, width: 0.7), .init(observation: 0, reach: 2, width: 1.5),
    .init(observation: 1, reach: 0.1, width: 0.2),
  ])

  private func configuration(_ test: Case) -> RLPDConfiguration {
    var configuration = RLPDConfiguration(observationSize: 5, actionSize: 3)
    (configuration.ensemble, configuration.drawn) = (test.ensemble, test.drawn)
    (configuration.layerNorm, configuration.entropyBackup) = (test.layerNorm, test.entropyBackup)
    (configuration.width, configuration.batchRows) = (20, 9)
    (configuration.fineWidths, configuration.setpoints) = (test.fineWidths, test.setpoints)
    (configuration.criticsPerActor, configuration.initialTemperature) = (1, 0.3)
    return configuration
  }

  /// Adam's first moment after the first step is a tenth of the gradient.
  private func expectSlopes(
    _ file: Safetensors, _ prefix: String, at weights: ReferenceLearner.Weights,
    _ loss: (ReferenceLearner.Weights) -> Double
  ) throws {
    let moments = try ReferenceLearner.weights(file, prefix + "adam.first.")
    let scale = moments.values.joined().map { abs($0 * 10) }.max() ?? 0
    #expect(scale > 0)
    var stream = RandomStream(seed: 1, name: "test.slopes")
    for (name, values) in moments.sorted(by: { $0.key < $1.key }) {
      for _ in 0..<6 {
        let index = stream.index(below: values.count)
        var moved = weights
        moved[name]?[index] += 1e-5
        let above = loss(moved)
        moved[name]?[index] -= 2e-5
        let slope = (above - loss(moved)) / 2e-5
        #expect(abs(slope - 10 * values[index]) < 1e-3 * scale, "\(prefix)\(name)[\(index)]")
      }
    }
  }

  @Test(arguments: cases) func `losses and gradients are those of the equations`(
    test: Case
  ) throws {
    let configuration = configuration(test)
    let batch = LearnerBench.randomBatch(configuration, seed: 7)
    var learner = RLPD(configuration, seed: 11)
    let before = learner.checkpoint()
    let report = learner.update(from: batch)
    let after = learner.checkpoint()

    let reference = ReferenceLearner(configuration: configuration, batch: PlainBatch(batch))
    let words = try before.words("streams", shape: [2, 4])
    var noiseStream = RandomStream(seed: 0, name: "test")
    noiseStream.state = (words[0], words[1], words[2], words[3])
    var memberStream = noiseStream
    memberStream.state = (words[4], words[5], words[6], words[7])
    let members =
      test.drawn == test.ensemble
      ? Array(0..<test.ensemble)
      : (0..<test.drawn).map { _ in memberStream.index(below: test.ensemble) }

    let actor = try ReferenceLearner.weights(before, "actor.")
    let critics = try ReferenceLearner.weights(before, "critics.")
    let (targets, entropy) = reference.targets(
      actor: actor, targets: try ReferenceLearner.weights(before, "targets."), members: members,
      noise: reference.noise(from: &noiseStream), temperature: 0.3)
    #expect(abs(Double(report.entropy) - entropy) < 1e-4)
    #expect(abs(Double(report.criticLoss) - reference.criticLoss(critics, targets: targets)) < 1e-4)
    try expectSlopes(after, "critics.", at: critics) {
      reference.criticLoss($0, targets: targets)
    }

    let trained = try ReferenceLearner.weights(after, "critics.")
    let noise = reference.noise(from: &noiseStream)
    let loss = { (weights: ReferenceLearner.Weights) in
      reference.actorLoss(weights, critics: trained, noise: noise, temperature: 0.3)
    }
    #expect(abs(Double(report.actorLoss) - loss(actor)) < 1e-4)
    try expectSlopes(after, "actor.", at: actor, loss)

    let slope = try ReferenceLearner.weights(after, "temperature.adam.first.")["raw"]?[0] ?? .nan
    let raw = try ReferenceLearner.weights(before, "temperature.")["raw"]?[0] ?? .nan
    let expected = (entropy + 1.5) / (1 + exp(-raw))
    #expect(abs(10 * slope - expected) < 1e-4)
  }

  @Test func `targets approach the critics at their rate`() throws {
    let configuration = configuration(Self.cases[0])
    let batch = LearnerBench.randomBatch(configuration, seed: 7)
    var learner = RLPD(configuration, seed: 11)
    let start = try ReferenceLearner.weights(learner.checkpoint(), "targets.")
    let critic = try ReferenceLearner.weights(learner.checkpoint(), "critics.")
    #expect(start == critic.filter { start[$0.key] != nil })
    _ = learner.update(from: batch)
    let critics = try ReferenceLearner.weights(learner.checkpoint(), "critics.")
    for (name, values) in try ReferenceLearner.weights(learner.checkpoint(), "targets.") {
      for (index, value) in values.enumerated() {
        let (old, new) = (start[name]?[index] ?? .nan, critics[name]?[index] ?? .nan)
        #expect(abs(value - (old + 0.005 * (new - old))) < 1e-6)
      }
    }
  }
}
