/// Where an episode of a served session stands: at its start, or after a step.
public struct EnvironmentState: Sendable, Equatable {
  /// Episode number in the session, from 0.
  public var episode: UInt64
  /// Scaled observation.
  public var observation: [Float]
  /// What the fence left of the step's action, each number in -1…1; empty at the start.
  public var executedAction: [Float]
  /// Reward of the step.
  public var reward: Float
  /// Set after the last step of an episode.
  public var ending: Ending?
  /// Whether the reward source called the episode a success.
  public var isRewarded: Bool
  /// Robot time since the driver's start, resets included [ns].
  public var robotNanoseconds: Int64
  /// Robot time since the episode's first observation [s].
  public var seconds: Double

  /// A state of its parts.
  public init(
    episode: UInt64, observation: [Float], executedAction: [Float] = [], reward: Float = 0,
    ending: Ending? = nil, isRewarded: Bool = false, robotNanoseconds: Int64, seconds: Double = 0
  ) {
    self.episode = episode
    self.observation = observation
    self.executedAction = executedAction
    self.reward = reward
    self.ending = ending
    self.isRewarded = isRewarded
    self.robotNanoseconds = robotNanoseconds
    self.seconds = seconds
  }
}
