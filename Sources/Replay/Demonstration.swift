public import Messages

/// One step that an expert showed.
public struct Demonstration: Sendable, Equatable {
  /// What happened.
  public var transition: Transition
  /// The action that the expert meant, each component in -1…1; a disturbed expert did another.
  public var intendedAction: [Float]

  /// A demonstration of its parts.
  public init(transition: Transition, intendedAction: [Float]) {
    self.transition = transition
    self.intendedAction = intendedAction
  }
}
