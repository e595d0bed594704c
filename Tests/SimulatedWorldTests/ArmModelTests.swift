import Geometry
import Messages
import SimulatedWorld
import Testing

/// Vectors of the identified model (Gaz and others 2019), without a hand.
@Suite struct ArmModelTests {
  private static let secondSpeed = joints([0.5, 0.4, 0.3, 0.2, 0.1, -0.1, -0.2])

  @Test func `gravity agrees with the identified model`() throws {
    let arm = try BareArm(model: pandaModel, timestep: 0.001)
    let model = arm.model(carrying: .nothing)
    let cases = [
      (ready, [0, -1.739, -0.668, 18.524, 0.716, 1.671, 0]),
      (second, [0, -8.914, -2.910, 18.220, 0.753, 1.766, -0.017]),
    ]
    for (posture, expected) in cases {
      let gravity = model.gravity(arm.posture(at: posture))
      for i in 0..<7 { #expect(abs(gravity[i] - expected[i]) < 0.1, "joint \(i + 1)") }
    }
  }

  @Test func `Coriolis torque agrees with the identified model`() throws {
    let arm = try BareArm(model: pandaModel, timestep: 0.001)
    let coriolis = arm.model(carrying: .nothing)
      .coriolis(arm.posture(at: second), velocity: Self.secondSpeed)
    let expected = [0.2158, -0.4778, 0.3711, 0.0487, -0.0010, -0.0225, -0.0006]
    for i in 0..<7 { #expect(abs(coriolis[i] - expected[i]) < 0.001, "joint \(i + 1)") }
  }

  @Test func `the mass matrix agrees with the identified model less the armature`() throws {
    let arm = try BareArm(model: pandaModel, timestep: 0.001)
    let mass = arm.model(carrying: .nothing).massMatrix(arm.posture(at: ready))
    let expected = [0.435, 1.447, 0.869, 0.785, 0.0095, 0.026, 0.0013]
    for i in 0..<7 { #expect(abs(mass[8 * i] - 0.1 - expected[i]) < 0.03, "joint \(i + 1)") }
    for row in 0..<7 {
      for column in 0..<7 { #expect(abs(mass[7 * row + column] - mass[7 * column + row]) < 1e-12) }
    }
  }

  @Test(arguments: [ready, second, working])
  func `the Jacobian is the derivative of the tool's pose`(posture: JointVector) throws {
    let arm = try BareArm(model: pandaModel, timestep: 0.001)
    let jacobian = arm.posture(at: posture).jacobian
    let step = 1e-6
    for joint in 0..<7 {
      var (ahead, behind) = (posture, posture)
      ahead[joint] += step
      behind[joint] -= step
      let (a, b) = (arm.posture(at: ahead).baseFromTool, arm.posture(at: behind).baseFromTool)
      let turn: Rotation<Base, Base> = a.rotation * b.rotation.inverse
      let linear = (a.translation - b.translation) / (2 * step)
      let angular = turn.rotationVector / (2 * step)
      for axis in 0..<3 {
        #expect(abs(jacobian[axis, joint] - linear[axis]) < 1e-6)
        #expect(abs(jacobian[axis + 3, joint] - angular[axis]) < 1e-6)
      }
    }
  }

  /// The power balance: q̇ᵀ·C·q̇ is half the rate of q̇ᵀ·M·q̇ at constant q̇.
  @Test func `Coriolis torque conserves energy`() throws {
    let arm = try BareArm(model: pandaModel, timestep: 0.001)
    let model = arm.model(carrying: .hand)
    let step = 1e-5
    func energy(_ time: Double) -> Double {
      let moved = JointVector { second[$0] + time * Self.secondSpeed[$0] }
      let mass = model.massMatrix(arm.posture(at: moved))
      var sum = 0.0
      for row in 0..<7 {
        for column in 0..<7 {
          sum += 0.5 * mass[7 * row + column] * Self.secondSpeed[row] * Self.secondSpeed[column]
        }
      }
      return sum
    }
    let coriolis = model.coriolis(arm.posture(at: second), velocity: Self.secondSpeed)
    let power = (0..<7).reduce(0) { $0 + coriolis[$1] * Self.secondSpeed[$1] }
    #expect(abs(power - (energy(step) - energy(-step)) / (2 * step)) < 1e-6)
  }

  @Test func `the tool is where the published frames put it`() throws {
    let arm = try BareArm(model: pandaModel, timestep: 0.001)
    // Flange (0.30689, 0, 0.59028) at ready with the hand straight down, the tool 0.1154 below it.
    let tool = arm.posture(at: ready).baseFromTool
    #expect((tool.translation - Vector3(0.30689, 0, 0.59028 - 0.1154)).length < 1e-5)
    #expect((tool.rotation(Vector3(0, 0, 1)) - Vector3(0, 0, -1)).length < 1e-9)
    #expect((tool.rotation(Vector3(1, 0, 0)) - Vector3(1, 0, 0)).length < 1e-9)
    let other = arm.posture(at: second).baseFromTool
    let flange = other(Vector3(0, 0, -0.1154))
    #expect((flange - Vector3(0.38488, 0.16946, 0.67940)).length < 1e-5)
  }

  @Test func `delay margins shrink with stiffness and grow with armature`() throws {
    let gains = [
      StabilityStudy.Gains(
        name: "soft", translationalStiffness: 150, translationalDamping: 24.5,
        rotationalStiffness: 10,
        rotationalDamping: 6.3, nullspaceStiffness: 0.2),
      StabilityStudy.Gains(
        name: "task", translationalStiffness: 3000, translationalDamping: 180,
        rotationalStiffness: 75,
        rotationalDamping: 7, nullspaceStiffness: 10),
    ]
    let rows = try StabilityStudy.rows(
      model: pandaModel, posture: ready, gains: gains, armatures: [0, 0.1, 0.2], timestep: 0.001)
    try #require(rows.count == 6)
    for pair in [(0, 1), (1, 2), (3, 4), (4, 5)] {
      #expect((rows[pair.0].longestDelay ?? -1) < (rows[pair.1].longestDelay ?? -1))
    }
    for i in 0..<3 { #expect(rows[i].rate < rows[i + 3].rate) }
    // π/2 over the rate bounds the delay of the damping loop; half a tick of hold counts too.
    for row in rows {
      #expect(0.001 * (Double(row.longestDelay ?? -1) - 0.5) < 1.5708 / row.rate)
    }
    #expect((rows[4].longestDelay ?? -1) >= 5)
  }
}
