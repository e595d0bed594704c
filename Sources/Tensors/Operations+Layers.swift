internal import CKernels

extension Tape {
  /// tanh of each element.
  public mutating func tanh(_ x: Tensor) -> Tensor {
    let result = make(
      groups: x.groups, rows: x.rows, columns: x.columns, tracked: isTracked(x))
    kinglet_tanh_forward(kernels.context, Int64(x.count), node(x).value, node(result).value)
    if isTracked(x) { operations.append(.tanh(x: x, result: result)) }
    return result
  }

  mutating func tanhBackward(x: Tensor, result: Tensor) {
    guard let incoming = incoming(result), let (gradient, mode) = claim(x) else { return }
    kinglet_tanh_backward(
      kernels.context, Int64(x.count), node(result).value, incoming, gradient, mode)
  }
}
