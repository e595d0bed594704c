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

  /// Why no buffer of these sizes can keep the step; nil when it can.
  public func fault(observationSize: Int, actionSize: Int) -> String? {
    let observations = [transition.observation, transition.nextObservation]
    let actions = [transition.action, intendedAction]
    if let other = observations.first(where: { $0.count != observationSize }) {
      return "an observation of \(other.count) numbers, not \(observationSize)"
    }
    if let other = actions.first(where: { $0.count != actionSize }) {
      return "an action of \(other.count) numbers, not \(actionSize)"
    }
    guard transition.reward.isFinite else { return "the reward \(transition.reward)" }
    guard observations.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      return "an observation that is not finite"
    }
    guard let action = actions.first(where: { !$0.allSatisfy { abs($0) <= 1 } }) else { return nil }
    return "an action outside -1…1: \(action)"
  }
}
