import Foundation
import LearningSlots
import NeuralNetworks
import OffPolicy
import Tensors

/// One file of `Fixtures`: a learner, batches, and what JAX made of them.
struct UpdateFixture {
  /// The whole file; as a checkpoint, the learner before the first update.
  let file: Safetensors
  /// Seed whose random streams the updates draw from.
  let seed: UInt64

  init(_ name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    file = try Safetensors(
      contentsOf: folder.appending(path: name + ".safetensors").path(percentEncoded: false))
    seed = try file.setting("seed")
  }

  /// The learner's configuration, besides how it is computed.
  func configuration() throws -> RLPDConfiguration {
    var configuration = RLPDConfiguration(
      observationSize: try file.setting("observation_size"),
      actionSize: try file.setting("action_size"))
    configuration.fineWidths = try file.floats("fine_widths", shape: [nil])
    configuration.setpoints = SetpointInputs(
      try file.rows("setpoints").map(Array.init).map {
        .init(observation: Int($0[0]), reach: $0[1], width: $0[2])
      })
    configuration.ensemble = try file.setting("ensemble")
    configuration.drawn = try file.setting("drawn")
    configuration.width = try file.setting("width")
    configuration.layerNorm = try file.setting("layer_norm") ? .layerNorm : .none
    configuration.discount = try file.setting("discount")
    configuration.returns = try file.setting("least_return")...file.setting("greatest_return")
    configuration.learningRate = try file.setting("learning_rate")
    configuration.targetRate = try file.setting("target_rate")
    configuration.targetEntropy = try file.setting("target_entropy") as Double
    configuration.entropyBackup = try file.setting("entropy_backup") ? .on : .off
    configuration.cloningWeight = try file.setting("cloning_weight")
    configuration.cloningUpdates = try file.setting("cloning_updates")
    configuration.batchRows = try file.setting("batch_rows")
    configuration.criticsPerActor = try file.setting("critics_per_actor")
    return configuration
  }

  /// The batch of one update.
  func batch(_ update: Int, _ configuration: RLPDConfiguration) throws -> Batch {
    var batch = Batch(
      rows: configuration.batchRows, observationSize: configuration.observationSize,
      actionSize: configuration.actionSize)
    func fill(_ matrix: borrowing Matrix, _ name: String) throws {
      let values = try file.rows("batches." + name)[update]
      precondition(values.count == matrix.count, "\(values.count) numbers of \(name)")
      for (index, value) in values.enumerated() { matrix.base[index] = value }
    }
    try fill(batch.observations, "observations")
    try fill(batch.actions, "actions")
    try fill(batch.rewards, "rewards")
    try fill(batch.masks, "masks")
    try fill(batch.nextObservations, "next_observations")
    try fill(batch.intendedActions, "intended_actions")
    let rows = try file.words("demonstrated", shape: [2]).map { Int($0) }
    batch.demonstrated = rows[0]..<rows[1]
    return batch
  }
}

extension Safetensors {
  /// An entry of the metadata that has to be there.
  fileprivate func setting<Value: LosslessStringConvertible>(_ key: String) throws -> Value {
    guard let value = metadata[key].flatMap({ Value($0) }) else {
      throw SafetensorsError.missing(name: key, present: metadata.keys.sorted())
    }
    return value
  }

  /// An array of floats, cut along its first dimension.
  func rows(_ name: String) throws -> [ArraySlice<Float>] {
    let shape = arrays.first { $0.name == name }?.shape ?? []
    let values = try floats(name, shape: shape.map { $0 })
    let size = shape.dropFirst().reduce(1, *)
    return stride(from: 0, to: values.count, by: size).map { values[$0..<$0 + size] }
  }
}
