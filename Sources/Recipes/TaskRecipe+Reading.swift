import Geometry
import Messages

extension TaskRecipe {
  /// Reads a task for a robot, whose tick the task's rate must fit.
  init(reading section: inout Section, for robot: RobotRecipe) {
    let timestep = robot.driver.timestep
    let posture = robot.safety.nullspaceStiffness
    name = section.text("name", "the task's name")
    let rate = section.number("rate", 0.1...1000, "Hz")
    self.rate = rate
    steps = section.whole("steps", 1...1_000_000)
    connector = section.section("connector")
    target = section.section("target")
    reset = section.section("reset") { Reset(reading: &$0, posture: posture) }
    fence = section.section("fence")
    limits = section.ifGiven("limits") { $0.section($1) } ?? LimitsRecipe()
    compliance = section.section("compliance") { Compliance(reading: &$0, posture: posture) }
    action = section.section("action") { Action(reading: &$0, ticksPerStep: 1 / (rate * timestep)) }
    observation = section.section("observation")
    reward = section.section("reward")
    hidden = section.section("hidden")
    section.require(
      rate * timestep <= 1 && isWhole(1 / (rate * timestep)), at: "rate",
      "\(rate) Hz is not a whole number of the robot's ticks of \(timestep) s")
  }

  var entries: [WrittenEntry] {
    [
      .init("name", name), .init("rate", rate), .init("steps", steps),
      .init("connector", connector), .init("target", target), .init("reset", reset.entries),
      .init("fence", fence), .init("compliance", compliance.entries),
      .init("action", action.entries), .init("observation", observation),
      .init("reward", reward), .init("hidden", hidden),
    ] + (limits == LimitsRecipe() ? [] : [.init("limits", limits)])
  }
}

extension Compliance {
  init(reading section: inout Section, posture: Double) {
    let length = 0...0.1
    self.init(
      translationalStiffness: section.number("translationalStiffness", 0...10_000, "N/m"),
      translationalDamping: section.number("translationalDamping", 0...2000, "N·s/m"),
      rotationalStiffness: section.number("rotationalStiffness", 0...1000, "N·m/rad"),
      rotationalDamping: section.number("rotationalDamping", 0...200, "N·m·s/rad"),
      clipToward: section.vector("clipToward", length, "m"),
      clipAgainst: section.vector("clipAgainst", length, "m"),
      clipRotation: section.vector("clipRotation", 0...Double.pi, "rad"),
      nullspaceStiffness: section.optionalNumber("nullspaceStiffness", 0...200, "N·m/rad")
        ?? posture)
  }

  var entries: [WrittenEntry] {
    [
      .init("translationalStiffness", translationalStiffness),
      .init("translationalDamping", translationalDamping),
      .init("rotationalStiffness", rotationalStiffness),
      .init("rotationalDamping", rotationalDamping), .init("clipToward", clipToward),
      .init("clipAgainst", clipAgainst), .init("clipRotation", clipRotation),
      .init("nullspaceStiffness", nullspaceStiffness),
    ]
  }
}

extension TaskRecipe.TaughtTarget: RecipeSection {
  init(reading section: inout Section) { pressing = section.number("pressing", 0...100, "N") }

  var entries: [WrittenEntry] { [.init("pressing", pressing)] }
}

extension TaskRecipe.Reset {
  init(reading section: inout Section, posture: Double) {
    height = section.number("height", 0...0.5, "m")
    let sides = section.numbers("spread", count: 2, 0...0.5, "m")
    spread = SIMD2(sides[0], sides[1])
    yaw = section.number("yaw", 0...Double.pi, "rad")
    retract = section.number("retract", 0...0.5, "m")
    compliance = section.section("compliance") { Compliance(reading: &$0, posture: posture) }
  }

  var entries: [WrittenEntry] {
    [
      .init("height", height), .init("spread", [spread.x, spread.y]), .init("yaw", yaw),
      .init("retract", retract), .init("compliance", compliance.entries),
    ]
  }
}

extension TaskRecipe.Fence: RecipeSection {
  init(reading section: inout Section) {
    lower = section.vector("lower", -1...1, "m")
    upper = section.vector("upper", -1...1, "m")
    rotation = section.vector("rotation", 0...Double.pi, "rad")
    for axis in 0..<3 {
      section.require(
        lower[axis] < upper[axis], at: "lower",
        "\(lower[axis]) is not below upper, \(upper[axis])")
    }
  }

