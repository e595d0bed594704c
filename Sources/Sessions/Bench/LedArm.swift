import ControlLoop
import Geometry
import ImpedanceControl
import Messages
import Recipes
import Safety
import SimulatedWorld

/// A simulated arm under its control loop and its driver's guard in one process, led by scripted setpoints.
struct LedArm: ~Copyable {
  var arm: SimulatedArm
  var loop: ControlLoop<CartesianImpedance>
  private var safety: DriverGuard
  private var sequence: UInt64 = 0

  init(_ recipe: SessionRecipe) throws {
    let arm = try SimulatedArm(WorldConfiguration(recipe), seed: recipe.launch.seed)
    let loop = try ControlLoop<CartesianImpedance>(recipe)
    var safety = try DriverGuard(recipe)
    safety.note(.opened, at: 0, because: "a bench")
    self.arm = arm
    self.loop = loop
    self.safety = safety
  }

  /// Why the driver's guard has stopped the arm; nil where it has not.
  var stopReason: String? { safety.machine.mode.isStopped ? safety.reason : nil }

  /// Gives the setpoint that counts from the current tick on.
  mutating func lead(
    toward baseFromTool: Transform<Base, Tool>, _ compliance: Compliance
  ) throws {
    sequence += 1
    try loop.receive(
      Setpoint(
        sequence: sequence, effectTick: arm.read().tick, baseFromTool: baseFromTool,
        compliance: compliance))
  }

  /// Law and safety, the controller's and the driver's: the torque that answers a state.
  mutating func answer(_ state: ArmState) -> JointTorque {
    safety.decide(loop.step(state), for: state).torque
  }

  /// One tick: read, compute, write.
  mutating func tick() throws { try arm.write(answer(arm.read())) }

  /// Goes toward a pose for so many ticks.
  mutating func go(
    toward baseFromTool: Transform<Base, Tool>, _ compliance: Compliance, ticks: Int
  ) throws {
    for number in 0..<ticks {
      // Of one that is far, each time as much as a setpoint may jump.
      if number.isMultiple(of: 100) { try lead(toward: baseFromTool, compliance) }
      try tick()
    }
  }
}

extension TaskGeometry {
  /// The equilibrium that presses the seated part with the taught force.
  func pressed(_ recipe: SessionRecipe) -> Transform<Base, Tool> {
    let task = recipe.task
    let depth = task.target.pressing / task.compliance.translationalStiffness
    return baseFromTarget
      * Transform(
        rotation: Rotation<Target, Tool>.identity, translation: Vector3(0, 0, depth))
  }
}
