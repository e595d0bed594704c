internal import CKernels

/// The inputs of a dense layer.
struct DenseInputs {
  var x: Tensor
  var weight: Tensor
  var bias: Tensor
}

/// Where the backward pass of a dense layer writes, and how.
struct DenseGradients {
  typealias Target = (gradient: UnsafeMutablePointer<Float>, mode: Int32)?
  var x: Target
  var weight: Target
  var bias: Target
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
    for group in 0..<result.groups { denseForward(inputs, into: node(result).value, group: group) }
    if tracked { operations.append(.multiply(inputs, result: result)) }
    return result
  }

  mutating func multiplyBackward(_ inputs: DenseInputs, result: Tensor) {
    guard let incoming = incoming(result) else { return }
    let gradients = claim(inputs)
    for group in 0..<result.groups {
      denseBackward(inputs, gradients, incoming: incoming, group: group)
    }
  }

  /// tanh(scale·ẑ + offset) of z = x·weight + bias, ẑ = (z - mean)/√(variance + 1e-6) over the
  /// columns of each row (Ba, Kiros and Hinton 2016); scale and offset 1×n.
  ///
  /// The members of an ensemble go through the whole layer one after another, so that each stays in
  /// the caches.
  public mutating func multiplyNormaliseTanh(
    _ x: Tensor, _ weight: Tensor, adding bias: Tensor, scale: Tensor, offset: Tensor
  ) -> Tensor {
    precondition(scale.count == bias.count && offset.count == bias.count, "scale and offset")
    precondition(isTracked(scale) == isTracked(offset), "scale and offset are tracked together")
    let inputs = checked(x, weight, bias)
    let tracked = isTracked(inputs) || isTracked(scale)
    let (rows, columns) = (x.rows, weight.columns)
    let result = make(groups: weight.groups, rows: rows, columns: columns, tracked: tracked)
    let normalised = arena.take(result.count)
    let deviation = arena.take(result.groups * rows)
    for group in 0..<result.groups {
      let at = group * rows * columns
      denseForward(inputs, into: normalised, group: group)
      kinglet_norm_tanh_forward(
        kernels.context, Int32(rows), Int32(columns), normalised + at, block(scale, group),
        block(offset, group), node(result).value + at, deviation + group * rows)
    }
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
    let (scaleGradient, offsetGradient) = (claim(scale), claim(offset))
    let gradients = claim(inputs)
    let (rows, columns) = (result.rows, result.columns)
    for group in 0..<result.groups {
      let at = group * rows * columns
      // The gradient of z replaces that of the result in place.
      kinglet_norm_tanh_backward(
        kernels.context, Int32(rows), Int32(columns), normalised + at, block(scale, group),
        node(result).value + at, inverseDeviation + group * rows, incoming + at, incoming + at,
        scaleGradient.map { $0.0 + group * columns }, offsetGradient.map { $0.0 + group * columns },
        scaleGradient?.1 ?? 0)
      denseBackward(inputs, gradients, incoming: incoming, group: group)
    }
  }

  private func checked(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> DenseInputs {
    precondition(x.groups == 1 || x.groups == weight.groups, "\(x.groups) groups of x")
    precondition(x.columns == weight.rows, "\(x.columns) features into \(weight.rows) rows")
    precondition(bias.groups == weight.groups && bias.count == weight.groups * weight.columns)
    return DenseInputs(x: x, weight: weight, bias: bias)
  }

  private func isTracked(_ inputs: DenseInputs) -> Bool {
    isTracked(inputs.x) || isTracked(inputs.weight) || isTracked(inputs.bias)
  }

  private mutating func claim(_ inputs: DenseInputs) -> DenseGradients {
    DenseGradients(x: claim(inputs.x), weight: claim(inputs.weight), bias: claim(inputs.bias))
  }

  /// The block of a tensor that a group uses; a tensor of one group serves all.
  private func block(_ tensor: Tensor, _ group: Int) -> UnsafeMutablePointer<Float> {
    let node = node(tensor)
    let member = tensor.groups == 1 && node.members == nil ? 0 : group
    let index = node.members.map { Int($0[member]) } ?? member
    return node.value + index * tensor.rows * tensor.columns
  }

  private func denseForward(
    _ inputs: DenseInputs, into out: UnsafeMutablePointer<Float>, group: Int
  ) {
    let (rows, k, n) = (inputs.x.rows, inputs.weight.rows, inputs.weight.columns)
    var product = kinglet_product()
    (product.m, product.n, product.k) = (Int32(rows), Int32(n), Int32(k))
    product.a = UnsafePointer(block(inputs.x, group))
    (product.a_row, product.a_column) = (Int64(k), 1)
    product.b = UnsafePointer(block(inputs.weight, group))
    (product.b_row, product.b_column) = (Int64(n), 1)
    product.c = out + group * rows * n
    product.c_row = Int64(n)
    product.bias = UnsafePointer(block(inputs.bias, group))
    product.mode = Int32(kinglet_add_bias)
    kinglet_multiply(kernels.context, &product)
  }

  /// dweight = xᵀ·dy, dbias = Σ dy, dx = dy·weightᵀ, summed over the ensemble when x is shared.
  private func denseBackward(
    _ inputs: DenseInputs, _ gradients: DenseGradients, incoming: UnsafeMutablePointer<Float>,
    group: Int
  ) {
    let (rows, k, n) = (inputs.x.rows, inputs.weight.rows, inputs.weight.columns)
    let dy = UnsafePointer(incoming + group * rows * n)
    var product = kinglet_product()
    if let (gradient, mode) = gradients.weight {
      (product.m, product.n, product.k) = (Int32(k), Int32(n), Int32(rows))
      product.a = UnsafePointer(block(inputs.x, group))
      (product.a_row, product.a_column) = (1, Int64(k))
      (product.b, product.b_row, product.b_column) = (dy, Int64(n), 1)
      (product.c, product.c_row, product.mode) = (gradient + group * k * n, Int64(n), mode)
      kinglet_multiply(kernels.context, &product)
    }
    if let (gradient, mode) = gradients.bias {
      kinglet_sum_rows(kernels.context, Int32(rows), Int32(n), dy, gradient + group * n, mode)
    }
    if let (gradient, mode) = gradients.x {
      let isShared = inputs.x.groups == 1
      (product.m, product.n, product.k) = (Int32(rows), Int32(k), Int32(n))
      (product.a, product.a_row, product.a_column) = (dy, Int64(n), 1)
      product.b = UnsafePointer(block(inputs.weight, group))
      (product.b_row, product.b_column) = (1, Int64(n))
      product.c = isShared ? gradient : gradient + group * rows * k
      product.c_row = Int64(k)
      product.mode = isShared && group > 0 ? GradientState.accumulate.rawValue : mode
      kinglet_multiply(kernels.context, &product)
    }
  }
}
