import Conformance
import Foundation
import Geometry
import ImpedanceControl
import Messages
import Randomness
import Testing

@Suite struct CartesianImpedanceTests {
  @Test(arguments: [1, 2, 3]) func `it obeys the controller laws`(seed: UInt64) {
    expectControllerLaws(seed: seed) { CartesianImpedance() }
  }

  @Test func `a clip bounds the force on its own side`() {
    var gains = stiff
    gains.clipToward = Vector3(0.001, 0.002, 0.003)
    gains.clipAgainst = Vector3(0.004, 0.005, 0.006)
    gains.clipRotation = Vector3(0.01, 0.02, 0.03)
    let away = Transform<Base, Tool>(
      rotation: Rotation(rotationVector: Vector3(0.5, -0.5, 0.5)), translation: Vector3(1, 1, -1))
    let wrench = CartesianImpedance.wrench(
      from: .identity, twist: Twist(), toward: setpoint(away, gains))
    #expect((wrench.force - Vector3(1, 2, -6)).length < 1e-12)
    #expect((wrench.torque - Vector3(1, -2, 3)).length < 1e-12)
  }

  @Test func `a small turn is answered with the full stiffness about its axis in the base`() {
    var draws = RandomStream(seed: 1, name: "small turn")
    for _ in 0..<200 {
      let pose: Transform<Base, Tool> = draws.pose()
      let turn = draws.vector(within: 0.02)
      var target = pose
      target.rotation = Rotation<Base, Base>(rotationVector: turn) * pose.rotation
      let wrench = CartesianImpedance.wrench(
        from: pose, twist: Twist(), toward: setpoint(target, stiff))
      #expect((wrench.torque - stiff.rotationalStiffness * turn).length < 1e-10)
    }
  }

  @Test func `inside the clips the static force is the slope of the spring's energy`() {
    var draws = RandomStream(seed: 1, name: "energy")
    let gains = open
    for _ in 0..<200 {
      let pose: Transform<Base, Tool> = draws.pose()
      let goal = setpoint(draws.pose(), gains)
      let wrench = CartesianImpedance.wrench(from: pose, twist: Twist(), toward: goal)
      let step = 1e-6
      let move = draws.vector(within: 1)
      let turn = draws.vector(within: 1)
      // A half turn away the shortest way flips and the energy has a ridge.
      guard error(pose, goal).angular.length < 3 else { continue }
      let slope =
        (energy(moved(pose, step * move, step * turn), goal)
          - energy(moved(pose, -step * move, -step * turn), goal)) / (2 * step)
      let work = wrench.power(along: Twist(linear: move, angular: turn))
      #expect(abs(work + slope) < 1e-4 * (1 + abs(work)))
    }
  }

  @Test func `a posture torque of the null space leaves the tool alone but for the stated leak`() {
    var draws = RandomStream(seed: 1, name: "leak")
    for _ in 0..<200 {
      var state = draws.armState()
      var law = CartesianImpedance()
      law.start(at: state)
      state.velocity = JointVector()
      state.coriolis = JointVector()
      // One task direction of singular value s: a single non-zero row.
      state.jacobian = Jacobian()
      var row = draws.joints(within: 1)
      let s = row.dot(row).squareRoot()
      for joint in 0..<7 { state.jacobian[2, joint] = row[joint] }
      row = (1 / s) * row
      let away = draws.joints(within: 0.5)
      state.position = state.position + away
      let torque = law.torque(
        for: state, toward: setpoint(state.baseFromTool, stiff))
      let asked = -stiff.nullspaceStiffness * away
      let damping = Compliance.projectorDamping * Compliance.projectorDamping
      let leak = damping / (s * s + damping)
      #expect(abs(torque.dot(row) - leak * asked.dot(row)) < 1e-9)
      let across = torque - torque.dot(row) * row
      let expected = asked - asked.dot(row) * row
      let gap = across - expected
      #expect(gap.dot(gap) < 1e-18)
    }
  }

  @Test func `a spring and a damper bring a unit mass to rest on the setpoint`() {
    // Six of seven joints move the tool along its six axes; each has unit inertia.
    var state = ArmState()
    for axis in 0..<6 { state.jacobian[axis, axis] = 1 }
    var law = CartesianImpedance()
    law.start(at: state)
    let goal = setpoint(
      Transform(
        rotation: Rotation(rotationVector: Vector3(0.1, -0.2, 0.05)),
        translation: Vector3(0.05, -0.03, 0.02)), stiff)
    for _ in 0..<20_000 {
      let torque = law.torque(for: state, toward: goal)
      state.velocity = state.velocity + 0.0005 * torque
      state.position = state.position + 0.0005 * state.velocity
      let twist = state.jacobian.twist(of: state.velocity)
      state.baseFromTool = moved(
        state.baseFromTool, 0.0005 * twist.linear, 0.0005 * twist.angular)
    }
    let left = error(state.baseFromTool, goal)
    // The posture's leak of λ²/(1 + λ²) holds the tool back a little.
    #expect(left.linear.length < 0.001)
    #expect(left.angular.length < 0.05)
    #expect(state.velocity.dot(state.velocity) < 1e-12)
  }

  private var stiff: Compliance {
    Compliance(
      translationalStiffness: 1000, translationalDamping: 60, rotationalStiffness: 100,
      rotationalDamping: 15, clipToward: Vector3(repeating: 0.02),
      clipAgainst: Vector3(repeating: 0.02), clipRotation: Vector3(repeating: 0.1),
      nullspaceStiffness: 10)
  }

  private var open: Compliance {
    var gains = stiff
    gains.clipToward = Vector3(repeating: 10)
    gains.clipAgainst = Vector3(repeating: 10)
    gains.clipRotation = Vector3(repeating: 10)
    return gains
  }

  private func setpoint(_ pose: Transform<Base, Tool>, _ gains: Compliance) -> Setpoint {
    Setpoint(sequence: 1, effectTick: 0, baseFromTool: pose, compliance: gains)
  }

  private func moved(
    _ pose: Transform<Base, Tool>, _ by: Vector3, _ turn: Vector3
  ) -> Transform<Base, Tool> {
    Transform(
      rotation: Rotation<Base, Base>(rotationVector: turn) * pose.rotation,
      translation: pose.translation + by)
  }

  private func error(_ pose: Transform<Base, Tool>, _ goal: Setpoint) -> Twist<Base> {
    let turn: Rotation<Base, Base> = goal.baseFromTool.rotation * pose.rotation.inverse
    return Twist(
      linear: goal.baseFromTool.translation - pose.translation, angular: turn.rotationVector)
  }

  private func energy(_ pose: Transform<Base, Tool>, _ goal: Setpoint) -> Double {
    let e = error(pose, goal)
    let gains = goal.compliance
    return gains.translationalStiffness * e.linear.dot(e.linear) / 2
      + gains.rotationalStiffness * e.angular.dot(e.angular) / 2
  }
}
