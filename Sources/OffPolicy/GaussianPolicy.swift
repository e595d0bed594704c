public import LearningSlots
import NeuralNetworks
import Tensors

/// How a policy uses its distribution.
public enum ActionChoice: Sendable, CaseIterable {
  /// A draw, for exploration.
  case stochastic
  /// tanh(mean), for evaluation.
  case deterministic
}

/// A snapshot of the actor: action = tanh(mean + deviation·noise), each component in -1…1.
public struct GaussianPolicy: Policy, Equatable {
  /// Room for one observation and its features.
  ///
  /// Holds nothing between steps; keep one per episode or per actor, and an action allocates
  /// nothing.
  public struct Workspace: Sendable, Equatable {
    var floats: [Float]
  }

  /// Components of an observation.
  public let observationSize: Int
  /// Components of an action.
  public let actionSize: Int
  /// Draws, or means.
  public var choice = ActionChoice.stochastic
  /// Numbers of an observation farther from zero count as this, so that no product overflows.
  static let largestObservation: Float = 1e6
  let fineInputs: FineInputs
  let width: Int
  let actor: Actor
  let parameters: [Float]

  init(_ configuration: RLPDConfiguration, actor: Actor, parameters: [Float]) {
    observationSize = configuration.observationSize
    actionSize = configuration.actionSize
    fineInputs = configuration.fineInputs
    width = configuration.width
    self.actor = actor
    self.parameters = parameters
  }

  /// True when weights, shapes and choice are equal.
  public static func == (a: Self, b: Self) -> Bool {
    a.actor.layout == b.actor.layout && a.fineInputs == b.fineInputs && a.parameters == b.parameters
      && a.choice == b.choice
  }

  /// The same policy, drawing or not.
  public func choosing(_ choice: ActionChoice) -> Self {
    var copy = self
    copy.choice = choice
    return copy
  }

  /// A workspace; it carries nothing.
  public func start() -> Workspace {
    Workspace(floats: [Float](repeating: 0, count: workspaceSize))
  }

  private var inputSize: Int { observationSize + fineInputs.count }
  private var workspaceSize: Int { 2 * width + 5 * actionSize + inputSize }

  /// tanh(mean + deviation·noise), or tanh(mean); draws one word per component when it draws.
  public func act<R: RandomNumberGenerator>(
    _ carry: inout Workspace, on observation: Span<Float>, into action: inout MutableSpan<Float>,
    using rng: inout R
  ) {
    precondition(observation.count == observationSize, "\(observation.count) observations")
    precondition(action.count == actionSize, "room for \(action.count) action components")
    if carry.floats.count != workspaceSize { carry = start() }
    carry.floats.withUnsafeMutableBufferPointer { room in
      let features = room.extracting(0..<2 * width)
      let head = room.extracting(2 * width..<2 * width + 2 * actionSize)
      let input = room.extracting(room.count - inputSize..<room.count)
      for index in 0..<observationSize {
        input[index] = max(
          -Self.largestObservation, min(Self.largestObservation, observation[index]))
      }
      if let first = input.baseAddress {
        fineInputs.fill(input.extracting(observationSize..<inputSize), of: first)
      }
      run(UnsafeBufferPointer(input), features: features, head: head)
      let rest = room.extracting(2 * width + 2 * actionSize..<room.count - inputSize)
      let noise = drawNoise(in: rest, using: &rng)
      guard let head = head.baseAddress else { return }
      action.withUnsafeMutableBufferPointer {
        RowKernels.squash(head: head, noise: noise, into: $0)
      }
    }
  }

  /// Fills [mean | log deviation] through the two hidden layers.
  private func run(
    _ observation: UnsafeBufferPointer<Float>, features: UnsafeMutableBufferPointer<Float>,
    head: UnsafeMutableBufferPointer<Float>
  ) {
    parameters.withUnsafeBufferPointer { weights in
      guard let base = weights.baseAddress else { return }
      var input = observation
      for index in actor.trunk.dense.indices {
        let output = features.extracting(index * width..<(index + 1) * width)
        let layer = actor.trunk.dense[index]
        RowKernels.multiply(
          input, weight: base + layer.weight.offset, bias: base + layer.bias.offset, into: output)
        if actor.trunk.norms.isEmpty {
          RowKernels.tanh(output)
        } else {
          let norm = actor.trunk.norms[index]
          RowKernels.normaliseTanh(
            output, scale: base + norm.scale.offset, offset: base + norm.offset.offset)
        }
        input = UnsafeBufferPointer(output)
      }
      RowKernels.multiply(
        input, weight: base + actor.head.weight.offset, bias: base + actor.head.bias.offset,
        into: head)
    }
  }

  /// Standard normal draws, or zeros for the mean; `room` holds 3·actionSize floats.
  private func drawNoise<R: RandomNumberGenerator>(
    in room: UnsafeMutableBufferPointer<Float>, using rng: inout R
  ) -> UnsafeMutablePointer<Float> {
    let noise = room.extracting(0..<actionSize)
    guard let first = noise.baseAddress else { preconditionFailure("an empty workspace") }
    guard choice == .stochastic else {
      noise.update(repeating: 0)
      return first
    }
    let uniforms = room.extracting(actionSize..<3 * actionSize)
    for index in 0..<actionSize {
      (uniforms[2 * index], uniforms[2 * index + 1]) = uniformPair(rng.next())
    }
    if let uniforms = uniforms.baseAddress {
      RowKernels.normal(fromUniforms: uniforms, into: noise)
    }
    return first
  }
}

/// Two draws in 0..<1 of 24 bits each, what a float there can hold.
func uniformPair(_ word: UInt64) -> (Float, Float) {
  (Float(word >> 40) * 0x1p-24, Float((word >> 16) & 0xff_ffff) * 0x1p-24)
}
