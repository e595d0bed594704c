import Geometry

extension RobotRecipe: RecipeSection {
  init(reading section: inout Section) {
    name = section.text("name", "the robot's name")
    let driver: Driver = section.section("driver")
    self.driver = driver
    joints = section.section("joints")
    sensing = section.section("sensing") { Sensing(reading: &$0, timestep: driver.timestep) }
    bushing = section.section("bushing")
    safety = section.section("safety")
  }

  var entries: [WrittenEntry] {
    [
      .init("name", name), .init("driver", driver), .init("joints", joints),
      .init("sensing", sensing.entries), .init("bushing", bushing), .init("safety", safety),
    ]
  }
}

extension RobotRecipe.Driver: RecipeSection {
  init(reading section: inout Section) {
    kind = section.choice("kind", otherwise: .simulated)
    model = section.text("model", "a file of the robot's folder")
    timestep = section.number("timestep", 0.0001...0.01, "s")
    // The clock of a session counts whole nanoseconds.
    section.require(
      isWhole(timestep * 1e9), at: "timestep", "must be a whole number of nanoseconds")
  }

  var entries: [WrittenEntry] {
    [.init("kind", kind), .init("model", model), .init("timestep", timestep)]
  }
}

extension RobotRecipe.Joints: RecipeSection {
  init(reading section: inout Section) {
    names = section.texts("names", count: JointVector.count, "names of joints")
    home = section.joints("home", -7...7, "rad")
    lower = section.joints("lower", -7...7, "rad")
    upper = section.joints("upper", -7...7, "rad")
    velocity = section.joints("velocity", 0.01...20, "rad/s")
    torque = section.joints("torque", 0.1...1000, "N·m")
    torqueRate = section.joints("torqueRate", 1...1_000_000, "N·m/s")
    friction = section.section("friction")
    section.require(Set(names).count == names.count, at: "names", "two joints share a name")
    for joint in 0..<JointVector.count {
      section.require(
        lower[joint] < upper[joint], at: "lower",
        "joint \(joint + 1): \(lower[joint]) is not below its upper limit \(upper[joint])")
      section.require(
        home[joint] >= lower[joint] && home[joint] <= upper[joint], at: "home",
        "joint \(joint + 1): \(home[joint]) is outside \(lower[joint])…\(upper[joint]) [rad]")
    }
  }

  var entries: [WrittenEntry] {
    [
      .init("names", names), .init("home", home), .init("lower", lower), .init("upper", upper),
      .init("velocity", velocity), .init("torque", torque), .init("torqueRate", torqueRate),
      .init("friction", friction),
    ]
  }
}

extension RobotRecipe.Friction: RecipeSection {
  init(reading section: inout Section) {
    amplitude = section.joints("amplitude", 0...20, "N·m")
    slope = section.joints("slope", 0...200, "s/rad")
    shift = section.joints("shift", -1...1, "rad/s")
  }

  var entries: [WrittenEntry] {
    [.init("amplitude", amplitude), .init("slope", slope), .init("shift", shift)]
  }
}

extension RobotRecipe.Sensing {
  init(reading section: inout Section, timestep: Double) {
    positionNoise = section.number("positionNoise", 0...0.01, "m")
    rotationNoise = section.number("rotationNoise", 0...0.1, "rad")
    torqueNoise = section.number("torqueNoise", 0...20, "N·m")
    torqueLowPass = section.number("torqueLowPass", 0.1...5000, "Hz")
    section.require(
      torqueLowPass * timestep < 0.5, at: "torqueLowPass",
      "\(torqueLowPass) Hz is not below half the control rate; a sampled filter cannot do that")
  }

  var entries: [WrittenEntry] {
    [
      .init("positionNoise", positionNoise), .init("rotationNoise", rotationNoise),
      .init("torqueNoise", torqueNoise), .init("torqueLowPass", torqueLowPass),
    ]
  }
}

extension RobotRecipe.Bushing: RecipeSection {
  init(reading section: inout Section) {
    translationalStiffness = section.number("translationalStiffness", 100...10_000_000, "N/m")
    rotationalStiffness = section.number("rotationalStiffness", 0.01...100_000, "N·m/rad")
    dampingRatio = section.number("dampingRatio", 0...10)
    carriedMass = section.number("carriedMass", 0.001...10, "kg")
    carriedInertia = section.number("carriedInertia", 1e-7...1, "kg·m²")
  }

