public import Tensors

/// Gives a network the tensors of its weights: the identity over an arena for a plain network, the
/// output of another network on the same tape for a generated one.
public protocol ParameterSource {
  /// The tensor of one parameter, of the slot's groups, rows and columns.
  func tensor(_ slot: ParameterSlot, on tape: inout Tape) -> Tensor
}

/// Values and gradients of a network's parameters, each in one flat array.
public struct ParameterArena: ~Copyable, Sendable {
  /// Names, shapes and places.
  public let layout: ParameterLayout
  /// The parameters, 1×layout.count.
  public var values: Matrix
  /// Their gradients after a tape's `backward`, 1×layout.count.
  public var gradients: Matrix

  /// Parameters of zero.
  public init(_ layout: ParameterLayout) {
    self.layout = layout
    values = Matrix(rows: 1, columns: layout.count)
    gradients = Matrix(rows: 1, columns: layout.count)
  }

  /// The parameters with gradients, for a pass that trains them.
  ///
  /// Valid as long as the arena lives.
  public var tracked: ArenaParameters {
    ArenaParameters(values: values.base, gradients: gradients.base, members: nil, count: nil)
  }

  /// The parameters as constants.
  ///
  /// Valid as long as the arena lives.
  public var frozen: ArenaParameters {
    ArenaParameters(values: values.base, gradients: nil, members: nil, count: nil)
  }

  /// Some members of the ensemble as constants.
  ///
  /// Valid as long as arena and `members` live.
  public func frozen(members: UnsafePointer<Int32>, count: Int) -> ArenaParameters {
    ArenaParameters(values: values.base, gradients: nil, members: members, count: count)
  }

  /// The elements of a parameter.
  public subscript(slot: ParameterSlot) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: values.base + slot.offset, count: slot.count)
  }
}

/// The plain source: parameters where an arena keeps them.
public struct ArenaParameters: ParameterSource {
  let values: UnsafeMutablePointer<Float>
  let gradients: UnsafeMutablePointer<Float>?
  let members: UnsafePointer<Int32>?
  let count: Int?

  /// A leaf in the arena's memory, with its gradient where the arena keeps one.
  public func tensor(_ slot: ParameterSlot, on tape: inout Tape) -> Tensor {
    tape.reference(
      value: values + slot.offset, gradient: gradients.map { $0 + slot.offset },
      groups: count ?? slot.groups, rows: slot.rows, columns: slot.columns, members: members)
  }
}
