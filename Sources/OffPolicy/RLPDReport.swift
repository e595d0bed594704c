/// What one update saw, for logs.
public struct RLPDReport: Sendable, Equatable {
  /// Mean over critics and rows of (Q - y)².
  public var criticLoss: Float = 0
  /// Mean of Q(s, a).
  public var meanValue: Float = 0
  /// Mean of y.
  public var meanTarget: Float = 0
  /// Of the newest actor update; 0 before the first.
  public var actorLoss: Float = 0
  /// -mean ln π(a'|s') [nat].
  public var entropy: Float = 0
  /// α after the update.
  public var temperature: Float = 0
  /// Set when this update also updated the actor.
  public var updatedActor = false

  /// A report of zeros.
  public init() {}

  init(_ values: [Float]) {
    precondition(values.count == 6, "a report of \(values.count) numbers")
    (criticLoss, meanValue, meanTarget) = (values[0], values[1], values[2])
    (actorLoss, entropy, temperature) = (values[3], values[4], values[5])
  }

  /// The numbers by name.
  public var values: [(name: String, value: Float)] {
    [
      ("critic_loss", criticLoss), ("mean_value", meanValue), ("mean_target", meanTarget),
      ("actor_loss", actorLoss), ("entropy", entropy), ("temperature", temperature),
    ]
  }
}
