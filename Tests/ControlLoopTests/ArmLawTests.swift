import Conformance
import ControlLoop
import Geometry
import ImpedanceControl
import Messages
import Randomness
import Safety
import Testing

/// Laws of an arm under its control loop, over many postures, pushes and streams of commands.
@Suite struct ArmLawTests {
  @Test(arguments: [1, 2, 3, 4]) func `about a fixed setpoint energy never grows`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "passivity")
    for round in 0..<6 {
      var arm = SampleArm(
        at: SampleArm.ready + draws.joints(within: 0.3),
        inertia: round % 2 == 0 ? SampleArm.light : SampleArm.heavy)
      arm.velocity = draws.joints(within: 0.3)
      let goal = near(arm.state.baseFromTool, &draws, 0.05, 0.2)
      let gains = passive(&draws)
      var loop = ControlLoop(law: CartesianImpedance(), filter: try open(), hold: gains)
      try loop.receive(setpoint(1, goal, gains))
      var energy = arm.kineticEnergy + potential(arm.state.baseFromTool, goal, gains)
      let first = energy
      for _ in 0..<400 {
        arm.step(loop.step(arm.state).torque)
        let next = arm.kineticEnergy + potential(arm.state.baseFromTool, goal, gains)
        // A torque held for a tick may give what one tick's error of the held spring is worth.
        #expect(next <= energy + 2e-5 * first)
        energy = next
      }
      #expect(energy < 0.5 * first)
      #expect(loop.interventions == 0)
    }
  }

  @Test(arguments: [1, 2, 3])
  func `pushing on a floor ends in stiffness times clip, and peaks at impact`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "floor")
    for _ in 0..<4 {
      var arm = SampleArm(inertia: SampleArm.light)
      let start = arm.state
      arm.floor = start.baseFromTool.translation.z - 0.002
      var gains = passive(&draws)
      let clip = 0.001 + 0.004 * draws.uniform()
      gains.clipAgainst = Vector3(0.01, 0.01, clip)
      let spring = gains.translationalStiffness * clip
      var goal = start.baseFromTool
      goal.translation.z -= 0.04
      var loop = ControlLoop(law: CartesianImpedance(), filter: try open(), hold: gains)
      try loop.receive(setpoint(1, goal, gains))
      // Mass of the tool along z, and the speed at which the clipped spring drives it.
      let up = start.jacobian.torque(of: Wrench(force: Vector3(0, 0, 1)))
      let mass = 1 / (0..<7).reduce(0) { $0 + up[$1] * up[$1] / SampleArm.light[$1] }
      var fastest = 0.0
      for _ in 0..<3000 {
        fastest = max(fastest, arm.state.toolTwist.linear.length)
        arm.step(loop.step(arm.state).torque)
      }
      let impact = fastest * (50_000 * mass).squareRoot()
      #expect(arm.peakForce <= spring + impact)
      #expect(abs(arm.floorForce - spring) < 0.02 * spring)
    }
  }

  @Test(arguments: [1, 2, 3, 4], [false, true])
  func `no stream of setpoints carries the arm past a limit`(seed: UInt64, isHeavy: Bool) throws {
    var draws = RandomStream(seed: seed, name: "setpoints")
    var arm = SampleArm(inertia: isHeavy ? SampleArm.heavy : SampleArm.light)
    let target: Transform<Base, Target> = retyped(arm.state.baseFromTool)
    let filter = try guarded(about: target)
    var supervisor = Supervisor(filter)
    var gains = passive(&draws)
    var loop = ControlLoop(law: CartesianImpedance(), filter: filter, hold: gains)
    var events = SetpointEvents()
    var reasons: [String] = []
    var fastest = 0.0
    for k in Int64(0)..<3000 {
      if k % 150 == 0 {
        // To and fro between the walls, and with gains that are far too large.
        var goal = target * Transform<Target, Tool>.identity
        let side = k / 150 % 2 == 0 ? 1.0 : -1.0
        goal.translation[draws.index(below: 3)] += side * 10
        if draws.uniform() < 0.3 { goal = draws.pose() }
        gains = passive(&draws)
        gains.translationalStiffness *= [1, 1000][draws.index(below: 2)]
        gains.clipToward = 10 * .one
        gains.clipAgainst = 10 * .one
        gains.clipRotation = 3 * .one
        try loop.receive(setpoint(UInt64(k) + 1, goal, gains, at: k))
      }
      let state = arm.state
      // Stiff gains with little damping swing faster than the torque may change: that is a reason.
      switch supervisor.stopReason(for: state) {
      case nil, .torqueSaturated: break
      case let reason?: reasons.append("tick \(k): \(reason)")
      }
      fastest = max(fastest, state.toolTwist.linear.length)
      arm.step(loop.step(state).torque)
      events.formUnion(loop.lastSetpoint?.events ?? [])
    }
    #expect(reasons.isEmpty, "\(reasons.prefix(3))")
    // The torque rate lets the tool go on; no arm is as light as the light one everywhere at once.
    #expect(fastest < (isHeavy ? 1.3 : 2.5) * 0.5)
    #expect(events.isSuperset(of: [.gains, .clips, .jump]))
  }

  @Test(arguments: 0..<7, [false, true])
  func `no stream of torques carries a joint past its limits`(joint: Int, isHeavy: Bool) throws {
    var draws = RandomStream(seed: UInt64(joint), name: "torques")
    for side in [1.0, -1.0] {
      var arm = SampleArm(inertia: isHeavy ? SampleArm.heavy : SampleArm.light)
      let filter = try guarded(about: nil)
      var last = JointVector()
      var push = side
      var reasons: [String] = []
      for k in 0..<4000 {
        // Toward one limit at full torque, then to and fro, then whatever.
        if k > 2000, k % 170 == 0 { push = -push }
        var asked = JointVector()
        asked[joint] = push * 1e6
        if k > 3000 { asked = 1e6 * draws.joints(within: 1) }
        let state = arm.state
        if let reason = filter.stopReason(for: state) { reasons.append("tick \(k): \(reason)") }
        last = filter.admit(asked, for: state, last: last).allowed
        arm.step(last)
      }
      #expect(reasons.isEmpty, "\(side): \(reasons.prefix(3))")
    }
  }

  @Test func `what the filter changes about a setpoint is told with what was asked`() throws {
    let arm = SampleArm()
    let target: Transform<Base, Target> = retyped(arm.state.baseFromTool)
    var draws = RandomStream(seed: 1, name: "told")
    var gains = passive(&draws)
    gains.clipAgainst = gains.clipToward / 10
    gains.clipToward = gains.clipToward / 10
    gains.clipRotation = gains.clipRotation / 10
    var loop = ControlLoop(
      law: CartesianImpedance(), filter: try guarded(about: target), hold: gains)
    var state = arm.state
    var sent: [Setpoint] = []
    for k in 0..<300 {
      state.tick = Int64(k)
      var goal = state.baseFromTool
      goal.translation.x += k % 2 == 0 ? 0.01 : 1
      let next = setpoint(UInt64(k) + 1, goal, gains, at: Int64(k))
      try loop.receive(next)
      sent.append(next)
      let command = loop.step(state)
      #expect(command.setpoint == next.sequence)
      let inForce = loop.snapshot.schedule.current
      #expect(abs(inForce.baseFromTool.translation.x - state.baseFromTool.translation.x) < 0.0501)
    }
    let told = loop.takeInterventions().setpoints
    #expect(told.map(\.asked) == sent.filter { $0.sequence % 2 == 0 })
    for intervention in told {
      #expect(intervention.events == SetpointEvents.jump.rawValue)
      #expect(intervention.allowed != intervention.asked)
      #expect(intervention.tick == intervention.asked.effectTick)
    }
    let again = loop.takeInterventions()
    #expect(again == SafetyInterventions())
  }

  @Test func `a fence closes behind the tool, and only then`() throws {
    let arm = SampleArm()
    let target: Transform<Base, Target> = retyped(arm.state.baseFromTool)
    var draws = RandomStream(seed: 1, name: "closing")
    let gains = passive(&draws)
    let filter = try guarded(about: target)
    var loop = ControlLoop(law: CartesianImpedance(), filter: filter, hold: gains)
    var other = ControlLoop(law: CartesianImpedance(), filter: filter, hold: gains)
    // From 3 cm outside, where a closed fence would cut, to inside, and back outside.
    for (k, (outside, isFree)) in [(0.03, true), (0.01, true), (-0.01, true), (0.03, false)]
      .enumerated()
    {
      var state = arm.state
      state.tick = Int64(k)
      state.baseFromTool =
        target * Transform(rotation: .identity, translation: Vector3(0.1 + outside, 0, 0))
      var goal = state.baseFromTool
      goal.translation += target.rotation(Vector3(-0.001, 0.02, 0))
      let next = setpoint(UInt64(k) + 1, goal, gains, at: Int64(k))
      try loop.receive(next)
      if k == 3 {
        let isRestored = other.restore(loop.snapshot)
        #expect(isRestored)
        _ = other.step(state)
      }
      _ = loop.step(state)
      let events = loop.lastSetpoint?.events ?? []
      #expect(events.contains(.fence) == !isFree, "\(k)")
      #expect(loop.last.events.contains(.fence) == !isFree, "\(k)")
      if k == 3 { #expect(other.lastSetpoint == loop.lastSetpoint) }
    }
  }

  @Test func `before the first setpoint gains and clips are cut too`() throws {
    var draws = RandomStream(seed: 1, name: "hold")
    var gains = passive(&draws)
    gains.translationalStiffness = 1e6
    let loop = ControlLoop(
      law: CartesianImpedance(), filter: try guarded(about: nil), hold: gains)
    let held = loop.snapshot.schedule.current.compliance
    #expect(held.translationalStiffness == 3000)
    #expect(held.clipToward.max() * held.translationalStiffness <= 80 * (1 + 1e-12))
  }

  @Test func `a contact is told when it begins, and not on every tick of it`() throws {
    let arm = SampleArm()
    var draws = RandomStream(seed: 1, name: "contact")
    var loop = ControlLoop(
      law: CartesianImpedance(), filter: try guarded(about: nil), hold: passive(&draws))
    var state = arm.state
    for k in Int64(0)..<100 {
      state.tick = k
      let isTouching = (20..<50).contains(k) || k >= 70
      state.toolWrench.force = isTouching ? Vector3(0, 0, -30) : .zero
      _ = loop.step(state)
    }
    let told = loop.takeInterventions().interventions
    #expect(told.map(\.tick) == [20, 70])
    #expect(told.allSatisfy { $0.events == SafetyEvents.contact.rawValue })
  }

  /// Gains whose damping outweighs what a held torque may add, and clips that a turn does not reach.
  private func passive(_ draws: inout RandomStream) -> Compliance {
    let stiffness = 500 + 2500 * draws.uniform()
    let turning = 30 + 120 * draws.uniform()
    return Compliance(
      translationalStiffness: stiffness, translationalDamping: 0.06 * stiffness,
      rotationalStiffness: turning, rotationalDamping: 0.06 * turning,
      clipToward: Vector3(0.02, 0.03, 0.02), clipAgainst: Vector3(0.03, 0.02, 0.02),
      clipRotation: 1 * .one, nullspaceStiffness: 0)
  }

  /// Energy of the clipped springs [J].
  private func potential(
    _ tool: Transform<Base, Tool>, _ goal: Transform<Base, Tool>, _ gains: Compliance
  ) -> Double {
    let error = goal.translation - tool.translation
    var sum = 0.0
    for axis in 0..<3 {
      let clip = error[axis] > 0 ? gains.clipToward[axis] : gains.clipAgainst[axis]
      let (x, within) = (abs(error[axis]), min(abs(error[axis]), clip))
      sum += gains.translationalStiffness * (within * x - 0.5 * within * within)
    }
    let turn = (goal.rotation * tool.rotation.inverse).rotationVector
    return sum + 0.5 * gains.rotationalStiffness * turn.dot(turn)
  }

  private func near(
    _ pose: Transform<Base, Tool>, _ draws: inout RandomStream, _ shift: Double, _ turn: Double
  ) -> Transform<Base, Tool> {
    Transform(
      rotation: Rotation<Base, Base>(rotationVector: draws.vector(within: turn)) * pose.rotation,
      translation: pose.translation + draws.vector(within: shift))
  }

  private func setpoint(
    _ sequence: UInt64, _ pose: Transform<Base, Tool>, _ gains: Compliance, at tick: Int64 = 0
  ) -> Setpoint {
    Setpoint(sequence: sequence, effectTick: tick, baseFromTool: pose, compliance: gains)
  }

  private func retyped(_ pose: Transform<Base, Tool>) -> Transform<Base, Target> {
    Transform(rotation: pose.rotation.reinterpreted(), translation: pose.translation)
  }

  private var panda: JointLimits {
    get throws {
      try JointLimits(
        lower: JointVector {
          [-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973][$0]
        },
        upper: JointVector { [2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973][$0] },
        velocity: JointVector { $0 < 4 ? 2.175 : 2.61 },
        torque: JointVector { $0 < 4 ? 87 : 12 }, torqueRate: JointVector(repeating: 1000))
    }
  }

  /// A filter with limits that an arm near its ready posture does not reach.
  private func open() throws -> SafetyFilter {
    let joints = try JointLimits(
      lower: JointVector(repeating: -10), upper: JointVector(repeating: 10),
      velocity: JointVector(repeating: 100), torque: JointVector(repeating: 1e4),
      torqueRate: JointVector(repeating: 1e8))
    return try SafetyFilter(
      limits: SafetyLimits(joints: joints, toolSpeed: 10), stopDamping: 10, period: 0.001)
  }

  /// The Panda's limits, with a fence of 0.1 m where a target is given.
  private func guarded(about target: Transform<Base, Target>?) throws -> SafetyFilter {
    var limits = SafetyLimits(
      joints: try panda, toolSpeed: 0.5, leastInertia: SampleArm.light)
    limits.toolTurnSpeed = 2.5
    limits.contactForce = ContactLevels(report: 25, soft: 40, hard: 80)
    limits.contactMoment = ContactLevels(report: 5, soft: 10, hard: 20)
    limits.setpointJump = 0.05
    limits.setpointTurn = 0.4
    limits.gains = GainLimits(
      translationalStiffness: 3000, translationalDamping: 400, rotationalStiffness: 300,
      rotationalDamping: 30, nullspaceStiffness: 100)
    let reach = Vector3(0.1, 0.1, 0.1)
    let fence = try target.map { target throws(SafetyFault) in
      try Fence(
        baseFromTarget: target, lower: -reach, upper: reach, rotation: Vector3(0.3, 0.3, 0.3))
    }
    return try SafetyFilter(limits: limits, fence: fence, stopDamping: 10, period: 0.001)
  }
}
