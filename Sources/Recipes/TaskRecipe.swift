public import Geometry
public import Messages

/// What `Tasks/<name>/task.yaml` says about one task.
public struct TaskRecipe: Sendable, Equatable {
  /// Name of the task.
  public var name: String
  /// Decisions per second of robot time [Hz].
  public var rate: Double
  /// Time limit of an episode [steps].
  public var steps: Int
  /// The connector and its board.
  public var connector: Connector
  /// How the target pose was taught.
  public var target: TaughtTarget
  /// Where and how an episode starts.
  public var reset: Reset
  /// The box that the commanded pose stays in.
  public var fence: Fence
  /// Limits tighter than the robot's.
  public var limits: LimitsRecipe
  /// Gains and clips during an episode.
  public var compliance: Compliance
  /// What an action means.
  public var action: Action
  /// What an observation means.
  public var observation: Observation
  /// When the task counts as done, by what an arm can know.
  public var reward: Reward
  /// What is drawn anew each episode and never observed.
  public var hidden: Hidden

  /// How the target pose was taught.
  public struct TaughtTarget: Sendable, Equatable {
    /// Force with which the pose was taught, along the insertion [N].
    public var pressing: Double
  }

  /// Where and how an episode starts.
  public struct Reset: Sendable, Equatable {
    /// Start above the target [m].
    public var height: Double
    /// Start beside the target, uniform either side, x and y of the base [m].
    public var spread: SIMD2<Double>
    /// Start turned about the insertion axis, uniform either side [rad].
    public var yaw: Double
    /// First straight up by this much [m].
    public var retract: Double
    /// Gains and clips during a reset.
    public var compliance: Compliance
  }

  /// The box of the commanded pose, relative to the target.
  public struct Fence: Sendable, Equatable {
    /// Lower corner [m].
    public var lower: Vector3
    /// Upper corner [m].
    public var upper: Vector3
    /// Largest rotation vector, either side [rad].
    public var rotation: Vector3
  }

  /// What an action means.
  public struct Action: Sendable, Equatable {
    /// Translation of action 1 [m].
    public var translation: Double
    /// Rotation of action 1 [rad].
    public var rotation: Double
    /// Time from an observation to the effect of its action.
    public var latency: Latency
  }

  /// Time from an observation to the effect of its action, in control ticks.
  public struct Latency: Sendable, Equatable {
    /// The nominal latency [ticks].
    public var ticks: Int
    /// The shortest latency that is drawn [ticks].
    public var lowest: Int
    /// The longest latency that is drawn [ticks].
    public var highest: Int
  }

  /// What an observation means.
  public struct Observation: Sendable, Equatable {
    /// The size that becomes 1.
    public var scale: Scale
    /// Detail beside the target that a learner's networks see magnified.
    public var fine: Fine

    /// Distances from the target within which networks see it magnified; 0 for not at all.
    public struct Fine: Sendable, Equatable {
      /// Of the tool's position [m].
      public var position: Double
      /// Of the tool's orientation [rad].
      public var rotation: Double
    }

    /// The sizes that become 1 in an observation.
    public struct Scale: Sendable, Equatable {
      /// Tool position relative to the target [m].
      public var position: Double
      /// Tool orientation relative to the target [rad].
      public var rotation: Double
      /// Tool speed [m/s].
      public var velocity: Double
      /// Tool angular speed [rad/s].
      public var angularVelocity: Double
      /// Force on the tool [N].
      public var force: Double
      /// Torque on the tool [N·m].
      public var torque: Double
    }
  }

  /// When the task counts as done, by what an arm can know.
  public struct Reward: Sendable, Equatable {
    /// Distance to the taught depth, at most [m].
    public var depth: Double
    /// Distance to the taught axis, at most [m].
    public var sideways: Double
    /// Force along the insertion, at least [N].
    public var pressing: Double
    /// Tool speed below which it is still [m/s].
    public var speed: Double
    /// Judged steps in a row.
    public var steps: Int
  }

  /// What is drawn anew each episode and never observed.
  public struct Hidden: Sendable, Equatable {
    /// Part in the hand, uniform either side, across the insertion axis [m].
    public var graspOffset: Double
    /// Part in the hand, uniform either side, about each axis [rad].
    public var graspRotation: Double
    /// Length of the force bias, uniform below [N].
    public var wrenchBias: Double
    /// Length of the torque bias, uniform below [N·m].
    public var torqueBias: Double
    /// Board, uniform either side, x and y of the base [m].
    public var boardOffset: Double
    /// Board about its normal, uniform either side [rad].
    public var boardYaw: Double
  }
}
