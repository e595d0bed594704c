import Foundation
import NeuralNetworks
import Randomness
import Tensors

/// Inputs of an observation → trunk → [mean | log deviation] of the action before squashing.
struct Actor {
  let layout: ParameterLayout
  let trunk: Trunk
  let head: Dense

  init(_ configuration: RLPDConfiguration) {
    var layout = ParameterLayout()
    trunk = Trunk(
      "trunk", inputs: configuration.inputSize, width: configuration.width,
      normalisation: configuration.layerNorm, in: &layout)
    head = Dense(
      "head", inputs: configuration.width, outputs: 2 * configuration.actionSize, in: &layout)
    self.layout = layout
  }

  func initialise(_ parameters: borrowing ParameterArena, using stream: inout RandomStream) {
    trunk.initialise(parameters, using: &stream)
    head.initialise(parameters, heads: 2, using: &stream)
  }

  func sample(
    _ observations: Tensor, noise: Tensor, _ source: some ParameterSource, on tape: inout Tape
  ) -> (action: Tensor, logProbability: Tensor) {
    let features = trunk(observations, source, on: &tape)
    return tape.squashedGaussian(head: head(features, source, on: &tape), noise: noise)
  }
}

/// [inputs of an observation | action] → trunk → one value, for each member of an ensemble.
struct Critics {
  let layout: ParameterLayout
  let trunk: Trunk
  let head: Dense

  init(_ configuration: RLPDConfiguration) {
    var layout = ParameterLayout(ensemble: configuration.ensemble)
    trunk = Trunk(
      "trunk", inputs: configuration.criticInputSize,
      width: configuration.width, normalisation: configuration.layerNorm, in: &layout)
    head = Dense("head", inputs: configuration.width, outputs: 1, in: &layout)
    self.layout = layout
  }

  func initialise(_ parameters: borrowing ParameterArena, using stream: inout RandomStream) {
    trunk.initialise(parameters, using: &stream)
    head.initialise(parameters, using: &stream)
  }

  /// Values, members×rows×1.
  func values(
    _ input: Tensor, _ source: some ParameterSource, on tape: inout Tape
  ) -> Tensor {
    head(trunk(input, source, on: &tape), source, on: &tape)
  }
}

/// The temperature α = softplus(raw), kept positive by its parameter.
struct Temperature: ~Copyable {
  var parameters: ParameterArena
  let slot: ParameterSlot

  init(initial: Double) {
    var layout = ParameterLayout()
    slot = layout.add(vector: "raw", count: 1)
    parameters = ParameterArena(layout)
    // softplus⁻¹(α) = ln(eᵅ - 1)
    parameters.values[0, slot.offset] = Float(log(expm1(initial)))
  }

  var raw: Float { parameters.values[0, slot.offset] }

  /// α.
  var value: Float { Float(max(Double(raw), 0) + log1p(exp(-abs(Double(raw))))) }

  /// Gradient of α·(entropy - goal) with respect to the parameter: sigmoid(raw)·(entropy - goal).
  mutating func differentiate(entropy: Float, goal: Double) {
    let slope = 1 / (1 + exp(-Double(raw)))
    parameters.gradients[0, slot.offset] = Float(slope * (Double(entropy) - goal))
  }
}
