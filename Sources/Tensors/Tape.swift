/// Handle of a value on a tape, of `groups` blocks of rows×columns.
///
/// Valid until the tape's `reset`.
public struct Tensor: Sendable, BitwiseCopyable, Equatable {
  let index: Int32
  /// Members of an ensemble that the value holds one after another.
  public let groups: Int
  /// Rows of one block: samples.
  public let rows: Int
  /// Columns of one block: features.
  public let columns: Int

  /// Number of elements.
  public var count: Int { groups * rows * columns }
}

/// What the backward pass does with the memory of a gradient.
enum GradientState: Int32 {
  case overwrite = 0
  case accumulate = 1
}

/// A value on the tape and, when it takes part in differentiation, its gradient.
struct Node {
  var value: UnsafeMutablePointer<Float>
  var gradient: UnsafeMutablePointer<Float>?
  /// For each group the block of `value` to use; nil means group g uses block g.
  var members: UnsafePointer<Int32>?
  var state = GradientState.overwrite
  /// Set when nothing on the tape produced the value.
  var isLeaf: Bool
  var count: Int
}

/// A record of operations for reverse-mode differentiation.
///
/// Values and gradients live in one bump arena, so that after the first pass an update allocates
/// nothing. An operation is recorded only when its result depends on a tensor with a gradient.
public struct Tape: ~Copyable, @unchecked Sendable {
  /// Threads and instruction set of the operations.
  public let kernels: Kernels
  var arena = Arena()
  var nodes: [Node] = []
  var operations: [Operation] = []

  /// An empty tape.
  public init(kernels: consuming Kernels) { self.kernels = kernels }

  /// Forgets every tensor and takes back their memory.
  public mutating func reset() {
    nodes.removeAll(keepingCapacity: true)
    operations.removeAll(keepingCapacity: true)
    arena.reset()
  }

  /// How often the tape has allocated memory for values; constant once the largest update ran.
  public var allocations: Int { arena.allocations + kernels.allocations }

  /// A constant that stays where it is; the matrix must outlive the use of the tensor.
  public mutating func constant(_ matrix: borrowing Matrix) -> Tensor {
    reference(
      value: matrix.base, gradient: nil, groups: 1, rows: matrix.rows, columns: matrix.columns)
  }

  /// Some rows of a matrix that outlives the use of the tensor, as a constant.
  public mutating func constant(_ matrix: borrowing Matrix, rows: Range<Int>) -> Tensor {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= matrix.rows, "rows \(rows)")
    return reference(
      value: matrix.base + rows.lowerBound * matrix.columns, gradient: nil, groups: 1,
      rows: rows.count, columns: matrix.columns)
  }

  /// A constant of the tape's own memory, to be filled by `fill`.
  public mutating func constant(
    rows: Int, columns: Int, fill: (UnsafeMutableBufferPointer<Float>) -> Void
  ) -> Tensor {
    let tensor = make(groups: 1, rows: rows, columns: columns, tracked: false)
    fill(UnsafeMutableBufferPointer(start: node(tensor).value, count: tensor.count))
    return tensor
  }

  /// A leaf in memory that the caller owns and that must outlive the use of the tensor.
  ///
  /// With a gradient, `backward` overwrites it, and asking again gives the same tensor. `members`
  /// picks for each group a block of `value`; such a tensor takes no gradient.
  public mutating func reference(
    value: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?, groups: Int,
    rows: Int, columns: Int, members: UnsafePointer<Int32>? = nil
  ) -> Tensor {
    precondition(members == nil || gradient == nil, "selected members take no gradient")
    if let gradient, let known = nodes.firstIndex(where: { $0.isLeaf && $0.gradient == gradient }) {
      return Tensor(index: Int32(known), groups: groups, rows: rows, columns: columns)
    }
    return append(
      Node(
        value: value, gradient: gradient, members: members, isLeaf: true,
        count: groups * rows * columns),
      groups: groups, rows: rows, columns: columns)
  }

  /// The numbers of a tensor, block after block, row by row.
  public func values(of tensor: Tensor) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: node(tensor).value, count: tensor.count)
  }

  /// The gradient of a tensor after `backward`; nil when the tensor takes none.
  public func gradient(of tensor: Tensor) -> UnsafeBufferPointer<Float>? {
    node(tensor).gradient.map { UnsafeBufferPointer(start: $0, count: tensor.count) }
  }

  /// The only number of a tensor of one element.
  public func scalar(_ tensor: Tensor) -> Float {
    precondition(tensor.count == 1, "a scalar of \(tensor.count) elements")
    return node(tensor).value[0]
  }

  /// Fills the gradient of every tracked tensor with ∂loss/∂tensor and forgets the operations, so
  /// that a second loss on the same tape differentiates only what came after.
  ///
  /// Leaves that the loss does not depend on get zeros.
  public mutating func backward(from loss: Tensor) {
    precondition(loss.count == 1, "backward from a tensor of \(loss.count) elements")
    guard let seed = node(loss).gradient else { return }
    seed[0] = 1
    nodes[Int(loss.index)].state = .accumulate
    for index in operations.indices.reversed() { runBackward(operations[index]) }
    operations.removeAll(keepingCapacity: true)
    for node in nodes where node.isLeaf && node.state == .overwrite {
      node.gradient?.update(repeating: 0, count: node.count)
    }
  }

  func node(_ tensor: Tensor) -> Node { nodes[Int(tensor.index)] }

  func isTracked(_ tensor: Tensor) -> Bool { node(tensor).gradient != nil }

  mutating func make(groups: Int, rows: Int, columns: Int, tracked: Bool) -> Tensor {
    let count = groups * rows * columns
    let value = arena.take(count)
    let gradient = tracked ? arena.take(count) : nil
    return append(
      Node(value: value, gradient: gradient, members: nil, isLeaf: false, count: count),
      groups: groups, rows: rows, columns: columns)
  }

  private mutating func append(_ node: Node, groups: Int, rows: Int, columns: Int) -> Tensor {
    nodes.append(node)
    return Tensor(index: Int32(nodes.count - 1), groups: groups, rows: rows, columns: columns)
  }

  /// The gradient memory of a tensor and how to write it: the first writer overwrites.
  mutating func claim(_ tensor: Tensor) -> (UnsafeMutablePointer<Float>, Int32)? {
    guard let gradient = node(tensor).gradient else { return nil }
    let state = node(tensor).state
    nodes[Int(tensor.index)].state = .accumulate
    return (gradient, state.rawValue)
  }

  /// The gradient that later operations left for a result; nil when none of them needed it.
  func incoming(_ tensor: Tensor) -> UnsafeMutablePointer<Float>? {
    let node = node(tensor)
    return node.state == .accumulate ? node.gradient : nil
  }
}

extension Tape {
  /// Fills a constant with standard normal draws, two uniform draws in 0..<1 each (Box-Muller).
  public func fillNormal(_ tensor: Tensor, fromUniforms uniforms: borrowing Matrix) {
    precondition(!isTracked(tensor) && uniforms.count == 2 * tensor.count, "draws do not fit")
    kernels.normal(fromUniforms: uniforms.base, count: tensor.count, into: node(tensor).value)
  }
}