  var entries: [WrittenEntry] {
    [
      .init("translationalStiffness", translationalStiffness),
      .init("rotationalStiffness", rotationalStiffness), .init("dampingRatio", dampingRatio),
      .init("carriedMass", carriedMass), .init("carriedInertia", carriedInertia),
    ]
  }
}

extension RobotRecipe.Safety: RecipeSection {
  init(reading section: inout Section) {
    nullspaceStiffness = section.number("nullspaceStiffness", 0...200, "N·m/rad")
    limits = LimitsRecipe(ofRobot: &section)
    // An armature of 0.1 kg·m², which every joint of a model here has, is a lower bound.
    leastInertia =
      section.optionalJoints("leastInertia", 0.001...100, "kg·m²") ?? JointVector(repeating: 0.1)
    gains = section.ifGiven("gains") { $0.section($1) } ?? Gains()
    commandTimeout = section.number("commandTimeout", 0.001...0.2, "s")
    stopTimeout = section.number("stopTimeout", 0.001...10, "s")
    stopDamping = section.number("stopDamping", 0.1...100, "N·m·s/rad")
    holdStiffness = section.optionalNumber("holdStiffness", 1...1000, "N·m/rad") ?? 50
    standingSpeed = section.optionalNumber("standingSpeed", 0.0001...0.1, "rad/s") ?? 0.02
    standingTime = section.optionalNumber("standingTime", 0.001...0.2, "s") ?? 0.05
    longestDamping = section.optionalNumber("longestDamping", 0.001...1, "s") ?? 1
    section.require(
      commandTimeout < stopTimeout, at: "stopTimeout",
      "\(stopTimeout) s is not after commandTimeout, \(commandTimeout) s: first hold, then stop")
    section.require(
      standingTime <= longestDamping, at: "longestDamping",
      "\(longestDamping) s is before standingTime, \(standingTime) s: first see whether it stands")
  }

  var entries: [WrittenEntry] {
    [
      .init("nullspaceStiffness", nullspaceStiffness), .init("commandTimeout", commandTimeout),
      .init("stopTimeout", stopTimeout), .init("stopDamping", stopDamping),
      .init("holdStiffness", holdStiffness), .init("standingSpeed", standingSpeed),
      .init("standingTime", standingTime), .init("longestDamping", longestDamping),
      .init("leastInertia", leastInertia), .init("gains", gains),
    ] + limits.entries
  }
}

extension RobotRecipe.Safety.Gains: RecipeSection {
  /// The ranges of Franka's Cartesian impedance, and of SERL's dampings.
  init() {
    translationalStiffness = 3000
    translationalDamping = 400
    rotationalStiffness = 300
    rotationalDamping = 30
    nullspaceStiffness = 100
  }

  init(reading section: inout Section) {
    self.init()
    func read(_ key: String, _ most: Double, _ unit: String, _ value: inout Double) {
      value = section.optionalNumber(key, 0...most, unit) ?? value
    }
    read("translationalStiffness", 10_000, "N/m", &translationalStiffness)
    read("translationalDamping", 2000, "N·s/m", &translationalDamping)
    read("rotationalStiffness", 1000, "N·m/rad", &rotationalStiffness)
    read("rotationalDamping", 200, "N·m·s/rad", &rotationalDamping)
    read("nullspaceStiffness", 200, "N·m/rad", &nullspaceStiffness)
  }

  var entries: [WrittenEntry] {
    [
      .init("translationalStiffness", translationalStiffness),
      .init("translationalDamping", translationalDamping),
      .init("rotationalStiffness", rotationalStiffness),
      .init("rotationalDamping", rotationalDamping),
      .init("nullspaceStiffness", nullspaceStiffness),
    ]
  }
}

/// Whether a quotient is whole up to the rounding of its decimal factors.
func isWhole(_ value: Double) -> Bool { abs(value - value.rounded()) < 1e-8 * max(1, value) }
