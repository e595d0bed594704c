/// What a file of `Launch/` says about one session.
public struct LaunchRecipe: Sendable, Equatable {
  /// Folder of `Robots/`.
  public var robot: String
  /// Folder of `Tasks/`.
  public var task: String
  /// Seed of every random draw of the session.
  public var seed: UInt64
  /// What time the driver keeps.
  public var clock: Clock
  /// Where the controller runs.
  public var placement: Placement
  /// Folder of the run's results, seen from the current folder.
  public var run: String
  /// Where the processes meet.
  public var endpoints: Endpoints
  /// The address of a process that listens on another machine.
  public var hosts: Hosts
  /// What protects the endpoints.
  public var security: Security
  /// What the processes of 1 kHz ask of the kernel.
  public var realtime = RealTime()
  /// Arms that act for the one learner, each with its own driver, controller, reward and reset.
  public var actors = 1
  /// The training that this session's actor acts for; nil where that is its own.
  public var joins: Joins?
  /// What of the session's episodes is kept.
  public var recording: Recording
  /// Episodes shown before the learning.
  public var demonstrations: Demonstrations
  /// The learner and its hyperparameters.
  public var learner: Learner
  /// How acting and learning keep step.
  public var pace: Pace
  /// When the training ends.
  public var finish: Finish
  /// Environment steps between checkpoints [steps].
  public var checkpointEvery: Int
  /// How long `launch` waits for a process or a person, and what it starts again.
  public var supervision = Supervision()

  /// What time the driver keeps.
  public enum Clock: String, Sendable, CaseIterable {
    /// Simulated time, tick by tick as it is granted.
    case lockstep
    /// The wall clock.
    case realtime
  }

  /// Where the controller runs.
  public enum Placement: String, Sendable, CaseIterable {
    /// Inside the driver's process.
    case driver
    /// In a process of its own.
    case process
  }

  /// Where the processes meet.
  public enum Endpoints: Sendable, Equatable {
    /// Sockets in a folder of the run.
    case ipc
    /// An address, this port and the ports above; one that other machines reach only with keys.
    case tcp(host: String, port: Int)
  }

  /// Addresses of processes that listen elsewhere than `endpoints` says.
  public struct Hosts: Sendable, Equatable {
    /// The learner's; nil where it listens beside the others.
    public var learner: String?
  }

  /// What protects the endpoints.
  public struct Security: Sendable, Equatable {
    /// The folder that `kinglet keys` made, seen from the current folder; nil for no keys.
    public var keys: String?
  }

  /// What of a session's episodes is kept.
  public enum Recording: String, Sendable, CaseIterable {
    /// A file of each.
    case all
    /// Nothing.
    case none
  }

  /// Episodes shown before the learning.
  public struct Demonstrations: Sendable, Equatable {
    /// The folder of their recorded episodes, seen from the current folder.
    public var folder: String
    /// How many.
    public var episodes: Int
    /// Standard deviation of the noise on the expert's actions.
    public var noise: Double
    /// Seed of the draws while they are made.
    public var seed: UInt64
  }

  /// The learner and its hyperparameters.
  public struct Learner: Sendable, Equatable {
    /// Which learner.
    public var kind: Kind
    /// Threads of its kernels.
    public var threads: Int
    /// Critics.
    public var ensemble: Int
    /// Critics drawn for each target.
    public var drawn: Int
    /// Units of each hidden layer.
    public var width: Int
    /// Whether critics normalise their hidden layers.
    public var layerNorm: Bool
    /// Whether critics see the setpoint of an action magnified, as networks see the pose.
    public var criticsSeeSetpoint: Bool
    /// γ, per step.
    public var discount: Double
    /// Least return that the task can have; targets are kept above.
    public var leastReturn: Double
    /// Greatest return that the task can have; targets are kept below.
    public var greatestReturn: Double
    /// Step size of Adam.
    public var learningRate: Double
    /// Share of the online weights that each update moves into the target weights.
    public var targetRate: Double
    /// Entropy temperature at the start.
    public var initialTemperature: Double
    /// Entropy that the temperature steers toward [nat].
    public var targetEntropy: Double
    /// Whether targets hold the entropy of the next action.
    public var entropyBackup: Bool
    /// Critic updates on demonstrations alone, before the first step.
    public var pretrainUpdates: Int
    /// Weight of the actor's distance from demonstrated actions when the learning starts.
    public var cloningWeight: Double
    /// Environment steps over which that weight falls to zero [steps].
    public var cloningSteps: Int
    /// Steps whose rewards a sample adds up before it bootstraps.
    public var lookahead: Int
    /// Transitions in a batch.
    public var batch: Int
    /// Share of a batch that comes from demonstrations.
    public var demonstrationShare: Double
    /// Transitions that the replay buffer holds.
    public var capacity: Int
    /// Steps acted at random before the learning starts [steps].
    public var startStep: Int
    /// Critic updates per environment step.
    public var updatesPerStep: Int
    /// Critic updates per actor update.
    public var criticsPerActor: Int

    /// The kinds of learner.
    public enum Kind: String, Sendable, CaseIterable {
      /// Reinforcement learning with prior data (Ball and others 2023).
      case rlpd
    }
  }

  /// How acting and learning keep step.
  public struct Pace: Sendable, Equatable {
    /// In lock-step, step n acts with the policy made from the steps up to n - lag [steps].
    public var lag: Int
    /// Environment steps between published policies [steps].
    public var publishEvery: Int
  }

  /// How long `launch` waits for a process or a person, and what it starts again.
  public struct Supervision: Sendable, Equatable {
    /// A process that has not said for so long that it lives is hung [s].
    public var silence = 10.0
    /// A session in which nothing has gone on for so long is stuck [min].
    public var standstillMinutes = 10.0
    /// A stopped arm waits so long for a person to let it go on [min].
    public var recoveryMinutes = 10.0
    /// How often a learner that died is started again.
    public var learnerRestarts = 3
  }

  /// When the training ends: at whichever comes first.
  public struct Finish: Sendable, Equatable {
    /// Environment steps, at most [steps].
    public var steps: Int
    /// Robot time, at most [min].
    public var robotMinutes: Double
    /// Latest episodes that are looked at.
    public var window: Int
    /// Rewarded share of the window that ends the training; above 1 it never does.
    public var success: Double
  }
}
