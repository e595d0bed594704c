/// Why a step is the last of its episode.
public enum Ending: UInt8, Sendable, CaseIterable {
  /// The task ended by its own rule: nothing follows, so nothing is bootstrapped.
  case terminal = 1
  /// The time limit cut the episode: the value of the next observation still counts.
  case timeLimit = 2
  /// A person or a fault cut the episode; treated like a time limit.
  case interrupted = 3
}

/// The verdict of a reward source on one step.
public struct Judgement: Sendable, Equatable {
  /// Reward of the step, finite.
  public var reward: Float
  /// Set when the step ends the episode.
  public var ending: Ending?

  /// A verdict of its parts.
  public init(reward: Float, ending: Ending? = nil) {
    self.reward = reward
    self.ending = ending
  }
}

/// What a learner learns from: one step of an episode.
public struct Transition: Sendable, Equatable {
  /// Position in the actor's stream, from 0; the learner takes each number once.
  public var sequence: UInt64
  /// Episode number in the actor's stream.
  public var episode: UInt32
  /// Version of the policy that acted.
  public var policyVersion: UInt64
  /// Scaled observation before the step.
  public var observation: [Float]
  /// Action as executed, each component in -1…1.
  public var action: [Float]
  /// Reward of the step.
  public var reward: Float
  /// Scaled observation after the step.
  public var nextObservation: [Float]
  /// Set on the last step of an episode.
  public var ending: Ending?

  /// A transition of its parts.
  public init(
    sequence: UInt64, episode: UInt32, policyVersion: UInt64, observation: [Float],
    action: [Float], reward: Float, nextObservation: [Float], ending: Ending?
  ) {
    self.sequence = sequence
    self.episode = episode
    self.policyVersion = policyVersion
    self.observation = observation
    self.action = action
    self.reward = reward
    self.nextObservation = nextObservation
    self.ending = ending
  }

  /// 0 when the step is terminal, else 1: the factor of the bootstrapped value.
  public var mask: Float { ending == .terminal ? 0 : 1 }
}
