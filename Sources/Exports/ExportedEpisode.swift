/// One recorded episode, resampled to the policy's rate: row k of each list is step k.
public struct ExportedEpisode: Sendable, Equatable {
  /// How an episode ended.
  public enum Ending: String, Sendable, CaseIterable {
    /// The task itself ended: nothing could follow the last step.
    case terminal
    /// The steps ran out.
    case timeLimit = "time-limit"
    /// Something stopped it from outside.
    case interrupted
  }

  /// Instruction text, such as `pcb-insertion`.
  public var task: String
  /// The file it comes from.
  public var source: String
  /// Before each step; every row has the description's observation names.
  public var observations: [[Float]]
  /// After each step; every row has the description's observation names.
  public var nextObservations: [[Float]]
  /// The action of each step, each number in -1…1.
  public var actions: [[Float]]
  /// The reward of each step.
  public var rewards: [Float]
  /// How the last step ended it.
  public var ending: Ending
  /// Whether the last step reached the goal.
  public var isSuccess: Bool
  /// Robot time of each observation since the episode's start [s].
  public var robotSeconds: [Double]
  /// Wall time of each observation, since 1970 [s].
  public var wallSeconds: [Double]
  /// Simulator state before each step, [time, qpos, qvel] in one row; empty where none is known.
  public var states: [[Double]]
  /// MJCF of the scene; empty where none is known.
  public var modelXML: String

  /// An episode of its parts.
  public init(
    task: String, source: String, observations: [[Float]], nextObservations: [[Float]],
    actions: [[Float]], rewards: [Float], ending: Ending, isSuccess: Bool,
    robotSeconds: [Double], wallSeconds: [Double], states: [[Double]] = [], modelXML: String = ""
  ) {
    self.task = task
    self.source = source
    self.observations = observations
    self.nextObservations = nextObservations
    self.actions = actions
    self.rewards = rewards
    self.ending = ending
    self.isSuccess = isSuccess
    self.robotSeconds = robotSeconds
    self.wallSeconds = wallSeconds
    self.states = states
    self.modelXML = modelXML
  }

  /// Number of steps.
  public var steps: Int { actions.count }
}
