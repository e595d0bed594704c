import Foundation
public import Tensors

/// Adam (Kingma and Ba 2015) over one flat arena of parameters.
///
/// A step that is not taken changes nothing: neither the moments nor the count of steps.
public struct Adam: ~Copyable, Sendable {
  /// Learning rate.
  public let learningRate: Double
  /// Decay of the mean of gradients, β₁.
  public let firstDecay: Double
  /// Decay of the mean of squared gradients, β₂.
  public let secondDecay: Double
  /// ε, added to the denominator.
  public let epsilon: Double
  /// Steps taken.
  public var steps: Int
  /// Mean of gradients, 1×count.
  public var first: Matrix
  /// Mean of squared gradients, 1×count.
  public var second: Matrix

  /// An optimiser of `count` parameters that has taken no step.
  public init(
    count: Int, learningRate: Double = 3e-4, firstDecay: Double = 0.9,
    secondDecay: Double = 0.999, epsilon: Double = 1e-8
  ) {
    self.learningRate = learningRate
    self.firstDecay = firstDecay
    self.secondDecay = secondDecay
    self.epsilon = epsilon
    steps = 0
    first = Matrix(rows: 1, columns: count)
    second = Matrix(rows: 1, columns: count)
  }

  /// θ ← θ - η·m̂/(√v̂ + ε) with the gradients of the arena.
  public mutating func take(
    _ parameters: borrowing ParameterArena, with kernels: borrowing Kernels
  ) {
    steps += 1
    kernels.take(
      constants(ofStep: steps), gradient: parameters.gradients, first: first, second: second,
      value: parameters.values)
  }

  /// Writes to `change` (1×count) what `take` would add to the parameters, and takes no step.
  public func propose(
    _ parameters: borrowing ParameterArena, with kernels: borrowing Kernels,
    into change: borrowing Matrix
  ) {
    kernels.propose(
      constants(ofStep: steps + 1), gradient: parameters.gradients, first: first, second: second,
      into: change)
  }

  private func constants(ofStep step: Int) -> AdamStep {
    AdamStep(
      rate: Float(learningRate / (1 - pow(firstDecay, Double(step)))),
      firstWeight: Float(1 - firstDecay), secondWeight: Float(1 - secondDecay),
      inverseRootCorrection: Float(1 / (1 - pow(secondDecay, Double(step))).squareRoot()),
      epsilon: Float(epsilon))
  }
}
