public import Geometry

/// Forces [N] or moments [N·m] on the tool, by what they mean.
public struct ContactLevels: Sendable, BitwiseCopyable, Equatable {
  /// From here on a contact is reported.
  public var report: Double
  /// From here on no setpoint leads further in the direction of pushing.
  public var soft: Double
  /// From here on the arm stops.
  public var hard: Double

  /// Levels of their parts; infinity for none.
  public init(
    report: Double = .infinity, soft: Double = .infinity, hard: Double = .infinity
  ) {
    self.report = report
    self.soft = soft
    self.hard = hard
  }

  /// The lower of each.
  public static func tightest(_ a: Self, _ b: Self) -> Self {
    Self(
      report: min(a.report, b.report), soft: min(a.soft, b.soft), hard: min(a.hard, b.hard))
  }
}

/// The largest gains that may be commanded; infinity for no limit.
public struct GainLimits: Sendable, BitwiseCopyable, Equatable {
  /// Translational stiffness [N/m].
  public var translationalStiffness: Double
  /// Translational damping [N·s/m].
  public var translationalDamping: Double
  /// Rotational stiffness [N·m/rad].
  public var rotationalStiffness: Double
  /// Rotational damping [N·m·s/rad].
  public var rotationalDamping: Double
  /// Stiffness of the posture in the null space [N·m/rad].
  public var nullspaceStiffness: Double

  /// Limits of their parts.
  public init(
    translationalStiffness: Double = .infinity, translationalDamping: Double = .infinity,
    rotationalStiffness: Double = .infinity, rotationalDamping: Double = .infinity,
    nullspaceStiffness: Double = .infinity
  ) {
    self.translationalStiffness = translationalStiffness
    self.translationalDamping = translationalDamping
    self.rotationalStiffness = rotationalStiffness
    self.rotationalDamping = rotationalDamping
    self.nullspaceStiffness = nullspaceStiffness
  }

  /// The lower of each.
  public static func tightest(_ a: Self, _ b: Self) -> Self {
    Self(
      translationalStiffness: min(a.translationalStiffness, b.translationalStiffness),
      translationalDamping: min(a.translationalDamping, b.translationalDamping),
      rotationalStiffness: min(a.rotationalStiffness, b.rotationalStiffness),
      rotationalDamping: min(a.rotationalDamping, b.rotationalDamping),
      nullspaceStiffness: min(a.nullspaceStiffness, b.nullspaceStiffness))
  }
}

/// Every limit that an arm keeps during a task, but for the place of the fence.
///
/// With `tightest` as the meet they form a semilattice: it is idempotent, commutative and associative.
public struct SafetyLimits: Sendable, BitwiseCopyable, Equatable {
  /// Limits of the joints.
  public var joints: JointLimits
  /// Width of the zone before a position limit in which a joint is pushed back [rad].
  public var positionMargin: Double
  /// The least inertia that a joint's own torque meets, over all postures [kg·m²].
  ///
  /// It bounds the speed that a torque still gives while the torque rate takes it back; infinity
  /// looks ahead not at all.
  public var leastInertia: JointVector
  /// Largest tool speed [m/s].
  public var toolSpeed: Double
  /// Largest angular tool speed [rad/s].
  public var toolTurnSpeed: Double
  /// Forces on the tool [N].
  public var contactForce: ContactLevels
  /// Moments on the tool [N·m].
  public var contactMoment: ContactLevels
  /// Largest distance of a setpoint from the tool, and of a new one from the one in force [m].
  public var setpointJump: Double
  /// The same of the orientation [rad]: at most 1.5, so that two cuts agree, or infinity.
  public var setpointTurn: Double
  /// The largest gains.
  public var gains: GainLimits
  /// Delay from a state to the torque that answers it [s]: a stiffness K needs a damping of at least K·t,
  /// for -K·x(t - τ) is -K·x(t) + K·τ·ẋ, a negative damper of K·τ.
  public var delay: Double
  /// How far outside the fence the tool may be before it is pushed back [m].
  public var fenceSlack: Double
  /// How far outside the fence the tool may be before the arm stops [m].
  public var fenceMargin: Double
  /// The same of the orientation [rad].
  public var fenceTurnMargin: Double
  /// Ticks of the last 100 on which a torque may be at its limit or change at its rate.
  public var saturatedTicks: Int

