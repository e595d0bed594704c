public import Geometry

/// What an arm reports once per control tick.
///
/// Every value is the arm's own measurement or estimate; nothing in it is the simulator's truth.
public struct ArmState: Sendable, BitwiseCopyable, Equatable {
  /// Number of the control tick, from zero at the driver's start.
  public var tick: Int64 = 0
  /// Robot time since the driver's start [ns].
  public var time: Int64 = 0
  /// In lock-step: the setpoint that a controller must hold before it computes this tick.
  ///
  /// 0 = none.
  public var requiredSetpoint: UInt64 = 0
  /// Joint positions [rad].
  public var position = JointVector()
  /// Joint velocities [rad/s].
  public var velocity = JointVector()
  /// Torques that acted during the tick before, without gravity [N·m].
  public var torque = JointVector()
  /// Estimated torque by the outside world, positive when it pushes the joint forward [N·m].
  public var externalTorque = JointVector()
  /// Coriolis and centrifugal torque of the arm's own model [N·m].
  public var coriolis = JointVector()
  /// Tool Jacobian of the arm's own model, expressed in the base.
  public var jacobian = Jacobian()
  /// Measured tool pose.
  public var baseFromTool = Transform<Base, Tool>.identity
  /// Measured tool velocity, expressed in the base.
  public var toolTwist = Twist<Base>()
  /// Estimated wrench by the world on the tool, at the tool, expressed in the tool.
  public var toolWrench = Wrench<Tool>()

  /// A state with every value zero.
  public init() {}
}

/// A torque command, the answer to the state of one tick.
public struct JointTorque: Sendable, BitwiseCopyable, Equatable {
  /// The tick of the state that this answers.
  public var tick: Int64 = 0
  /// Commanded torque without gravity, which the arm adds by itself [N·m].
  public var torque = JointVector()
  /// The setpoint that was in force when the torque was computed.
  public var setpoint: UInt64 = 0

  /// A command with every value zero.
  public init() {}
}

/// Gains and error clips of Cartesian impedance, all at the tool.
public struct Compliance: Sendable, BitwiseCopyable, Equatable {
  /// Translational stiffness [N/m].
  public var translationalStiffness: Double
  /// Translational damping [N·s/m].
  public var translationalDamping: Double
  /// Rotational stiffness over the full rotation vector [N·m/rad].
  public var rotationalStiffness: Double
  /// Rotational damping [N·m·s/rad].
  public var rotationalDamping: Double
  /// Largest error toward +x, +y, +z of the base [m]; times the stiffness it bounds the force.
  public var clipToward: Vector3
  /// Largest error toward -x, -y, -z of the base, as positive numbers [m].
  public var clipAgainst: Vector3
  /// Largest rotation-vector error about each axis of the base, both signs [rad].
  public var clipRotation: Vector3
  /// Stiffness of the posture in the null space [N·m/rad]; its damping is critical for unit inertia.
  public var nullspaceStiffness: Double

  /// λ of the damped pseudo-inverse in the projector to that null space.
  @inlinable public static var projectorDamping: Double { 0.01 }

  /// Compliance of its parts.
  public init(
    translationalStiffness: Double, translationalDamping: Double, rotationalStiffness: Double,
    rotationalDamping: Double, clipToward: Vector3, clipAgainst: Vector3, clipRotation: Vector3,
    nullspaceStiffness: Double
  ) {
    self.translationalStiffness = translationalStiffness
    self.translationalDamping = translationalDamping
    self.rotationalStiffness = rotationalStiffness
    self.rotationalDamping = rotationalDamping
    self.clipToward = clipToward
    self.clipAgainst = clipAgainst
    self.clipRotation = clipRotation
    self.nullspaceStiffness = nullspaceStiffness
  }
}

/// Where the tool shall go, how stiffly, and from which tick on.
public struct Setpoint: Sendable, BitwiseCopyable, Equatable {
  /// Position in the session's series of setpoints, from 1.
  public var sequence: UInt64
  /// First tick that this setpoint governs.
  public var effectTick: Int64
  /// The equilibrium pose.
  public var baseFromTool: Transform<Base, Tool>
  /// Gains and clips.
  public var compliance: Compliance

  /// A setpoint of its parts.
  public init(
    sequence: UInt64, effectTick: Int64, baseFromTool: Transform<Base, Tool>,
    compliance: Compliance
  ) {
    self.sequence = sequence
    self.effectTick = effectTick
    self.baseFromTool = baseFromTool
    self.compliance = compliance
  }
}
