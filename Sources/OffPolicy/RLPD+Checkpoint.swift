public import NeuralNetworks
import Randomness
import Tensors

extension RLPD {
  /// The format's name, in the metadata under `format`.
  public static var format: String { "kinglet-rlpd-1" }

  /// The policy as it is now, drawing its actions.
  public func snapshot() -> GaussianPolicy {
    GaussianPolicy(configuration, actor: actor, parameters: actorParameters.values.values)
  }

  /// Everything that a learner needs to go on as if it had never stopped: networks, targets,
  /// moments, counters, random streams, and the newest report.
  public func checkpoint() -> Safetensors {
    var file = Safetensors(metadata: ["format": Self.format])
    add(actorParameters, actorOptimiser, "actor.", to: &file)
    add(criticParameters, criticOptimiser, "critics.", to: &file)
    add(temperature.parameters, temperatureOptimiser, "temperature.", to: &file)
    file.add(critics.layout, prefix: "targets.", from: targetParameters.values.elements)
    file.add(
      "counters", shape: [4],
      [updates, actorOptimiser.steps, criticOptimiser.steps, temperatureOptimiser.steps]
        .map { UInt64($0) })
    let (noise, member) = (noiseStream.state, memberStream.state)
    file.add(
      "streams", shape: [2, 4],
      [noise.0, noise.1, noise.2, noise.3, member.0, member.1, member.2, member.3])
    file.add("report", shape: [6], last.values.map(\.value))
    return file
  }

  /// Takes a checkpoint of a learner of the same configuration.
  ///
  /// On an error nothing has changed.
  public mutating func restore(_ file: Safetensors) throws(OffPolicyError) {
    try OffPolicyError.check(file, isOf: Self.format)
    let saved = try OffPolicyError.wrapping { () throws(SafetensorsError) in
      try Saved(file, actor: actor.layout, critics: critics.layout, temperature: temperatureLayout)
    }
    saved.actor.put(into: &actorParameters, &actorOptimiser, steps: saved.counters[1])
    saved.critics.put(into: &criticParameters, &criticOptimiser, steps: saved.counters[2])
    saved.temperature.put(
      into: &temperature.parameters, &temperatureOptimiser, steps: saved.counters[3])
    targetParameters.values.setRow(0, to: saved.targets)
    updates = saved.counters[0]
    let words = saved.streams
    noiseStream.state = (words[0], words[1], words[2], words[3])
    memberStream.state = (words[4], words[5], words[6], words[7])
    last = RLPDReport(saved.report)
  }

  private var temperatureLayout: ParameterLayout { temperature.parameters.layout }

  private func add(
    _ parameters: borrowing ParameterArena, _ optimiser: borrowing Adam, _ prefix: String,
    to file: inout Safetensors
  ) {
    file.add(parameters.layout, prefix: prefix, from: parameters.values.elements)
    file.add(parameters.layout, prefix: prefix + "adam.first.", from: optimiser.first.elements)
    file.add(parameters.layout, prefix: prefix + "adam.second.", from: optimiser.second.elements)
  }
}

/// A checkpoint's contents, read and checked before any of it is used.
private struct Saved {
  struct Network {
    let values, first, second: [Float]

    init(
      _ file: Safetensors, _ layout: ParameterLayout, _ prefix: String
    ) throws(SafetensorsError) {
      values = try file.parameters(layout, prefix: prefix)
      first = try file.parameters(layout, prefix: prefix + "adam.first.")
      second = try file.parameters(layout, prefix: prefix + "adam.second.")
    }

    func put(into parameters: inout ParameterArena, _ optimiser: inout Adam, steps: Int) {
      parameters.values.setRow(0, to: values)
      optimiser.first.setRow(0, to: first)
      optimiser.second.setRow(0, to: second)
      optimiser.steps = steps
    }
  }

  let actor, critics, temperature: Network
  let targets: [Float]
  let counters: [Int]
  let streams: [UInt64]
  let report: [Float]

  init(
    _ file: Safetensors, actor: ParameterLayout, critics: ParameterLayout,
    temperature: ParameterLayout
  ) throws(SafetensorsError) {
    self.actor = try Network(file, actor, "actor.")
    self.critics = try Network(file, critics, "critics.")
    self.temperature = try Network(file, temperature, "temperature.")
    targets = try file.parameters(critics, prefix: "targets.")
    let words = try file.words("counters", shape: [4])
    if let index = words.firstIndex(where: { $0 > UInt64(Int32.max) }) {
      throw .value(name: "counters", index: index, rule: "a count is below 2³¹")
    }
    counters = words.map { Int($0) }
    streams = try file.words("streams", shape: [2, 4])
    report = try file.floats("report", shape: [6])
  }
}
