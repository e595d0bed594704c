import Foundation
import LearningSlots
import NeuralNetworks
import OffPolicy
import Randomness
import Tensors
import Testing

@Suite struct GaussianPolicyTests {
  private static let fineWidths: [Float] = [0, 0.1, 0, 0, 0.02, 3, 0]

  private func policy(_ layerNorm: Normalisation = .layerNorm) -> (GaussianPolicy, Safetensors) {
    var configuration = RLPDConfiguration(observationSize: 7, actionSize: 3)
    (configuration.width, configuration.batchRows) = (40, 16)
    configuration.fineWidths = Self.fineWidths
    (configuration.criticsPerActor, configuration.layerNorm) = (1, layerNorm)
    var learner = RLPD(configuration, seed: 3)
    for seed in 0..<10 {
      _ = learner.update(from: LearnerBench.randomBatch(configuration, seed: UInt64(seed)))
    }
    return (learner.snapshot(), learner.checkpoint())
  }

  private func act(_ policy: GaussianPolicy, on observation: [Float], seed: UInt64) -> [Float] {
    var carry = policy.start()
    var stream = RandomStream(seed: seed, name: "test.act")
    var action = [Float](repeating: .nan, count: policy.actionSize)
    var room = action.mutableSpan
    policy.act(&carry, on: observation.span, into: &room, using: &stream)
    return action
  }

  @Test(arguments: Normalisation.allCases)
  func `a policy acts as the learner's actor`(layerNorm: Normalisation) throws {
    let (policy, file) = policy(layerNorm)
    var configuration = RLPDConfiguration(observationSize: 7, actionSize: 3)
    (configuration.width, configuration.layerNorm) = (40, layerNorm)
    configuration.fineWidths = Self.fineWidths
    let batch = LearnerBench.randomBatch(configuration, seed: 5)
    let reference = ReferenceLearner(configuration: configuration, batch: PlainBatch(batch))
    let weights = try ReferenceLearner.weights(file, "actor.")
    for row in 0..<20 {
      let observation = (0..<7).map { batch.observations[row, $0] }
      var stream = RandomStream(seed: UInt64(row), name: "test.act")
      let draws = reference.noise(from: &stream)[0]
      for (choice, noise) in [(ActionChoice.deterministic, [0, 0, 0]), (.stochastic, draws)] {
        let exact = reference.sample(weights, observation.map(Double.init), noise: noise).0
        let action = act(policy.choosing(choice), on: observation, seed: UInt64(row))
        #expect(zip(exact, action).allSatisfy { abs($0 - Double($1)) < 1e-5 })
      }
    }
  }

  @Test(arguments: Normalisation.allCases)
  func `a policy survives its bytes`(layerNorm: Normalisation) throws {
    let (policy, _) = policy(layerNorm)
    let read = try GaussianPolicy(decoding: policy.encoded(), observationSize: 7, actionSize: 3)
    #expect(read == policy)
    let isSame = read.encoded() == policy.encoded()
    #expect(isSame)
    let observation = [Float](repeating: 0.3, count: 7)
    #expect(act(read, on: observation, seed: 1) == act(policy, on: observation, seed: 1))
  }

  @Test func `actions lie within -1…1 for any observation`() {
    let (policy, _) = policy()
    for seed in 0..<200 as Range<UInt64> {
      var stream = RandomStream(seed: seed, name: "test.observation")
      let observation = (0..<7).map { _ in Float(stream.normal() * 1000) }
      #expect(act(policy, on: observation, seed: seed).allSatisfy { abs($0) <= 1 })
    }
  }

  @Test func `a policy for another task is refused with both sizes`() {
    let (policy, _) = policy()
    let error = #expect(throws: OffPolicyError.self) {
      try GaussianPolicy(decoding: policy.encoded(), observationSize: 19, actionSize: 6)
    }
    #expect(error == .sizes(expected: [19, 6], found: [7, 3]))
  }

  @Test func `damaged bytes are refused or read, never a stop`() {
    let (policy, _) = policy()
    let bytes = policy.encoded()
    for length in stride(from: 0, to: bytes.count, by: 211) {
      #expect(throws: OffPolicyError.self) { try GaussianPolicy(decoding: Array(bytes[..<length])) }
    }
    var stream = RandomStream(seed: 1, name: "test.damage")
    for _ in 0..<300 {
      var damaged = bytes
      damaged[stream.index(below: 900)] = UInt8(stream.index(below: 256))
      _ = try? GaussianPolicy(decoding: damaged)
    }
    var file = Safetensors(metadata: ["format": GaussianPolicy.format])
    file.add("fine", shape: [0], [] as [Float])
    file.add("trunk.0.weight", shape: [0, 0], [] as [Float])
    file.add("head.weight", shape: [0, 0], [] as [Float])
    #expect(throws: OffPolicyError.self) { try GaussianPolicy(decoding: file.encoded()) }
  }

  @Test func `arrays that are not there take no memory`() {
    // With a width of 2²⁰ the layer that is missing would take 4 TiB.
    let width = 1 << 20
    var file = Safetensors(metadata: ["format": GaussianPolicy.format])
    file.add("fine", shape: [1], [0] as [Float])
    file.add("trunk.0.weight", shape: [1, width], [Float](repeating: 0, count: width))
    file.add("head.weight", shape: [width, 2], [Float](repeating: 0, count: 2 * width))
    #expect(throws: OffPolicyError.self) { try GaussianPolicy(decoding: file.encoded()) }
  }

  @Test(arguments: [-1, .nan, .infinity] as [Float])
  func `a width that is none is refused`(width: Float) throws {
    let good = try Safetensors(decoding: policy().0.encoded())
    var file = Safetensors(metadata: good.metadata)
    for array in good.arrays where array.name != "fine" {
      file.add(array.name, shape: array.shape, try good.floats(array.name, shape: array.shape))
    }
    file.add("fine", shape: [7], [0, 0.1, 0, 0, width, 3, 0])
    #expect(throws: OffPolicyError.self) { try GaussianPolicy(decoding: file.encoded()) }
  }
}
