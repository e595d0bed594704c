import Conformance
import ControlLoop
import Geometry
import ImpedanceControl
import Messages
import Randomness
import Safety
import SimulatedWorld
import Testing

/// The simulated Panda, with its coupled dynamics and noise, under commands that mean it ill.
@Suite struct SupervisedArmTests {
  @Test(arguments: [1, 2, 3]) func `no stream of setpoints carries the Panda past a limit`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "ill setpoints")
    var arm = try SimulatedArm(world(sensing: noisy), seed: seed)
    let start = arm.read().baseFromTool
    let target = Transform<Base, Target>(
      rotation: start.rotation.reinterpreted(), translation: start.translation)
    let filter = try filter(about: target)
    var supervisor = Supervisor(filter)
    var loop = ControlLoop(law: CartesianImpedance(), filter: filter, hold: gains(&draws))
    var reasons: [String] = []
    var fastest = 0.0
    for k in Int64(0)..<3000 {
      if k % 150 == 0 {
        var goal = target * Transform<Target, Tool>.identity
        goal.translation[draws.index(below: 3)] += k / 150 % 2 == 0 ? 10 : -10
        if draws.uniform() < 0.3 { goal = draws.pose() }
        try loop.receive(
          Setpoint(
            sequence: UInt64(k) + 1, effectTick: k, baseFromTool: goal, compliance: gains(&draws)))
      }
      let state = arm.read()
      switch supervisor.stopReason(for: state) {
      case nil, .torqueSaturated: break
      case let reason?: reasons.append("tick \(k): \(reason)")
      }
      fastest = max(fastest, state.toolTwist.linear.length)
      try arm.write(loop.step(state))
    }
    #expect(reasons.isEmpty, "\(reasons.prefix(3))")
    // The torque rate lets the tool go on.
    #expect(fastest < 1.6 * filter.limits.toolSpeed)
  }

  private func gains(_ draws: inout RandomStream) -> Compliance {
    let stiffness = 500 + 2500 * draws.uniform()
    let turning = 30 + 120 * draws.uniform()
    return Compliance(
      translationalStiffness: stiffness * [1, 1000][draws.index(below: 2)],
      translationalDamping: 0.06 * stiffness, rotationalStiffness: turning,
      rotationalDamping: 0.06 * turning, clipToward: 10 * .one, clipAgainst: 10 * .one,
      clipRotation: 3 * .one, nullspaceStiffness: 10)
  }

  private func filter(about target: Transform<Base, Target>) throws -> SafetyFilter {
    let limits = try JointLimits(
      lower: joints([-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973]),
      upper: joints([2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973]),
      velocity: joints([2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61]),
      torque: joints([87, 87, 87, 87, 12, 12, 12]), torqueRate: JointVector(repeating: 1000))
    var all = SafetyLimits(joints: limits, toolSpeed: 0.5, leastInertia: SampleArm.light)
    all.toolTurnSpeed = 2.5
    all.contactForce = ContactLevels(report: 25, soft: 40, hard: 80)
    all.contactMoment = ContactLevels(report: 5, soft: 10, hard: 20)
    all.setpointJump = 0.05
    all.setpointTurn = 0.4
    all.gains = GainLimits(
      translationalStiffness: 3000, translationalDamping: 400, rotationalStiffness: 300,
      rotationalDamping: 30, nullspaceStiffness: 100)
    let reach = Vector3(0.1, 0.1, 0.1)
    let fence = try Fence(
      baseFromTarget: target, lower: -reach, upper: reach, rotation: Vector3(0.3, 0.3, 0.3))
    return try SafetyFilter(limits: all, fence: fence, stopDamping: 10, period: 0.001)
  }
}