  var entries: [WrittenEntry] {
    [.init("lower", lower), .init("upper", upper), .init("rotation", rotation)]
  }
}

extension TaskRecipe.Action {
  init(reading section: inout Section, ticksPerStep: Double) {
    translation = section.number("translation", 0...0.1, "m")
    rotation = section.number("rotation", 0...1, "rad")
    latency = section.section("latency") {
      TaskRecipe.Latency(reading: &$0, ticksPerStep: ticksPerStep)
    }
  }

  var entries: [WrittenEntry] {
    [
      .init("translation", translation), .init("rotation", rotation),
      .init("latency", latency.entries),
    ]
  }
}

extension TaskRecipe.Latency {
  init(reading section: inout Section, ticksPerStep: Double) {
    ticks = section.whole("ticks", 0...10_000)
    lowest = section.whole("lowest", 0...10_000)
    highest = section.whole("highest", 0...10_000)
    section.require(
      (lowest...max(lowest, highest)).contains(ticks), at: "ticks",
      "\(ticks) is outside lowest…highest, \(lowest)…\(highest)")
    section.require(
      Double(highest) <= ticksPerStep, at: "highest",
      "\(highest) ticks are longer than a decision of \(ticksPerStep.rounded()) ticks")
  }

  var entries: [WrittenEntry] {
    [.init("ticks", ticks), .init("lowest", lowest), .init("highest", highest)]
  }
}

extension TaskRecipe.Observation: RecipeSection {
  init(reading section: inout Section) {
    scale = section.section("scale")
    fine = section.section("fine")
  }

  var entries: [WrittenEntry] { [.init("scale", scale), .init("fine", fine)] }
}

extension TaskRecipe.Observation.Fine: RecipeSection {
  init(reading section: inout Section) {
    position = section.number("position", 0...10, "m")
    rotation = section.number("rotation", 0...10, "rad")
  }

  var entries: [WrittenEntry] { [.init("position", position), .init("rotation", rotation)] }
}

extension TaskRecipe.Observation.Scale: RecipeSection {
  init(reading section: inout Section) {
    let size = 1e-6...10_000
    position = section.number("position", size, "m")
    rotation = section.number("rotation", size, "rad")
    velocity = section.number("velocity", size, "m/s")
    angularVelocity = section.number("angularVelocity", size, "rad/s")
    force = section.number("force", size, "N")
    torque = section.number("torque", size, "N·m")
  }

  var entries: [WrittenEntry] {
    [
      .init("position", position), .init("rotation", rotation), .init("velocity", velocity),
      .init("angularVelocity", angularVelocity), .init("force", force), .init("torque", torque),
    ]
  }
}

extension TaskRecipe.Reward: RecipeSection {
  init(reading section: inout Section) {
    depth = section.number("depth", 1e-5...0.1, "m")
    sideways = section.number("sideways", 1e-5...0.1, "m")
    pressing = section.number("pressing", 0...100, "N")
    speed = section.number("speed", 1e-4...10, "m/s")
    steps = section.whole("steps", 1...1000)
  }

  var entries: [WrittenEntry] {
    [
      .init("depth", depth), .init("sideways", sideways), .init("pressing", pressing),
      .init("speed", speed), .init("steps", steps),
    ]
  }
}

extension TaskRecipe.Hidden: RecipeSection {
  init(reading section: inout Section) {
    graspOffset = section.number("graspOffset", 0...0.02, "m")
    graspRotation = section.number("graspRotation", 0...1, "rad")
    wrenchBias = section.number("wrenchBias", 0...50, "N")
    torqueBias = section.number("torqueBias", 0...5, "N·m")
    boardOffset = section.number("boardOffset", 0...0.1, "m")
    boardYaw = section.number("boardYaw", 0...Double.pi, "rad")
  }

  var entries: [WrittenEntry] {
    [
      .init("graspOffset", graspOffset), .init("graspRotation", graspRotation),
      .init("wrenchBias", wrenchBias), .init("torqueBias", torqueBias),
      .init("boardOffset", boardOffset), .init("boardYaw", boardYaw),
    ]
  }
}
