public import Geometry

/// Everything a simulated arm and its scene are made from.
public struct WorldConfiguration: Sendable, Equatable {
  /// Path of the arm's MJCF file.
  public var model: String
  /// Length of a control tick and of a physics step [s].
  public var timestep: Double
  /// Posture at the start [rad].
  public var home: JointVector
  /// Largest motor torque either way, gravity included [N·m].
  public var torqueLimit: JointVector
  /// Friction that remains after the arm's own compensation.
  public var friction: JointFriction
  /// Noise of the arm's sensors.
  public var sensing: ArmSensing
  /// The finger pads between hand and part.
  public var bushing: Bushing
  /// The held header and its board.
  public var connector: ConnectorGeometry
  /// Force along the insertion with which the target is taught [N].
  public var pressing: Double
  /// What each episode draws and nobody may observe.
  public var hidden: HiddenRanges

  /// A configuration of its parts.
  public init(
    model: String, timestep: Double, home: JointVector, torqueLimit: JointVector,
    friction: JointFriction, sensing: ArmSensing, bushing: Bushing, connector: ConnectorGeometry,
    pressing: Double, hidden: HiddenRanges
  ) {
    self.model = model
    self.timestep = timestep
    self.home = home
    self.torqueLimit = torqueLimit
    self.friction = friction
    self.sensing = sensing
    self.bushing = bushing
    self.connector = connector
    self.pressing = pressing
    self.hidden = hidden
  }

  /// The tool pose that a person would teach: header seated in the nominal board and pressed.
  ///
  /// The bushing yields by (F - m·g)/k, so the hand is that much deeper than the part's seat.
  public var baseFromTarget: Transform<Base, Target> {
    let carried = bushing.carriedMass * standardGravity
    let yielded = (pressing - carried) / bushing.translationalStiffness
    let seat = connector.baseFromSeat
    let insertion = seat.rotation(Vector3(0, 0, 1))
    return Transform(
      rotation: seat.rotation.reinterpreted(), translation: seat.translation + yielded * insertion)
  }
}

/// Acceleration of free fall that MuJoCo and the arm's own model use [m/s²].
let standardGravity = 9.81

/// Residual joint friction, the sigmoid of Gaz and others (2019).
///
/// τ_f = A/(1 + exp(-a·(q̇ + s))) - A/(1 + exp(-a·s)).
public struct JointFriction: Sendable, BitwiseCopyable, Equatable {
  /// Amplitude A [N·m].
  public var amplitude: JointVector
  /// Slope a [s/rad].
  public var slope: JointVector
  /// Shift s [rad/s].
  public var shift: JointVector

  /// Friction of its three parameters per joint.
  public init(amplitude: JointVector, slope: JointVector, shift: JointVector) {
    self.amplitude = amplitude
    self.slope = slope
    self.shift = shift
  }
}

/// Noise of the arm's sensors, all white and Gaussian per tick.
public struct ArmSensing: Sendable, BitwiseCopyable, Equatable {
  /// Measured tool position, 1 sigma per axis [m].
  public var positionNoise: Double
  /// Measured tool orientation, 1 sigma per axis [rad].
  public var rotationNoise: Double
  /// Torque sensor of joint 1, 1 sigma [N·m]; each further joint's has 0.6 of the noise of the one
  /// before it, as the loads that it is built for shrink toward the hand.
  public var torqueNoise: Double
  /// Cut-off of the external torque estimate [Hz].
  public var torqueLowPass: Double

  /// Sensing of its parts.
  public init(
    positionNoise: Double, rotationNoise: Double, torqueNoise: Double, torqueLowPass: Double
  ) {
    self.positionNoise = positionNoise
    self.rotationNoise = rotationNoise
    self.torqueNoise = torqueNoise
    self.torqueLowPass = torqueLowPass
  }
}

/// A passive spring and damper in all six directions between the hand and the held part.
public struct Bushing: Sendable, BitwiseCopyable, Equatable {
  /// Stiffness along each axis [N/m].
  public var translationalStiffness: Double
  /// Stiffness about each axis through the housing's centre [N·m/rad].
  public var rotationalStiffness: Double
  /// Damping ratio of the spring with the carried mass.
  public var dampingRatio: Double
  /// Mass of finger tips and part [kg].
  public var carriedMass: Double
  /// Inertia of them about each axis [kg·m²].
  public var carriedInertia: Double

  /// A bushing of its parts.
  public init(
    translationalStiffness: Double, rotationalStiffness: Double, dampingRatio: Double,
    carriedMass: Double, carriedInertia: Double
  ) {
    self.translationalStiffness = translationalStiffness
    self.rotationalStiffness = rotationalStiffness
    self.dampingRatio = dampingRatio
    self.carriedMass = carriedMass
    self.carriedInertia = carriedInertia
  }

  /// The faster of the two undamped rates, √(k/m) [rad/s].
  var rate: Double {
    max(translationalStiffness / carriedMass, rotationalStiffness / carriedInertia).squareRoot()
  }

  /// Damping 2·ζ·√(k·m) along an axis [N·s/m].
  var translationalDamping: Double {
    2 * dampingRatio * (translationalStiffness * carriedMass).squareRoot()
  }

  /// Damping 2·ζ·√(k·I) about an axis [N·m·s/rad].
  var rotationalDamping: Double {
    2 * dampingRatio * (rotationalStiffness * carriedInertia).squareRoot()
  }
}

/// Ranges of what is drawn anew each episode and appears in no observation.
public struct HiddenRanges: Sendable, BitwiseCopyable, Equatable {
  /// Part in the hand, across the insertion axis, uniform either side [m].
  public var graspOffset: Double
  /// Part in the hand, rotation-vector component about each axis, uniform either side [rad].
  public var graspRotation: Double
  /// Length of the force bias, uniform below, in a random direction [N].
  public var wrenchBias: Double
  /// Length of the torque bias, likewise [N·m].
  public var torqueBias: Double
  /// Board in the base, x and y, uniform either side [m].
  public var boardOffset: Double
  /// Board about its normal, uniform either side [rad].
  public var boardYaw: Double

  /// Ranges of its parts.
  public init(
    graspOffset: Double, graspRotation: Double, wrenchBias: Double, torqueBias: Double,
    boardOffset: Double, boardYaw: Double
  ) {
    self.graspOffset = graspOffset
    self.graspRotation = graspRotation
    self.wrenchBias = wrenchBias
    self.torqueBias = torqueBias
    self.boardOffset = boardOffset
    self.boardYaw = boardYaw
  }

  /// Nothing is hidden.
  public static let none = HiddenRanges(
    graspOffset: 0, graspRotation: 0, wrenchBias: 0, torqueBias: 0, boardOffset: 0, boardYaw: 0)
}
