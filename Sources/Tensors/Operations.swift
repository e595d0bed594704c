/// One recorded operation with what its backward pass needs.
enum Operation {
  case multiply(DenseInputs, result: Tensor)
  case tanh(x: Tensor, result: Tensor)
  case multiplyNormTanh(
    DenseInputs, scale: Tensor, offset: Tensor, result: Tensor,
    normalised: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>)
  case concatenate(Tensor, Tensor, result: Tensor)
  case squash(head: Tensor, noise: Tensor, action: Tensor, logProbability: Tensor)
  case meanSquaredError(Tensor, target: Tensor, result: Tensor)
  case mean(Tensor, result: Tensor)
  case weightedSum(Tensor, Float, Tensor, Float, result: Tensor)
}

extension Tape {
  mutating func runBackward(_ operation: Operation) {
    switch operation {
    case .multiply(let inputs, let result): multiplyBackward(inputs, result: result)
    case .tanh(let x, let result): tanhBackward(x: x, result: result)
    case .multiplyNormTanh(
      let inputs, let scale, let offset, let result, let normalised, let deviation):
      multiplyNormTanhBackward(
        inputs, scale: scale, offset: offset, result: result, normalised: normalised,
        inverseDeviation: deviation)
    case .concatenate(let left, let right, let result):
      concatenateBackward(left, right, result: result)
    case .squash(let head, let noise, let action, let logProbability):
      squashBackward(head: head, noise: noise, action: action, logProbability: logProbability)
    case .meanSquaredError(let prediction, let target, let result):
      meanSquaredErrorBackward(prediction, target: target, result: result)
    case .mean(let x, let result): meanBackward(x, result: result)
    case .weightedSum(let a, let weightA, let b, let weightB, let result):
      scalarBackward(a, weightA, result: result)
      scalarBackward(b, weightB, result: result)
    }
  }

  private mutating func scalarBackward(_ x: Tensor, _ weight: Float, result: Tensor) {
    guard let incoming = incoming(result), let (gradient, mode) = claim(x) else { return }
    let before = mode == GradientState.accumulate.rawValue ? gradient[0] : 0
    gradient[0] = before + weight * incoming[0]
  }
}
