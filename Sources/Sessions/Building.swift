import ControlLoop
import Geometry
import ImpedanceControl
import LearningSlots
import Messages
import NeuralNetworks
import OffPolicy
import Recipes
import Replay
import Rewards
import Safety
import SimulatedWorld

// From plain recipes to values: the one place that knows both.

extension WorldConfiguration {
  /// The simulated world of a session.
  init(_ recipe: SessionRecipe) {
    let robot = recipe.robot
    let task = recipe.task
    let connector = task.connector
    self.init(
      model: recipe.robotFolder + "/" + robot.driver.model, timestep: robot.driver.timestep,
      home: robot.joints.home, torqueLimit: robot.joints.torque,
      friction: JointFriction(
        amplitude: robot.joints.friction.amplitude, slope: robot.joints.friction.slope,
        shift: robot.joints.friction.shift),
      sensing: ArmSensing(
        positionNoise: robot.sensing.positionNoise, rotationNoise: robot.sensing.rotationNoise,
        torqueNoise: robot.sensing.torqueNoise, torqueLowPass: robot.sensing.torqueLowPass),
      bushing: Bushing(
        translationalStiffness: robot.bushing.translationalStiffness,
        rotationalStiffness: robot.bushing.rotationalStiffness,
        dampingRatio: robot.bushing.dampingRatio, carriedMass: robot.bushing.carriedMass,
        carriedInertia: robot.bushing.carriedInertia),
      connector: ConnectorGeometry(
        rows: connector.rows, columns: connector.columns, pitch: connector.pitch,
        pin: connector.pin, hole: connector.hole, length: connector.length,
        boardThickness: connector.boardThickness, boardPose: connector.boardPose.baseFromBoard,
        friction: connector.friction),
      pressing: task.target.pressing,
      hidden: HiddenRanges(
        graspOffset: task.hidden.graspOffset, graspRotation: task.hidden.graspRotation,
        wrenchBias: task.hidden.wrenchBias, torqueBias: task.hidden.torqueBias,
        boardOffset: task.hidden.boardOffset, boardYaw: task.hidden.boardYaw))
  }
}

extension ControlLoop where Law == CartesianImpedance {
  /// The control loop of a session: the law, and the safety filter of the robot's limits.
  init(_ recipe: SessionRecipe) throws {
    try self.init(
      law: CartesianImpedance(), filter: SafetyFilter(recipe), hold: recipe.task.reset.compliance)
  }
}

extension SafetyFilter {
  /// The filter of a session: the tighter of each limit of robot and task, and the task's fence.
  ///
  /// `Supervisor` is made of it too. `slack` is the share by which a torque may change faster: the
  /// driver's filter has a hair of it, so that what the controller's let pass to the last bit is never
  /// cut again by a rounding.
  init(_ recipe: SessionRecipe, slack: Double = 0) throws {
    let baseFromTarget = WorldConfiguration(recipe).baseFromTarget
    var limits = try SafetyLimits(recipe)
    let joints = limits.joints
    limits.delay = GainCheck.delay(recipe)
    limits.joints = try JointLimits(
      lower: joints.lower, upper: joints.upper, velocity: joints.velocity, torque: joints.torque,
      torqueRate: (1 + slack) * joints.torqueRate)
    try self.init(
      limits: limits,
      fence: Fence(recipe.task, baseFromTarget: baseFromTarget),
      stopDamping: recipe.robot.safety.stopDamping, period: recipe.robot.driver.timestep)
  }
}

extension SafetyLimits {
  /// The tighter of each limit of robot and task.
  init(_ recipe: SessionRecipe) throws {
    let robot = try Self(recipe.robot)
    self = try .tightest(robot, Self(recipe.task.limits, elsewhere: robot))
  }

  /// What a robot's file says.
  private init(_ robot: RobotRecipe) throws {
    let (joints, gains) = (robot.joints, robot.safety.gains)
    var limits = Self(
      joints: try JointLimits(
        lower: joints.lower, upper: joints.upper, velocity: joints.velocity,
        torque: joints.torque, torqueRate: joints.torqueRate),
      toolSpeed: robot.safety.toolSpeed, leastInertia: robot.safety.leastInertia)
    limits.gains = GainLimits(
      translationalStiffness: gains.translationalStiffness,
      translationalDamping: gains.translationalDamping,
      rotationalStiffness: gains.rotationalStiffness, rotationalDamping: gains.rotationalDamping,
      nullspaceStiffness: gains.nullspaceStiffness)
    self = try Self(robot.safety.limits, elsewhere: limits)
  }

