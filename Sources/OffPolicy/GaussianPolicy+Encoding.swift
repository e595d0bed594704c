import NeuralNetworks

extension GaussianPolicy {
  /// The format's name, in the metadata under `format`.
  public static let format = "kinglet-gaussian-policy-2"

  /// The policy as the bytes of a safetensors file; whether it draws is not part of it.
  public func encoded() -> [UInt8] {
    var file = Safetensors(metadata: ["format": Self.format])
    file.add("fine", shape: [observationSize], fineInputs.widths)
    parameters.withUnsafeBufferPointer { file.add(actor.layout, prefix: "", from: $0) }
    return file.encoded()
  }

  /// Reads what `encoded` wrote; the sizes follow from the arrays.
  public init(decoding bytes: [UInt8]) throws(OffPolicyError) {
    let file = try OffPolicyError.wrapping { () throws(SafetensorsError) in
      try Safetensors(decoding: bytes)
    }
    try OffPolicyError.check(file, isOf: Self.format)
    let configuration = try OffPolicyError.wrapping { () throws(SafetensorsError) in
      try Self.shape(of: file)
    }
    let actor = Actor(configuration)
    let parameters = try OffPolicyError.wrapping { () throws(SafetensorsError) in
      try file.parameters(actor.layout, prefix: "")
    }
    self.init(configuration, actor: actor, parameters: parameters)
  }

  /// Reads what `encoded` wrote, for a task of these sizes.
  public init(
    decoding bytes: [UInt8], observationSize: Int, actionSize: Int
  ) throws(OffPolicyError) {
    let policy = try Self(decoding: bytes)
    let (expected, found) = (
      [observationSize, actionSize], [policy.observationSize, policy.actionSize]
    )
    guard expected == found else { throw .sizes(expected: expected, found: found) }
    self = policy
  }

  private static func shape(of file: Safetensors) throws(SafetensorsError) -> RLPDConfiguration {
    let widths = try file.floats("fine", shape: [nil])
    if let index = widths.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw .value(name: "fine", index: index, rule: "a width is 0 or more and finite")
    }
    let fineInputs = FineInputs(widths: widths)
    let inputs = widths.count + fineInputs.count
    let first = try file.array("trunk.0.weight", .f32, shape: [inputs, nil])
    let head = try file.array("head.weight", .f32, shape: [first.shape[1], nil])
    guard first.shape.allSatisfy({ $0 > 0 }), head.shape[1] > 0, head.shape[1] % 2 == 0 else {
      throw .value(name: head.name, index: 0, rule: "a head has a mean and a deviation per action")
    }
    var configuration = RLPDConfiguration(
      observationSize: widths.count, actionSize: head.shape[1] / 2)
    configuration.fineWidths = widths
    configuration.width = first.shape[1]
    let isNormalised = file.arrays.contains { $0.name == "trunk.0.norm.scale" }
    configuration.layerNorm = isNormalised ? .layerNorm : .none
    return configuration
  }
}

extension OffPolicyError {
  static func wrapping<Value>(
    _ body: () throws(SafetensorsError) -> Value
  ) throws(OffPolicyError) -> Value {
    do { return try body() } catch { throw .contents(error) }
  }

  static func check(_ file: Safetensors, isOf format: String) throws(OffPolicyError) {
    let found = file.metadata["format"] ?? ""
    guard found == format else { throw .format(expected: format, found: found) }
  }
}
