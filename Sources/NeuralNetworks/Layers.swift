public import Randomness
public import Tensors

/// Dense layer y = x·W + b, for each member of the layout's ensemble.
public struct Dense: Sendable {
  /// W, inputs×outputs.
  public let weight: ParameterSlot
  /// b, 1×outputs.
  public let bias: ParameterSlot

  /// Asks the layout for `name.weight` and `name.bias`.
  public init(_ name: String, inputs: Int, outputs: Int, in layout: inout ParameterLayout) {
    weight = layout.add(matrix: name + ".weight", rows: inputs, columns: outputs)
    bias = layout.add(vector: name + ".bias", count: outputs)
  }

  /// Xavier-uniform weights (Glorot and Bengio 2010), ±√(6/(inputs + outputs)), and zero bias.
  ///
  /// `heads` outputs that share the matrix count as layers of their own.
  public func initialise(
    _ parameters: borrowing ParameterArena, heads: Int = 1, using stream: inout RandomStream
  ) {
    let outputs = weight.columns / heads
    let half = (6 / Double(weight.rows + outputs)).squareRoot()
    let elements = parameters[weight]
    for i in elements.indices { elements[i] = Float(stream.uniform(eitherSide: half)) }
    parameters[bias].update(repeating: 0)
  }

  /// x·W + b.
  public func callAsFunction(
    _ x: Tensor, _ source: some ParameterSource, on tape: inout Tape
  ) -> Tensor {
    let matrix = source.tensor(weight, on: &tape)
    return tape.multiply(x, matrix, adding: source.tensor(bias, on: &tape))
  }
}

/// Layer normalisation and tanh after a dense layer.
public struct LayerNormTanh: Sendable {
  /// Factor of the normalised features, 1×features.
  public let scale: ParameterSlot
  /// Added to them, 1×features.
  public let offset: ParameterSlot

  /// Asks the layout for `name.scale` and `name.offset`.
  public init(_ name: String, features: Int, in layout: inout ParameterLayout) {
    scale = layout.add(vector: name + ".scale", count: features)
    offset = layout.add(vector: name + ".offset", count: features)
  }

  /// Scale one, offset zero.
  public func initialise(_ parameters: borrowing ParameterArena) {
    parameters[scale].update(repeating: 1)
    parameters[offset].update(repeating: 0)
  }

  /// tanh(scale·ẑ + offset) of z = x·W + b of a dense layer.
  public func callAsFunction(
    _ dense: Dense, of x: Tensor, _ source: some ParameterSource, on tape: inout Tape
  ) -> Tensor {
    let weight = source.tensor(dense.weight, on: &tape)
    let bias = source.tensor(dense.bias, on: &tape)
    let factor = source.tensor(scale, on: &tape)
    let added = source.tensor(offset, on: &tape)
    return tape.multiplyNormaliseTanh(x, weight, adding: bias, scale: factor, offset: added)
  }
}

/// Whether a trunk normalises before each tanh.
public enum Normalisation: String, Sendable, CaseIterable {
  /// Layer normalisation after each dense layer.
  case layerNorm
  /// Dense layers and tanh only.
  case none
}

/// The two hidden layers of SERL's networks: dense, layer normalisation, tanh, twice.
public struct Trunk: Sendable {
  /// The dense layers.
  public let dense: [Dense]
  /// Their normalisations; empty without.
  public let norms: [LayerNormTanh]

  /// Asks the layout for the parameters `name.0.…` and `name.1.…`.
  public init(
    _ name: String, inputs: Int, width: Int, normalisation: Normalisation,
    in layout: inout ParameterLayout
  ) {
    var (dense, norms): ([Dense], [LayerNormTanh]) = ([], [])
    for index in 0..<2 {
      let path = "\(name).\(index)"
      dense.append(
        Dense(path, inputs: index == 0 ? inputs : width, outputs: width, in: &layout))
      if normalisation == .layerNorm {
        norms.append(LayerNormTanh(path + ".norm", features: width, in: &layout))
      }
    }
    (self.dense, self.norms) = (dense, norms)
  }

  /// Xavier-uniform weights, zero biases, unit scales.
  public func initialise(_ parameters: borrowing ParameterArena, using stream: inout RandomStream) {
    for layer in dense { layer.initialise(parameters, using: &stream) }
    for norm in norms { norm.initialise(parameters) }
  }

  /// Features of x, rows×width.
  public func callAsFunction(
    _ x: Tensor, _ source: some ParameterSource, on tape: inout Tape
  ) -> Tensor {
    var features = x
    for index in dense.indices {
      features =
        norms.isEmpty
        ? tape.tanh(dense[index](features, source, on: &tape))
        : norms[index](dense[index], of: features, source, on: &tape)
    }
    return features
  }
}
