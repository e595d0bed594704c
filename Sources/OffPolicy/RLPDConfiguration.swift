public import NeuralNetworks
public import Tensors

/// Whether the critic's target holds the entropy of the next action.
public enum EntropyBackup: Sendable {
  /// y = r + γ·mask·min Q(s', a'). SERL's choice.
  case off
  /// y = r + γ·mask·(min Q(s', a') - α·ln π(a'|s')).
  case on
}

/// Sizes and rates of RLPD as SERL runs it.
///
/// After Ball et al. 2023 and Luo et al. 2024.
public struct RLPDConfiguration: Sendable {
  /// Components of an observation.
  public var observationSize: Int
  /// Width of the magnified copy of each component that the networks see beside it.
  ///
  /// The copy is tanh(x/width); 0 where there is none. Zeros at first.
  public var fineWidths: [Float]
  /// Components of an action.
  public var actionSize: Int
  /// How critics see where an action leads; nothing at first.
  public var setpoints = SetpointInputs()
  /// Critics, E.
  public var ensemble = 2
  /// Target critics in the minimum of a target.
  ///
  /// Below `ensemble` they are drawn uniformly with replacement, once per minibatch; at `ensemble`
  /// every one is taken and nothing is drawn.
  public var drawn = 2
  /// Units of each of the two hidden layers.
  public var width = 256
  /// Layer normalisation before each tanh.
  public var layerNorm = Normalisation.layerNorm
  /// γ.
  public var discount = 0.96
  /// Returns that the task can have at all.
  ///
  /// Targets are kept within, as Andrychowicz et al. 2017 do: with sparse rewards and long
  /// bootstrapping nothing else holds an optimistic critic back.
  public var returns: ClosedRange<Float> = -.infinity ... .infinity
  /// Adam's rate for actor, critics and temperature.
  public var learningRate = 3e-4
  /// τ of θ' ← θ' + τ(θ - θ'), after every critic update.
  public var targetRate = 0.005
  /// α at the start.
  public var initialTemperature = 0.01
  /// Entropy that the temperature steers to [nat]; nil stands for minus half the action's size.
  public var targetEntropy: Double?
  /// Entropy in the critic's target.
  public var entropyBackup = EntropyBackup.off
  /// Weight of the actor's distance from demonstrated actions at the start.
  public var cloningWeight = 0.0
  /// Critic updates over which that weight falls to zero, linearly.
  public var cloningUpdates = 1
  /// Transitions per update.
  public var batchRows = 256
  /// Threads, the caller's among them.
  public var threads = 1
  /// Instruction set of the kernels; one that this CPU runs.
  public var variant = KernelVariant.best
  /// Critic updates per update of actor and temperature.
  public var criticsPerActor = 4

  /// SERL's values for an observation and an action size.
  public init(observationSize: Int, actionSize: Int) {
    self.observationSize = observationSize
    fineWidths = Array(repeating: 0, count: observationSize)
    self.actionSize = actionSize
  }

  /// What the temperature steers to [nat].
  var entropyGoal: Double { targetEntropy ?? -Double(actionSize) / 2 }

  /// The weight of demonstrated actions after so many critic updates.
  func cloningWeight(afterUpdates updates: Int) -> Float {
    Float(cloningWeight * max(0, 1 - Double(updates) / Double(max(1, cloningUpdates))))
  }

  var fineInputs: FineInputs { FineInputs(widths: fineWidths) }

  /// Numbers that the networks see of an observation.
  var inputSize: Int { observationSize + fineInputs.count }

  /// Numbers that critics see of an observation and an action.
  var criticInputSize: Int { inputSize + actionSize + setpoints.count }

  func check() {
    precondition(observationSize > 0 && actionSize > 0, "sizes are positive")
    precondition(fineWidths.count == observationSize, "\(fineWidths.count) widths")
    setpoints.check(observationSize: observationSize, actionSize: actionSize)
    precondition(ensemble > 0 && (1...ensemble).contains(drawn), "\(drawn) drawn of \(ensemble)")
    precondition(width > 0 && batchRows > 0 && criticsPerActor > 0, "counts are positive")
    precondition((0...1).contains(discount) && (0...1).contains(targetRate), "rates in 0…1")
    precondition(learningRate > 0 && initialTemperature > 0, "rates are positive")
  }
}
