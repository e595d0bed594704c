internal import CKernels

/// The inputs of a dense layer.
struct DenseInputs {
  var x: Tensor
  var weight: Tensor
  var bias: Tensor
}

extension Tape {
  /// Dense layer: result[g] = x[g]·weight[g] + bias[g], x rows×k, weight k×n, bias 1×n.
  ///
  /// An x of one group serves every member of the ensemble.
  public mutating func multiply(_ x: Tensor, _ weight: Tensor, adding bias: Tensor) -> Tensor {
    let inputs = checked(x, weight, bias)
    let tracked = isTracked(inputs)
    let result = make(
      groups: weight.groups, rows: x.rows, columns: weight.columns, tracked: tracked)
    var layer = layer(inputs, y: node(result).value)
    kinglet_dense_forward(kernels.context, &layer)
    if tracked { operations.append(.multiply(inputs, result: result)) }
    return result
  }

  mutating func multiplyBackward(_ inputs: DenseInputs, result: Tensor) {
    guard let incoming = incoming(result) else { return }
    var layer = layer(inputs, y: node(result).value)
    var gradients = gradients(of: inputs, dy: incoming)
    kinglet_dense_backward(kernels.context, &layer, &gradients)
  }

  /// tanh(scale·ẑ + offset) of z = x·weight + bias, ẑ = (z - mean)/√(variance + 1e-6) over the
  /// columns of each row (Ba, Kiros and Hinton 2016); scale and offset 1×n.
  public mutating func multiplyNormaliseTanh(
    _ x: Tensor, _ weight: Tensor, adding bias: Tensor, scale: Tensor, offset: Tensor
  ) -> Tensor {
    precondition(scale.count == bias.count && offset.count == bias.count, "scale and offset")
    precondition(isTracked(scale) == isTracked(offset), "scale and offset are tracked together")
    let inputs = checked(x, weight, bias)
    precondition(node(scale).members == node(weight).members, "parameters of other members")
    precondition(node(offset).members == node(weight).members, "parameters of other members")
    let tracked = isTracked(inputs) || isTracked(scale)
    let (rows, columns) = (x.rows, weight.columns)
    let result = make(groups: weight.groups, rows: rows, columns: columns, tracked: tracked)
    let normalised = arena.take(result.count)
    let deviation = arena.take(result.groups * rows)
    var layer = layer(inputs, y: node(result).value)
    normalise(
      &layer, scale: scale, offset: offset, normalised: normalised, inverseDeviation: deviation)
    kinglet_dense_forward(kernels.context, &layer)
    if tracked {
      operations.append(
        .multiplyNormTanh(
          inputs, scale: scale, offset: offset, result: result, normalised: normalised,
          inverseDeviation: deviation))
    }
    return result
  }

  mutating func multiplyNormTanhBackward(
    _ inputs: DenseInputs, scale: Tensor, offset: Tensor, result: Tensor,
    normalised: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>
  ) {
    guard let incoming = incoming(result) else { return }
    var layer = layer(inputs, y: node(result).value)
    normalise(
      &layer, scale: scale, offset: offset, normalised: normalised,
      inverseDeviation: inverseDeviation)
    var gradients = gradients(of: inputs, dy: incoming)
    let (scaleGradient, offsetGradient) = (claim(scale), claim(offset))
    (gradients.dscale, gradients.doffset) = (scaleGradient?.0, offsetGradient?.0)
    precondition(scaleGradient?.1 == offsetGradient?.1, "scale and offset serve the same layers")
    gradients.norm_mode = scaleGradient?.1 ?? 0
    kinglet_dense_backward(kernels.context, &layer, &gradients)
  }

  private func checked(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> DenseInputs {
    precondition(x.groups == 1 || x.groups == weight.groups, "\(x.groups) groups of x")
    precondition(x.columns == weight.rows, "\(x.columns) features into \(weight.rows) rows")
    precondition(bias.groups == weight.groups && bias.count == weight.groups * weight.columns)
    precondition(node(bias).members == node(weight).members, "parameters of other members")
    precondition(node(x).members == nil, "x of chosen members")
    precondition(x.count > 0 && weight.count > 0, "an empty layer")
    return DenseInputs(x: x, weight: weight, bias: bias)
  }

  private func isTracked(_ inputs: DenseInputs) -> Bool {
    isTracked(inputs.x) || isTracked(inputs.weight) || isTracked(inputs.bias)
  }

  /// A layer without normalisation.
  private func layer(
    _ inputs: DenseInputs, y: UnsafeMutablePointer<Float>
  ) -> kinglet_dense {
    var layer = kinglet_dense()
    (layer.members, layer.rows) = (Int32(inputs.weight.groups), Int32(inputs.x.rows))
    (layer.inputs, layer.outputs) = (Int32(inputs.weight.rows), Int32(inputs.weight.columns))
    layer.x = UnsafePointer(node(inputs.x).value)
    layer.x_is_shared = inputs.x.groups == 1 ? 1 : 0
    layer.blocks = node(inputs.weight).members
    layer.weight = UnsafePointer(node(inputs.weight).value)
    layer.bias = UnsafePointer(node(inputs.bias).value)
    layer.y = y
    return layer
  }

  private func normalise(
    _ layer: inout kinglet_dense, scale: Tensor, offset: Tensor,
    normalised: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>
  ) {
    layer.scale = UnsafePointer(node(scale).value)
    layer.offset = UnsafePointer(node(offset).value)
    (layer.normalised, layer.inverse_deviation) = (normalised, inverseDeviation)
  }

  private mutating func gradients(
    of inputs: DenseInputs, dy: UnsafeMutablePointer<Float>
  ) -> kinglet_dense_gradients {
    var gradients = kinglet_dense_gradients()
    gradients.dy = dy
    if let (gradient, mode) = claim(inputs.x) {
      (gradients.dx, gradients.x_mode) = (gradient, mode)
    }
    if let (gradient, mode) = claim(inputs.weight) {
      (gradients.dweight, gradients.weight_mode) = (gradient, mode)
    }
    if let (gradient, mode) = claim(inputs.bias) {
      (gradients.dbias, gradients.bias_mode) = (gradient, mode)
    }
    return gradients
  }
}
