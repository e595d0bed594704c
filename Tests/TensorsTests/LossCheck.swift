import Randomness
import Tensors

/// A leaf of a tape under test.
struct Leaf {
  var groups = 1
  var rows: Int
  var columns: Int
  var values: [Float] = []

  init(groups: Int = 1, _ rows: Int, _ columns: Int, using stream: inout RandomStream) {
    (self.groups, self.rows, self.columns) = (groups, rows, columns)
    values = (0..<groups * rows * columns).map { _ in Float(stream.uniform(eitherSide: 1)) }
  }
}

/// Loss and gradients of a graph over leaves.
struct Differentiated {
  var loss: Float
  var gradients: [[Float]]
}

typealias Graph = (inout Tape, [Tensor]) -> Tensor

/// Runs a graph over leaves, forward and backward.
func differentiate(
  _ leaves: [Leaf], variant: KernelVariant = .best, threads: Int = 1, _ graph: Graph
) -> Differentiated {
  var tape = Tape(kernels: Kernels(threads: threads, variant: variant))
  return differentiate(leaves, on: &tape, graph)
}

func differentiate(_ leaves: [Leaf], on tape: inout Tape, _ graph: Graph) -> Differentiated {
  let places = leaves.map { UnsafeMutablePointer<Float>.allocate(capacity: 2 * $0.values.count) }
  defer { for place in places { place.deallocate() } }
  var tensors: [Tensor] = []
  for (leaf, place) in zip(leaves, places) {
    place.initialize(repeating: .nan, count: 2 * leaf.values.count)
    for (index, value) in leaf.values.enumerated() { place[index] = value }
    tensors.append(
      tape.reference(
        value: place, gradient: place + leaf.values.count, groups: leaf.groups, rows: leaf.rows,
        columns: leaf.columns))
  }
  let loss = graph(&tape, tensors)
  tape.backward(from: loss)
  let gradients = zip(leaves, places).map { leaf, place in
    (0..<leaf.values.count).map { place[leaf.values.count + $0] }
  }
  return Differentiated(loss: tape.scalar(loss), gradients: gradients)
}

/// A graph's mean squared distance from a random target: gives every output another slope.
func distance(_ tape: inout Tape, _ x: Tensor, seed: UInt64) -> Tensor {
  var stream = RandomStream(seed: seed, name: "test.target")
  let target = tape.constant(rows: x.groups * x.rows, columns: x.columns) { buffer in
    for index in buffer.indices { buffer[index] = Float(stream.uniform(eitherSide: 1)) }
  }
  return tape.meanSquaredError(x, target: target)
}

/// The largest difference between backward and central differences over some elements of each
/// leaf, relative to the largest slope (or to 0.01 when every slope is smaller).
func worstGradientError(_ leaves: [Leaf], seed: UInt64, _ graph: Graph) -> Float {
  var tape = Tape(kernels: Kernels())
  let exact = differentiate(leaves, on: &tape, graph)
  let scale = max(exact.gradients.joined().map { abs($0) }.max() ?? 0, 0.01)
  var stream = RandomStream(seed: seed, name: "test.elements")
  var worst: Float = 0
  for index in leaves.indices {
    for _ in 0..<min(12, leaves[index].values.count) {
      let element = stream.index(below: leaves[index].values.count)
      let step: Float = 4e-3
      var moved = leaves
      moved[index].values[element] += step
      tape.reset()
      let above = differentiate(moved, on: &tape, graph).loss
      moved[index].values[element] -= 2 * step
      tape.reset()
      let below = differentiate(moved, on: &tape, graph).loss
      let slope = (above - below) / (2 * step)
      worst = max(worst, abs(slope - exact.gradients[index][element]) / scale)
    }
  }
  return worst
}
