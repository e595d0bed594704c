internal import CKernels

extension Tape {
  /// [left | right], column after column, for tensors of one group and equal rows.
  public mutating func concatenate(_ left: Tensor, _ right: Tensor) -> Tensor {
    precondition(left.groups == 1 && right.groups == 1 && left.rows == right.rows)
    let tracked = isTracked(left) || isTracked(right)
    let width = left.columns + right.columns
    let result = make(groups: 1, rows: left.rows, columns: width, tracked: tracked)
    let (out, a, b) = (node(result).value, node(left).value, node(right).value)
    for row in 0..<left.rows {
      let start = out + row * width
      start.update(from: a + row * left.columns, count: left.columns)
      (start + left.columns).update(from: b + row * right.columns, count: right.columns)
    }
    if tracked { operations.append(.concatenate(left, right, result: result)) }
    return result
  }

  mutating func concatenateBackward(_ left: Tensor, _ right: Tensor, result: Tensor) {
    guard let incoming = incoming(result) else { return }
    for (part, offset) in [(left, 0), (right, left.columns)] {
      guard let (gradient, mode) = claim(part) else { continue }
      for row in 0..<part.rows {
        let from = incoming + row * result.columns + offset
        let to = gradient + row * part.columns
        for column in 0..<part.columns {
          let before = mode == GradientState.accumulate.rawValue ? to[column] : 0
          to[column] = before + from[column]
        }
      }
    }
  }

  /// A reparameterised draw from the tanh-squashed diagonal Gaussian.
  ///
  /// After Haarnoja, Zhou, Abbeel and Levine 2018.
  ///
  /// head holds [mean | log deviation]. action = tanh(mean + deviation·noise) with
  /// deviation = clip(exp(log deviation), 1e-5, 5), and
  /// logProbability = Σ -noise²/2 - ln(deviation) - ln(2π)/2 - ln(1 - action²), one per row.
  public mutating func squashedGaussian(
    head: Tensor, noise: Tensor
  ) -> (action: Tensor, logProbability: Tensor) {
    let size = noise.columns
    precondition(head.groups == 1 && head.columns == 2 * size && head.rows == noise.rows)
    let tracked = isTracked(head)
    let action = make(groups: 1, rows: head.rows, columns: size, tracked: tracked)
    let logProbability = make(groups: 1, rows: head.rows, columns: 1, tracked: tracked)
    kinglet_squash_forward(
      kernels.context, Int32(head.rows), Int32(size), node(head).value, node(noise).value,
      node(action).value, node(logProbability).value)
    if tracked {
      operations.append(
        .squash(head: head, noise: noise, action: action, logProbability: logProbability))
    }
    return (action, logProbability)
  }

  mutating func squashBackward(
    head: Tensor, noise: Tensor, action: Tensor, logProbability: Tensor
  ) {
    let (fromAction, fromLog) = (incoming(action), incoming(logProbability))
    if fromAction == nil && fromLog == nil { return }
    guard let (gradient, mode) = claim(head) else { return }
    kinglet_squash_backward(
      kernels.context, Int32(head.rows), Int32(noise.columns), node(head).value,
      node(noise).value, node(action).value, fromAction, fromLog, gradient, mode)
  }

  /// Mean over every element of (prediction - target)²; a target of one group serves all members.
  ///
  /// The target takes no gradient.
  public mutating func meanSquaredError(_ prediction: Tensor, target: Tensor) -> Tensor {
    let block = prediction.rows * prediction.columns
    precondition(target.count == block || target.count == prediction.count, "targets do not fit")
    let result = make(groups: 1, rows: 1, columns: 1, tracked: isTracked(prediction))
    let (x, y) = (node(prediction).value, node(target).value)
    var sum = 0.0
    for i in 0..<prediction.count {
      let error = Double(x[i] - y[i % target.count])
      sum += error * error
    }
    node(result).value[0] = Float(sum / Double(prediction.count))
    if isTracked(prediction) {
      operations.append(.meanSquaredError(prediction, target: target, result: result))
    }
    return result
  }

  mutating func meanSquaredErrorBackward(_ prediction: Tensor, target: Tensor, result: Tensor) {
    guard let incoming = incoming(result), let (gradient, mode) = claim(prediction) else { return }
    let (x, y) = (node(prediction).value, node(target).value)
    let factor = 2 * incoming[0] / Float(prediction.count)
    for i in 0..<prediction.count {
      let slope = factor * (x[i] - y[i % target.count])
      gradient[i] = mode == GradientState.accumulate.rawValue ? gradient[i] + slope : slope
    }
  }

  /// Mean over every element.
  public mutating func mean(_ x: Tensor) -> Tensor {
    let result = make(groups: 1, rows: 1, columns: 1, tracked: isTracked(x))
    node(result).value[0] = Float(values(of: x).reduce(0.0) { $0 + Double($1) } / Double(x.count))
    if isTracked(x) { operations.append(.mean(x, result: result)) }
    return result
  }

  mutating func meanBackward(_ x: Tensor, result: Tensor) {
    guard let incoming = incoming(result), let (gradient, mode) = claim(x) else { return }
    let slope = incoming[0] / Float(x.count)
    for i in 0..<x.count {
      gradient[i] = mode == GradientState.accumulate.rawValue ? gradient[i] + slope : slope
    }
  }

  /// weightA·a + weightB·b of two scalars.
  public mutating func weightedSum(
    _ a: Tensor, _ weightA: Float, _ b: Tensor, _ weightB: Float
  ) -> Tensor {
    precondition(a.count == 1 && b.count == 1, "a weighted sum of scalars")
    let tracked = isTracked(a) || isTracked(b)
    let result = make(groups: 1, rows: 1, columns: 1, tracked: tracked)
    node(result).value[0] = weightA * node(a).value[0] + weightB * node(b).value[0]
    if tracked { operations.append(.weightedSum(a, weightA, b, weightB, result: result)) }
    return result
  }
}
