import Foundation
import LearningSlots
import NeuralNetworks
import OffPolicy
import Randomness
import Tensors

/// The losses of RLPD in double precision and plain loops, over arrays of a checkpoint.
struct ReferenceLearner {
  typealias Weights = [String: [Double]]

  let configuration: RLPDConfiguration
  let batch: PlainBatch

  /// The arrays under a prefix, as doubles.
  static func weights(_ file: Safetensors, _ prefix: String) throws -> Weights {
    var weights: Weights = [:]
    for array in file.arrays where array.name.hasPrefix(prefix) && array.element == .f32 {
      let values = try file.floats(array.name, shape: array.shape.map { $0 })
      weights[String(array.name.dropFirst(prefix.count))] = values.map(Double.init)
    }
    return weights
  }

  /// trunk and head of one member, on one row.
  private func network(_ weights: Weights, member: Int, members: Int, _ x: [Double]) -> [Double] {
    func part(_ name: String) -> ArraySlice<Double> {
      guard let all = weights[name] else { return [] }
      let size = all.count / members
      return all[member * size..<(member + 1) * size]
    }
    func dense(_ name: String, _ x: [Double]) -> [Double] {
      let (w, b) = (Array(part(name + ".weight")), Array(part(name + ".bias")))
      return b.indices.map { j in
        x.indices.reduce(b[j]) { $0 + x[$1] * w[$1 * b.count + j] }
      }
    }
    var features = x
    for index in 0..<2 {
      features = dense("trunk.\(index)", features)
      if configuration.layerNorm == .layerNorm {
        let count = Double(features.count)
        let mean = features.reduce(0, +) / count
        let variance = features.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let scale = Array(part("trunk.\(index).norm.scale"))
        let offset = Array(part("trunk.\(index).norm.offset"))
        features = features.indices.map {
          scale[$0] * (features[$0] - mean) / (variance + 1e-6).squareRoot() + offset[$0]
        }
      }
      features = features.map(tanh)
    }
    return dense("head", features)
  }

  /// An observation and the magnified copies of its components.
  private func inputs(_ observation: [Double]) -> [Double] {
    let widths = configuration.fineWidths.map(Double.init)
    return observation
      + widths.indices.filter { widths[$0] > 0 }.map {
        tanh(observation[$0] / widths[$0])
      }
  }

  /// Action and log-probability for one row's noise.
  func sample(_ actor: Weights, _ observation: [Double], noise: [Double]) -> ([Double], Double) {
    let head = network(actor, member: 0, members: 1, inputs(observation))
    var (action, logProbability): ([Double], Double) = ([], 0)
    for j in noise.indices {
      let deviation = min(max(exp(head[noise.count + j]), 1e-5), 5)
      let u = head[j] + deviation * noise[j]
      action.append(tanh(u))
      logProbability += -noise[j] * noise[j] / 2 - log(deviation) - log(2 * Double.pi) / 2
      logProbability -= log(1 - tanh(u) * tanh(u))
    }
    return (action, logProbability)
  }

  /// Q of one member on one row.
  func value(
    _ critics: Weights, member: Int, _ observation: [Double], _ action: [Double]
  ) -> Double {
    network(
      critics, member: member, members: configuration.ensemble,
      inputs(observation) + action + setpoint(observation, action))[0]
  }

  /// Where the action leads, beside the target.
  private func setpoint(_ observation: [Double], _ action: [Double]) -> [Double] {
    configuration.setpoints.axes.enumerated().map { index, axis in
      let place = observation[axis.observation] + Double(axis.reach) * action[index]
      return tanh(place / Double(axis.width))
    }
  }

  /// y of each row, and the mean of -ln π(a'|s').
  func targets(
    actor: Weights, targets: Weights, members: [Int], noise: [[Double]], temperature: Double
  ) -> ([Double], entropy: Double) {
    var (result, entropy): ([Double], Double) = ([], 0)
    for row in batch.rewards.indices {
      let next = batch.nextObservations[row]
      let (action, logProbability) = sample(actor, next, noise: noise[row])
      let lowest = members.map { value(targets, member: $0, next, action) }.min() ?? .nan
      let bonus = configuration.entropyBackup == .on ? temperature * logProbability : 0
      result.append(
        batch.rewards[row] + configuration.discount * batch.masks[row] * (lowest - bonus))
      entropy -= logProbability / Double(batch.rewards.count)
    }
    return (result, entropy)
  }

  /// Mean over members and rows of (Q - y)².
  func criticLoss(_ critics: Weights, targets: [Double]) -> Double {
    var sum = 0.0
    for row in targets.indices {
      for member in 0..<configuration.ensemble {
        let q = value(critics, member: member, batch.observations[row], batch.actions[row])
        sum += (q - targets[row]) * (q - targets[row])
      }
    }
    return sum / Double(targets.count * configuration.ensemble)
  }

  /// Mean over rows of α·ln π - mean over members of Q.
  func actorLoss(
    _ actor: Weights, critics: Weights, noise: [[Double]], temperature: Double
  ) -> Double {
    var sum = 0.0
    for row in noise.indices {
      let (action, logProbability) = sample(actor, batch.observations[row], noise: noise[row])
      sum += temperature * logProbability
      for member in 0..<configuration.ensemble {
        sum -=
          value(critics, member: member, batch.observations[row], action)
          / Double(configuration.ensemble)
      }
    }
    return sum / Double(noise.count)
  }

  /// The learner's next noise, rows×actionSize, from its stream.
  func noise(from stream: inout RandomStream) -> [[Double]] {
    batch.rewards.indices.map { _ in
      (0..<configuration.actionSize).map { _ in
        let word = stream.next()
        let (u, v) = (Double(word >> 40) * 0x1p-24, Double((word >> 16) & 0xff_ffff) * 0x1p-24)
        return sqrt(-2 * log(1 - u)) * cos(2 * .pi * v)
      }
    }
  }
}

/// A batch as lists of doubles.
struct PlainBatch {
  let observations, actions, nextObservations: [[Double]]
  let rewards, masks: [Double]

  init(_ batch: borrowing Batch) {
    func rows(_ values: [Float], _ columns: Int) -> [[Double]] {
      stride(from: 0, to: values.count, by: columns).map {
        values[$0..<$0 + columns].map(Double.init)
      }
    }
    observations = rows(batch.observations.values, batch.observationSize)
    actions = rows(batch.actions.values, batch.actionSize)
    nextObservations = rows(batch.nextObservations.values, batch.observationSize)
    rewards = batch.rewards.values.map(Double.init)
    masks = batch.masks.values.map(Double.init)
  }
}
