import Tensors

/// Where actions lead, as critics see it beside state and action: tanh((x + reach·a)/width).
///
/// x is the component of the observation that an action's component moves. Beside the target a
/// hundredth of an action decides on which side of a hole a pin is pressed; a network that sees the
/// action alone, on the scale of the whole way, tells such actions apart last.
public struct SetpointInputs: Sendable, Equatable {
  /// One component of the action.
  public struct Axis: Sendable, Equatable {
    /// The component of the observation that it moves.
    public var observation: Int
    /// How far 1 moves it, in scaled units.
    public var reach: Float
    /// Within this distance of the target the critics see it magnified, in scaled units.
    public var width: Float

    /// An axis of its parts.
    public init(observation: Int, reach: Float, width: Float) {
      self.observation = observation
      self.reach = reach
      self.width = width
    }
  }

  /// For each component of the action in turn; empty where critics see no setpoint.
  public var axes: [Axis]

  /// Setpoints of these axes.
  public init(_ axes: [Axis] = []) { self.axes = axes }

  /// Numbers that critics see of a setpoint.
  var count: Int { axes.count }

  func check(observationSize: Int, actionSize: Int) {
    precondition(count == 0 || count == actionSize, "\(count) axes of \(actionSize)")
    precondition(
      axes.allSatisfy { (0..<observationSize).contains($0.observation) && $0.width > 0 },
      "axes \(axes)")
  }

  /// The matrix that takes [inputs of an observation | action] to (x + reach·a)/width.
  func projection(inputSize: Int, actionSize: Int) -> Matrix {
    var matrix = Matrix(rows: inputSize + actionSize, columns: max(1, count))
    for (column, axis) in axes.enumerated() {
      matrix[axis.observation, column] = 1 / axis.width
      matrix[inputSize + column, column] = axis.reach / axis.width
    }
    return matrix
  }
}
