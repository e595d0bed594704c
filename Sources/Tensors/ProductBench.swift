internal import CKernels

/// The three products of a dense layer, rows×inputs to rows×outputs.
public enum LayerProduct: String, Sendable, CaseIterable {
  /// x·W.
  case forward = "x·W"
  /// dy·Wᵀ.
  case inputGradient = "dy·Wᵀ"
  /// xᵀ·dy.
  case weightGradient = "xᵀ·dy"
}

/// Matrix products of other libraries, to stand beside.
public enum ReferenceLibrary: Int32, Sendable, CaseIterable {
  /// Eigen, compiled for AVX2, on one thread.
  case eigen = 0
  /// OpenBLAS, if it is installed.
  case openBLAS = 1
  /// oneDNN, if it is installed.
  case oneDNN = 2
}

/// The matrices of one layer, for measuring its products by these kernels and by others.
public struct ProductBench: ~Copyable {
  /// Rows of x and y.
  public let rows: Int
  /// Columns of x.
  public let inputs: Int
  /// Columns of y.
  public let outputs: Int
  private let x: Matrix
  private let y: Matrix
  private let weight: Matrix
  private let bias: Matrix

  /// Matrices of small numbers.
  public init(rows: Int, inputs: Int, outputs: Int) {
    (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
    x = Matrix(rows: rows, columns: inputs)
    y = Matrix(rows: rows, columns: outputs)
    weight = Matrix(rows: inputs, columns: outputs)
    bias = Matrix(rows: 1, columns: outputs)
    for i in 0..<x.count { x.base[i] = Float(i % 17 - 8) / 64 }
    for i in 0..<weight.count { weight.base[i] = Float(i % 13 - 6) / 64 }
  }

  /// Floating-point operations of a product.
  public var operations: Double { 2 * Double(rows * inputs * outputs) }

  /// Numbers of the last result of a product.
  public func result(of product: LayerProduct) -> [Float] {
    switch product {
    case .forward: y.values
    case .inputGradient: x.values
    case .weightGradient: weight.values
    }
  }

  /// Computes a product with Kinglet's kernels.
  public func run(_ product: LayerProduct, on kernels: borrowing Kernels) {
    var layer = kinglet_dense()
    (layer.members, layer.rows) = (1, Int32(rows))
    (layer.inputs, layer.outputs) = (Int32(inputs), Int32(outputs))
    (layer.x, layer.weight) = (UnsafePointer(x.base), UnsafePointer(weight.base))
    (layer.bias, layer.y) = (UnsafePointer(bias.base), y.base)
    var gradients = kinglet_dense_gradients()
    gradients.dy = y.base
    switch product {
    case .forward: kinglet_dense_forward(kernels.context, &layer)
    case .inputGradient:
      gradients.dx = x.base
      kinglet_dense_backward(kernels.context, &layer, &gradients)
    case .weightGradient:
      gradients.dweight = weight.base
      kinglet_dense_backward(kernels.context, &layer, &gradients)
    }
  }

  /// Makes a library ready for so many threads; false when this machine lacks it.
  public static func open(_ library: ReferenceLibrary, threads: Int) -> Bool {
    kinglet_reference_open(library.rawValue, Int32(threads)) != 0
  }

  /// Computes a product with a library that `open` found.
  public func run(_ product: LayerProduct, on library: ReferenceLibrary) {
    let (rows, inputs, outputs) = (Int32(self.rows), Int32(self.inputs), Int32(self.outputs))
    switch product {
    case .forward:
      kinglet_reference_multiply(
        library.rawValue, rows, outputs, inputs, x.base, 0, weight.base, 0, y.base)
    case .inputGradient:
      kinglet_reference_multiply(
        library.rawValue, rows, inputs, outputs, y.base, 0, weight.base, 1, x.base)
    case .weightGradient:
      kinglet_reference_multiply(
        library.rawValue, inputs, outputs, rows, x.base, 1, y.base, 0, weight.base)
    }
  }
}
