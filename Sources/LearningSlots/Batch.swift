public import Tensors

/// Columns of transitions that a learner step reads, allocated once and filled again and again.
public struct Batch: ~Copyable, Sendable {
  /// Scaled observations before the steps, rows×observationSize.
  public var observations: Matrix
  /// Actions as executed, each component in -1…1, rows×actionSize.
  public var actions: Matrix
  /// Rewards, rows×1.
  public var rewards: Matrix
  /// 0 where the step is terminal, else 1, rows×1: the factor of the bootstrapped value.
  public var masks: Matrix
  /// Scaled observations after the steps, rows×observationSize.
  public var nextObservations: Matrix
  /// The rows that come from demonstrations.
  public var demonstrated = 0..<0
  /// In the demonstrated rows: the actions that were meant, without disturbance, rows×actionSize.
  public var intendedActions: Matrix
  /// What the cameras saw before the steps, rows×imageSize.
  public var images: Bytes
  /// What the cameras saw after the steps, rows×imageSize.
  public var nextImages: Bytes

  /// A batch of zeros; `imageSize` in bytes, 0 without cameras.
  public init(rows: Int, observationSize: Int, actionSize: Int, imageSize: Int = 0) {
    observations = Matrix(rows: rows, columns: observationSize)
    actions = Matrix(rows: rows, columns: actionSize)
    rewards = Matrix(rows: rows, columns: 1)
    masks = Matrix(rows: rows, columns: 1)
    nextObservations = Matrix(rows: rows, columns: observationSize)
    intendedActions = Matrix(rows: rows, columns: actionSize)
    images = Bytes(rows: rows, columns: imageSize)
    nextImages = Bytes(rows: rows, columns: imageSize)
  }

  /// Number of transitions.
  public var rows: Int { observations.rows }
  /// Components of an observation.
  public var observationSize: Int { observations.columns }
  /// Components of an action.
  public var actionSize: Int { actions.columns }
}