  /// Limits of the joints and the tool's speed; the others limit nothing until they are set.
  public init(
    joints: JointLimits, toolSpeed: Double, positionMargin: Double = 0.1,
    leastInertia: JointVector = JointVector(repeating: .infinity)
  ) {
    self.joints = joints
    self.positionMargin = positionMargin
    self.leastInertia = leastInertia
    self.toolSpeed = toolSpeed
    toolTurnSpeed = .infinity
    contactForce = ContactLevels()
    contactMoment = ContactLevels()
    setpointJump = .infinity
    setpointTurn = .infinity
    gains = GainLimits()
    delay = 0
    fenceSlack = 0.005
    fenceMargin = 0.05
    fenceTurnMargin = 0.3
    saturatedTicks = 50
  }

  /// The limits that keep both: of each the tighter one.
  ///
  /// Throws `invalidLimit` where the two ranges of a joint do not overlap.
  public static func tightest(_ a: Self, _ b: Self) throws(SafetyFault) -> Self {
    var both = Self(
      joints: try .tightest(a.joints, b.joints), toolSpeed: min(a.toolSpeed, b.toolSpeed),
      positionMargin: max(a.positionMargin, b.positionMargin),
      leastInertia: JointVector { min(a.leastInertia[$0], b.leastInertia[$0]) })
    both.toolTurnSpeed = min(a.toolTurnSpeed, b.toolTurnSpeed)
    both.contactForce = .tightest(a.contactForce, b.contactForce)
    both.contactMoment = .tightest(a.contactMoment, b.contactMoment)
    both.setpointJump = min(a.setpointJump, b.setpointJump)
    both.setpointTurn = min(a.setpointTurn, b.setpointTurn)
    both.gains = .tightest(a.gains, b.gains)
    both.delay = max(a.delay, b.delay)
    both.fenceSlack = min(a.fenceSlack, b.fenceSlack)
    both.fenceMargin = min(a.fenceMargin, b.fenceMargin)
    both.fenceTurnMargin = min(a.fenceTurnMargin, b.fenceTurnMargin)
    both.saturatedTicks = min(a.saturatedTicks, b.saturatedTicks)
    return both
  }

  /// Throws `outOfRange` for a limit that no arm can keep.
  func validate() throws(SafetyFault) {
    try SafetyFault.check(.toolSpeed, toolSpeed, within: 1e-3...10)
    try SafetyFault.check(.toolTurnSpeed, toolTurnSpeed, within: 1e-3...(.infinity))
    try SafetyFault.check(.delay, delay, within: 0...1)
    try SafetyFault.check(.positionMargin, positionMargin, within: 1e-3...1)
    try SafetyFault.check(.setpointJump, setpointJump, within: 1e-4...(.infinity))
    let turn = setpointTurn == .infinity ? 1.5 : setpointTurn
    try SafetyFault.check(.setpointJump, turn, within: 1e-4...1.5)
    try SafetyFault.check(.fence, fenceSlack, within: 0...1)
    try SafetyFault.check(.fence, fenceMargin, within: fenceSlack...(.infinity))
    try SafetyFault.check(.fence, fenceTurnMargin, within: 0...(.infinity))
    try SafetyFault.check(
      .saturatedTicks, Double(saturatedTicks), within: 0...Double(Supervisor.window - 1))
    for i in 0..<JointVector.count {
      try SafetyFault.check(.leastInertia, leastInertia[i], within: 1e-4...(.infinity))
    }
    for levels in [contactForce, contactMoment] {
      try SafetyFault.check(.contact, levels.report, within: 1e-3...(.infinity))
      try SafetyFault.check(.contact, levels.soft, within: levels.report...(.infinity))
      try SafetyFault.check(.contact, levels.hard, within: levels.soft...(.infinity))
    }
    for gain in [
      gains.translationalStiffness, gains.translationalDamping, gains.rotationalStiffness,
      gains.rotationalDamping, gains.nullspaceStiffness,
    ] {
      try SafetyFault.check(.gain, gain, within: 0...(.infinity))
    }
  }
}
