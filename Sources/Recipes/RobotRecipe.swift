public import Geometry

/// What `Robots/<name>/robot.yaml` says about one arm.
public struct RobotRecipe: Sendable, Equatable {
  /// Name of the robot.
  public var name: String
  /// Who moves the arm.
  public var driver: Driver
  /// Limits and friction of the seven joints.
  public var joints: Joints
  /// Noise and filters of what the arm reports.
  public var sensing: Sensing
  /// The compliant seat of the held part.
  public var bushing: Bushing
  /// Limits that the driver and the control loop enforce.
  public var safety: Safety

  /// Who moves the arm.
  public struct Driver: Sendable, Equatable {
    /// What kind of arm it is.
    public var kind: Kind
    /// The arm's MJCF model, a file of the robot's folder.
    public var model: String
    /// Length of a control tick [s].
    public var timestep: Double

    /// The kinds of driver.
    public enum Kind: String, Sendable, CaseIterable {
      /// A MuJoCo model of the arm.
      case simulated
    }
  }

  /// The seven joints, joint 1 first.
  public struct Joints: Sendable, Equatable {
    /// The joints' names in the model.
    public var names: [String]
    /// Posture to start from and to prefer in the null space [rad].
    public var home: JointVector
    /// Lower position limits [rad].
    public var lower: JointVector
    /// Upper position limits [rad].
    public var upper: JointVector
    /// Largest speeds [rad/s].
    public var velocity: JointVector
    /// Largest torques [N·m].
    public var torque: JointVector
    /// Largest changes of torque [N·m/s].
    public var torqueRate: JointVector
    /// Friction that the arm's own compensation leaves.
    public var friction: Friction
  }

  /// Residual joint friction, τ = A/(1+exp(-a·(q̇+s))) - A/(1+exp(-a·s)) (Gaz and others 2019).
  public struct Friction: Sendable, Equatable {
    /// A [N·m].
    public var amplitude: JointVector
    /// a [s/rad].
    public var slope: JointVector
    /// s [rad/s].
    public var shift: JointVector
  }

  /// Noise and filters of what the arm reports.
  public struct Sensing: Sendable, Equatable {
    /// Measured tool position, 1 sigma per axis [m].
    public var positionNoise: Double
    /// Measured tool orientation, 1 sigma per axis [rad].
    public var rotationNoise: Double
    /// Joint torque sensors, 1 sigma per tick [N·m].
    public var torqueNoise: Double
    /// Cut-off of the external torque estimate [Hz].
    public var torqueLowPass: Double
  }

  /// The passive six-axis bushing between hand and held part: the finger pads.
  public struct Bushing: Sendable, Equatable {
    /// Stiffness along each axis [N/m].
    public var translationalStiffness: Double
    /// Stiffness about each axis [N·m/rad].
    public var rotationalStiffness: Double
    /// Damping of the bushing with the carried mass, as a share of critical damping.
    public var dampingRatio: Double
    /// Finger tips and part [kg].
    public var carriedMass: Double
    /// Inertia of finger tips and part about each axis [kg·m²].
    public var carriedInertia: Double
  }

  /// Limits that the driver and the control loop enforce.
  public struct Safety: Sendable, Equatable {
    /// Posture stiffness of a compliance that names none [N·m/rad].
    public var nullspaceStiffness: Double
    /// Limits of the tool, and the joints' margin; those of the joints themselves are in `Joints`.
    public var limits: LimitsRecipe
    /// The least inertia that a joint's own torque meets in any posture [kg·m²].
    public var leastInertia: JointVector
    /// The largest gains that may be commanded.
    public var gains: Gains
    /// Time without a torque command after which the arm holds [s].
    public var commandTimeout: Double
    /// Time without a torque command after which the arm stops, damped [s].
    public var stopTimeout: Double
    /// Damping of that stop, and of a hold [N·m·s/rad].
    public var stopDamping: Double
    /// Joint stiffness of a hold [N·m/rad].
    public var holdStiffness: Double
    /// An arm whose joints are all slower than this stands [rad/s].
    public var standingSpeed: Double
    /// So long it must have been [s].
    public var standingTime: Double
    /// Time after which a stop holds the arm though it still moves [s].
    public var longestDamping: Double

    /// Largest speed of the tool [m/s].
    public var toolSpeed: Double { limits.toolSpeed ?? 0 }

    /// The largest gains that may be commanded.
    public struct Gains: Sendable, Equatable {
      /// Translational stiffness [N/m].
      public var translationalStiffness: Double
      /// Translational damping [N·s/m].
      public var translationalDamping: Double
      /// Rotational stiffness [N·m/rad].
      public var rotationalStiffness: Double
      /// Rotational damping [N·m·s/rad].
      public var rotationalDamping: Double
      /// Stiffness of the posture [N·m/rad].
      public var nullspaceStiffness: Double
    }
  }
}
