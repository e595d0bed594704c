public import Geometry

/// Limits that the driver and the control loop enforce, as a robot's or a task's file gives them: nil
/// where it gives none.
///
/// Where both give one, the tighter wins.
public struct LimitsRecipe: Sendable, Equatable {
  /// Lower position limits [rad].
  public var lower: JointVector?
  /// Upper position limits [rad].
  public var upper: JointVector?
  /// Largest joint speeds [rad/s].
  public var velocity: JointVector?
  /// Largest torques [N·m].
  public var torque: JointVector?
  /// Largest changes of torque [N·m/s].
  public var torqueRate: JointVector?
  /// Zone before a position limit in which a joint is pushed back [rad].
  public var positionMargin: Double?
  /// Largest speed of the tool [m/s].
  public var toolSpeed: Double?
  /// Largest angular speed of the tool [rad/s].
  public var toolTurnSpeed: Double?
  /// Force on the tool that is reported, that holds back and that stops [N].
  public var contactForce: Vector3?
  /// Moment on the tool that is reported, that holds back and that stops [N·m].
  public var contactMoment: Vector3?
  /// Largest distance of a setpoint from the tool, and of a new one from the one before [m].
  public var setpointJump: Double?
  /// The same of the orientation [rad].
  public var setpointTurn: Double?
  /// How far outside the fence the tool may be before it is pushed back [m].
  public var fenceSlack: Double?
  /// How far outside the fence the tool may be before the arm stops [m].
  public var fenceMargin: Double?
  /// How far outside the fence's rotation the tool may be before the arm stops [rad].
  public var fenceTurnMargin: Double?
  /// Ticks of the last 100 on which a torque may be at its limit or change at its rate.
  public var saturatedTicks: Int?

  /// No limit at all.
  public init() {}

  /// What a robot's `safety` section says, with a Panda's where it says nothing: those limits that do
  /// not stand among its joints, and the tool's speed, which it must say.
  init(ofRobot section: inout Section) {
    let panda = Self.panda
    readTool(&section)
    positionMargin = positionMargin ?? panda.positionMargin
    toolTurnSpeed = toolTurnSpeed ?? panda.toolTurnSpeed
    contactForce = contactForce ?? panda.contactForce
    contactMoment = contactMoment ?? panda.contactMoment
    setpointJump = setpointJump ?? panda.setpointJump
    setpointTurn = setpointTurn ?? panda.setpointTurn
    fenceSlack = fenceSlack ?? panda.fenceSlack
    fenceMargin = fenceMargin ?? panda.fenceMargin
    fenceTurnMargin = fenceTurnMargin ?? panda.fenceTurnMargin
    saturatedTicks = saturatedTicks ?? panda.saturatedTicks
    toolSpeed = section.number("toolSpeed", 0.001...5, "m/s")
    checkFence(&section)
  }

  /// What `Robots/panda/robot.yaml` says, with the sources.
  private static var panda: Self {
    var panda = Self()
    panda.positionMargin = 0.1
    panda.toolTurnSpeed = 2.5
    panda.contactForce = Vector3(25, 40, 80)
    panda.contactMoment = Vector3(5, 10, 20)
    panda.setpointJump = 0.05
    panda.setpointTurn = 0.4
    panda.fenceSlack = 0.005
    panda.fenceMargin = 0.05
    panda.fenceTurnMargin = 0.3
    panda.saturatedTicks = 50
    return panda
  }

  private mutating func readTool(_ section: inout Section) {
    positionMargin = section.optionalNumber("positionMargin", 0.001...1, "rad")
    toolTurnSpeed = section.optionalNumber("toolTurnSpeed", 0.001...20, "rad/s")
    contactForce = Self.levels("contactForce", 0.1...1000, "N", &section)
    contactMoment = Self.levels("contactMoment", 0.01...1000, "N·m", &section)
    setpointJump = section.optionalNumber("setpointJump", 0.0001...1, "m")
    setpointTurn = section.optionalNumber("setpointTurn", 0.0001...1.5, "rad")
    fenceSlack = section.optionalNumber("fenceSlack", 0...0.1, "m")
    fenceMargin = section.optionalNumber("fenceMargin", 0...1, "m")
    fenceTurnMargin = section.optionalNumber("fenceTurnMargin", 0...Double.pi, "rad")
    saturatedTicks = section.optionalWhole("saturatedTicks", 0...99)
  }

  private func checkFence(_ section: inout Section) {
    let (slack, margin) = (fenceSlack ?? 0, fenceMargin ?? .infinity)
    section.require(
      slack <= margin, at: "fenceSlack",
      "\(slack) m is not below fenceMargin, \(margin) m: first push back, then stop")
  }

  private static func levels(
    _ key: String, _ range: ClosedRange<Double>, _ unit: String, _ section: inout Section
  ) -> Vector3? {
    guard let levels = section.ifGiven(key, { $0.vector($1, range, unit) }) else { return nil }
    section.require(
      levels.x <= levels.y && levels.y <= levels.z, at: key,
      "\(levels.x), \(levels.y), \(levels.z) fall: first report, then hold back, then stop")
    return levels
  }
}

extension LimitsRecipe: RecipeSection {
  /// What a task's `limits` section says.
  init(reading section: inout Section) {
    lower = section.optionalJoints("lower", -7...7, "rad")
    upper = section.optionalJoints("upper", -7...7, "rad")
    velocity = section.optionalJoints("velocity", 0.01...20, "rad/s")
    torque = section.optionalJoints("torque", 0.1...1000, "N·m")
    torqueRate = section.optionalJoints("torqueRate", 1...1_000_000, "N·m/s")
    toolSpeed = section.optionalNumber("toolSpeed", 0.001...5, "m/s")
    readTool(&section)
    checkFence(&section)
  }

  /// Those that are given, in the order of the file.
  var entries: [WrittenEntry] {
    let joints: [(String, JointVector?)] = [
      ("lower", lower), ("upper", upper), ("velocity", velocity), ("torque", torque),
      ("torqueRate", torqueRate),
    ]
    let numbers: [(String, Double?)] = [
      ("positionMargin", positionMargin), ("toolSpeed", toolSpeed),
      ("toolTurnSpeed", toolTurnSpeed), ("setpointJump", setpointJump),
      ("setpointTurn", setpointTurn), ("fenceSlack", fenceSlack), ("fenceMargin", fenceMargin),
      ("fenceTurnMargin", fenceTurnMargin),
    ]
    let levels = [("contactForce", contactForce), ("contactMoment", contactMoment)]
    return joints.compactMap { key, value in value.map { WrittenEntry(key, $0) } }
      + numbers.compactMap { key, value in value.map { WrittenEntry(key, $0) } }
      + levels.compactMap { key, value in value.map { WrittenEntry(key, $0) } }
      + [saturatedTicks.map { WrittenEntry("saturatedTicks", $0) }].compactMap(\.self)
  }
}
