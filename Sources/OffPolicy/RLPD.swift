public import LearningSlots
import NeuralNetworks
import Randomness
import Tensors

/// RLPD: soft actor-critic with an ensemble of critics, a random pair of them in the target, and
/// many critic updates per step.
///
/// After Ball, Smith, Kostrikov and Levine 2023.
///
/// A batch (s, a, r, mask, s'), where r may add up several steps and mask then holds their discount,
/// gives, with a' ~ π(·|s'):
///   y = r + γ·mask·min over the drawn target critics of Q'(s', a'),
///   critic loss = mean over critics and rows of (Q(s, a) - y)²,
///   actor loss = mean over rows of α·ln π(a_π|s) - mean over critics of Q(s, a_π),
///   temperature loss = α·(H - goal), H = -mean ln π(a'|s').
/// A network that has no gradient in an update takes no step in it.
public struct RLPD: ~Copyable, Learner, @unchecked Sendable {
  /// Sizes and rates.
  public let configuration: RLPDConfiguration
  /// Critic updates so far.
  public internal(set) var updates = 0

  let fineInputs: FineInputs
  let actor: Actor
  let critics: Critics
  var actorParameters: ParameterArena
  var criticParameters: ParameterArena
  var targetParameters: ParameterArena
  var temperature: Temperature
  var actorOptimiser: Adam
  var criticOptimiser: Adam
  var temperatureOptimiser: Adam
  var noiseStream: RandomStream
  var memberStream: RandomStream
  var tape: Tape
  /// Target critics of the minibatch; a place of its own so that tensors may point to it.
  let members: UnsafeMutablePointer<Int32>
  var uniforms: Matrix
  /// Takes [inputs of an observation | action] to the setpoint, see `SetpointInputs`.
  let projection: Matrix
  let zeroBias: Matrix
  /// y of the minibatch, rows×1.
  var targets: Matrix
  var last = RLPDReport()

  /// A learner with fresh networks; equal seeds and configurations give equal learners.
  public init(_ configuration: RLPDConfiguration, seed: UInt64) {
    configuration.check()
    self.configuration = configuration
    fineInputs = configuration.fineInputs
    actor = Actor(configuration)
    critics = Critics(configuration)
    actorParameters = ParameterArena(actor.layout)
    criticParameters = ParameterArena(critics.layout)
    targetParameters = ParameterArena(critics.layout)
    temperature = Temperature(initial: configuration.initialTemperature)
    let rate = configuration.learningRate
    actorOptimiser = Adam(count: actor.layout.count, learningRate: rate)
    criticOptimiser = Adam(count: critics.layout.count, learningRate: rate)
    temperatureOptimiser = Adam(count: temperature.parameters.layout.count, learningRate: rate)
    noiseStream = RandomStream(seed: seed, name: "learner.noise")
    memberStream = RandomStream(seed: seed, name: "learner.members")
    tape = Tape(
      kernels: Kernels(threads: configuration.threads, variant: configuration.variant))
    members = .allocate(capacity: configuration.drawn)
    members.initialize(repeating: 0, count: configuration.drawn)
    targets = Matrix(rows: configuration.batchRows, columns: 1)
    uniforms = Matrix(rows: configuration.batchRows, columns: 2 * configuration.actionSize)
    projection = configuration.setpoints.projection(
      inputSize: configuration.inputSize, actionSize: configuration.actionSize)
    zeroBias = Matrix(rows: 1, columns: projection.columns)
    var initial = RandomStream(seed: seed, name: "learner.weights")
    actor.initialise(actorParameters, using: &initial)
    critics.initialise(criticParameters, using: &initial)
    tape.kernels.approach(criticParameters.values, rate: 1, target: targetParameters.values)
  }

  /// How often the learner's working memory has grown; constant after the first actor update.
  public var allocations: Int { tape.allocations }

  deinit { members.deallocate() }

  /// One critic update, and in each `criticsPerActor`-th call one of actor and temperature, on the
  /// same batch.
  ///
  /// Allocates nothing after the first such call.
  public mutating func update(from batch: borrowing Batch) -> RLPDReport {
    precondition(batch.rows == configuration.batchRows, "\(batch.rows) rows in a batch")
    precondition(batch.observationSize == configuration.observationSize, "observation size")
    precondition(batch.actionSize == configuration.actionSize, "action size")
    computeTargets(batch)
    updateCritics(batch)
    updates += 1
    last.updatedActor = updates % configuration.criticsPerActor == 0
    if last.updatedActor { updateActor(batch) }
    last.temperature = temperature.value
    return last
  }

  /// Fills `targets` with y, and the report with the entropy of the next actions.
  private mutating func computeTargets(_ batch: borrowing Batch) {
    tape.reset()
    let noise = drawNoise()
    let next = inputs(of: batch.nextObservations, rows: 0..<batch.rows)
    let sample = actor.sample(next, noise: noise, actorParameters.frozen, on: &tape)
    let chosen = targetParameters.frozen(members: members, count: drawMembers())
    let input = criticInput(next, sample.action)
    let values = tape.values(of: critics.values(input, chosen, on: &tape))
    let logProbability = tape.values(of: sample.logProbability)
    let weight = configuration.entropyBackup == .on ? temperature.value : 0
    for row in 0..<batch.rows {
      var lowest = values[row]
      for index in stride(from: row + batch.rows, to: values.count, by: batch.rows) {
        lowest = min(lowest, values[index])
      }
      let future = lowest - weight * logProbability[row]
      targets.base[row] =
        (batch.rewards.base[row] + Float(configuration.discount) * batch.masks.base[row] * future)
        .clamped(to: configuration.returns)
    }
    last.entropy = -Self.mean(logProbability)
    last.meanTarget = Self.mean(targets.elements)
  }

