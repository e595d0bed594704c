import Tensors

/// The components of an observation that networks see twice: as they are, and as tanh(x/width).
///
/// Networks learn the slow parts of a function first (Rahaman et al. 2019). Where a tenth of a
/// millimetre decides and moves its number by a hundredth, actor and critics would take most of a
/// training to tell one side of a hole from the other; beside the target the second copy is steep
/// there, and far from it constant.
struct FineInputs: Sendable, Equatable {
  /// Width of each component in scaled units; 0 where there is no second copy.
  let widths: [Float]
  private let indices: [Int]

  init(widths: [Float]) {
    precondition(widths.allSatisfy { $0 >= 0 && $0.isFinite }, "widths \(widths)")
    self.widths = widths
    indices = widths.indices.filter { widths[$0] > 0 }
  }

  /// Second copies of one observation.
  var count: Int { indices.count }

  /// Fills the second copies of observations that follow one another in memory, row by row.
  func fill(_ copies: UnsafeMutableBufferPointer<Float>, of observations: UnsafePointer<Float>) {
    guard count > 0 else { return }
    for row in 0..<copies.count / count {
      let observation = observations + row * widths.count
      for (place, index) in indices.enumerated() {
        copies[row * count + place] = observation[index] / widths[index]
      }
    }
    RowKernels.tanh(copies)
  }
}