  /// What a file says, and where it says nothing what is so elsewhere.
  private init(_ recipe: LimitsRecipe, elsewhere other: Self) throws {
    let joints = other.joints
    self = other
    self.joints = try JointLimits(
      lower: recipe.lower ?? joints.lower, upper: recipe.upper ?? joints.upper,
      velocity: recipe.velocity ?? joints.velocity, torque: recipe.torque ?? joints.torque,
      torqueRate: recipe.torqueRate ?? joints.torqueRate)
    positionMargin = recipe.positionMargin ?? other.positionMargin
    toolSpeed = recipe.toolSpeed ?? other.toolSpeed
    toolTurnSpeed = recipe.toolTurnSpeed ?? other.toolTurnSpeed
    contactForce = recipe.contactForce.map(ContactLevels.init) ?? other.contactForce
    contactMoment = recipe.contactMoment.map(ContactLevels.init) ?? other.contactMoment
    setpointJump = recipe.setpointJump ?? other.setpointJump
    setpointTurn = recipe.setpointTurn ?? other.setpointTurn
    fenceSlack = recipe.fenceSlack ?? other.fenceSlack
    fenceMargin = recipe.fenceMargin ?? other.fenceMargin
    fenceTurnMargin = recipe.fenceTurnMargin ?? other.fenceTurnMargin
    saturatedTicks = recipe.saturatedTicks ?? other.saturatedTicks
  }
}

extension ContactLevels {
  fileprivate init(_ levels: Vector3) {
    self.init(report: levels.x, soft: levels.y, hard: levels.z)
  }
}

extension DriverMachine {
  /// The state machine of a session's driver.
  init(_ robot: RobotRecipe) throws {
    try self.init(
      commandTimeout: robot.safety.commandTimeout, stopTimeout: robot.safety.stopTimeout,
      damping: robot.safety.stopDamping, stiffness: robot.safety.holdStiffness,
      standingSpeed: robot.safety.standingSpeed, standingTime: robot.safety.standingTime,
      longestDamping: robot.safety.longestDamping)
  }
}

extension DriverGuard {
  /// What decides the torques of a session's driver.
  init(_ recipe: SessionRecipe) throws {
    self.init(try DriverMachine(recipe.robot), try SafetyFilter(recipe, slack: 1e-9))
  }
}

extension Fence {
  /// The fence of commanded poses about a task's target.
  init(_ task: TaskRecipe, baseFromTarget: Transform<Base, Target>) throws {
    try self.init(
      baseFromTarget: baseFromTarget, lower: task.fence.lower, upper: task.fence.upper,
      rotation: task.fence.rotation)
  }
}

extension SeatedRule {
  /// The rule of a task's reward.
  init(_ session: SessionContext) {
    let rule = session.recipe.task.reward
    self.init(
      baseFromTarget: session.geometry.baseFromTarget, depth: rule.depth, sideways: rule.sideways,
      pressing: rule.pressing, speed: rule.speed, steps: rule.steps)
  }
}

extension Lookahead {
  /// The lookahead of a recipe's learner.
  init(_ recipe: LaunchRecipe.Learner) {
    self.init(steps: recipe.lookahead, discount: recipe.discount)
  }
}

extension RLPDConfiguration {
  /// The learner of a session, for the observations and actions of this project.
  init(_ session: SessionRecipe) {
    let recipe = session.launch.learner
    self.init(observationSize: ObservationLayout.size, actionSize: ObservationLayout.actionSize)
    fineWidths = ObservationLayout.fineWidths(session.task.observation)
    if recipe.criticsSeeSetpoint {
      setpoints = ObservationLayout.setpoints(session.task)
    }
    ensemble = recipe.ensemble
    drawn = recipe.drawn
    width = recipe.width
    layerNorm = recipe.layerNorm ? .layerNorm : .none
    discount = recipe.discount
    returns = Float(recipe.leastReturn)...Float(recipe.greatestReturn)
    learningRate = recipe.learningRate
    targetRate = recipe.targetRate
    initialTemperature = recipe.initialTemperature
    targetEntropy = recipe.targetEntropy
    entropyBackup = recipe.entropyBackup ? .on : .off
    cloningWeight = recipe.cloningWeight
    cloningUpdates =
      recipe.pretrainUpdates + recipe.cloningSteps * recipe.updatesPerStep
    batchRows = recipe.batch
    threads = recipe.threads
    criticsPerActor = recipe.criticsPerActor
  }
}