  private mutating func updateCritics(_ batch: borrowing Batch) {
    tape.reset()
    let observations = inputs(of: batch.observations, rows: 0..<batch.rows)
    let input = criticInput(observations, tape.constant(batch.actions))
    let values = critics.values(input, criticParameters.tracked, on: &tape)
    let loss = tape.meanSquaredError(values, target: tape.constant(targets))
    tape.backward(from: loss)
    criticOptimiser.take(criticParameters, with: tape.kernels)
    tape.kernels.approach(
      criticParameters.values, rate: Float(configuration.targetRate),
      target: targetParameters.values)
    last.criticLoss = tape.scalar(loss)
    last.meanValue = Self.mean(tape.values(of: values))
  }

  private mutating func updateActor(_ batch: borrowing Batch) {
    tape.reset()
    let noise = drawNoise()
    let observations = inputs(of: batch.observations, rows: 0..<batch.rows)
    let sample = actor.sample(observations, noise: noise, actorParameters.tracked, on: &tape)
    let input = criticInput(observations, sample.action)
    let values = critics.values(input, criticParameters.frozen, on: &tape)
    var loss = tape.weightedSum(
      tape.mean(sample.logProbability), temperature.value, tape.mean(values), -1)
    let weight = configuration.cloningWeight(afterUpdates: updates)
    if weight > 0, !batch.demonstrated.isEmpty {
      loss = tape.weightedSum(loss, 1, cloningError(batch), weight)
    }
    tape.backward(from: loss)
    actorOptimiser.take(actorParameters, with: tape.kernels)
    temperature.differentiate(entropy: last.entropy, goal: configuration.entropyGoal)
    temperatureOptimiser.take(temperature.parameters, with: tape.kernels)
    last.actorLoss = tape.scalar(loss)
  }

  /// Mean squared distance of tanh(mean) from what the demonstrator meant.
  ///
  /// After Nair, McGrew, Andrychowicz, Zaremba and Abbeel 2018.
  private mutating func cloningError(_ batch: borrowing Batch) -> Tensor {
    let shown = batch.demonstrated
    let observations = inputs(of: batch.observations, rows: shown)
    let silence = tape.constant(rows: shown.count, columns: configuration.actionSize) {
      $0.update(repeating: 0)
    }
    let sample = actor.sample(observations, noise: silence, actorParameters.tracked, on: &tape)
    return tape.meanSquaredError(
      sample.action, target: tape.constant(batch.intendedActions, rows: shown))
  }

  /// What the networks see of observations: [observation | magnified copies].
  private mutating func inputs(of observations: borrowing Matrix, rows: Range<Int>) -> Tensor {
    let plain = tape.constant(observations, rows: rows)
    guard fineInputs.count > 0 else { return plain }
    let first = observations.base + rows.lowerBound * observations.columns
    let copies = tape.constant(rows: rows.count, columns: fineInputs.count) {
      fineInputs.fill($0, of: first)
    }
    return tape.concatenate(plain, copies)
  }

  /// What critics see: [inputs of the observation | action | setpoint].
  private mutating func criticInput(_ observations: Tensor, _ action: Tensor) -> Tensor {
    let both = tape.concatenate(observations, action)
    guard configuration.setpoints.count > 0 else { return both }
    let setpoint = tape.multiply(
      both, tape.constant(projection), adding: tape.constant(zeroBias))
    return tape.concatenate(both, tape.tanh(setpoint))
  }

  /// Standard normal draws, rows×actionSize.
  private mutating func drawNoise() -> Tensor {
    let count = configuration.batchRows * configuration.actionSize
    for i in 0..<count {
      (uniforms.base[2 * i], uniforms.base[2 * i + 1]) = uniformPair(noiseStream.next())
    }
    let noise = tape.constant(
      rows: configuration.batchRows, columns: configuration.actionSize
    ) { _ in }
    tape.fillNormal(noise, fromUniforms: uniforms)
    return noise
  }

  /// Draws the target critics; gives how many different ones there are.
  private mutating func drawMembers() -> Int {
    guard configuration.drawn < configuration.ensemble else {
      for index in 0..<configuration.ensemble { members[index] = Int32(index) }
      return configuration.ensemble
    }
    var count = 0
    for _ in 0..<configuration.drawn {
      let member = Int32(memberStream.index(below: configuration.ensemble))
      guard !(0..<count).contains(where: { members[$0] == member }) else { continue }
      members[count] = member
      count += 1
    }
    return count
  }

  private static func mean(_ values: UnsafeBufferPointer<Float>) -> Float {
    var sum = 0.0
    for value in values { sum += Double(value) }
    return Float(sum / Double(values.count))
  }
}

extension Float {
  fileprivate func clamped(to range: ClosedRange<Float>) -> Float {
    min(range.upperBound, max(range.lowerBound, self))
  }
}
