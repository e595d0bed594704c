import Geometry
import Messages
import SimulatedWorld
import Testing

@Suite struct WrenchTests {
  /// Sigma at rest per axis: force [N], torque [N·m].
  @Test func `at rest over the board the estimate is as noisy as a real arm's`() throws {
    let configuration = world(home: working, sensing: noisy)
    var arm = try SimulatedArm(configuration, seed: 4)
    let goal = arm.read().baseFromTool
    try run(&arm, toward: goal, ticks: 300)
    var sum = (Vector3.zero, Vector3.zero)
    var square = (Vector3.zero, Vector3.zero)
    let count = 12000
    for _ in 0..<count {
      try hold(&arm, at: goal)
      let wrench = arm.read().toolWrench
      sum.0 += wrench.force
      sum.1 += wrench.torque
      square.0 += wrench.force * wrench.force
      square.1 += wrench.torque * wrench.torque
    }
    let n = Double(count)
    for axis in 0..<3 {
      let force = (square.0[axis] / n - (sum.0[axis] / n) * (sum.0[axis] / n)).squareRoot()
      let torque = (square.1[axis] / n - (sum.1[axis] / n) * (sum.1[axis] / n)).squareRoot()
      #expect((0.3...0.6).contains(force), "force axis \(axis): \(force)")
      #expect((0.02...0.3).contains(torque), "torque axis \(axis): \(torque)")
    }
  }

  @Test func `a steady press is felt at its strength, against the insertion`() throws {
    let configuration = world(home: working)
    var arm = try SimulatedArm(configuration, seed: 1)
    let aside = Vector3(0.0008, 0.0008, 0)
    let above = pose(of: configuration, lifted: 0.006, sideways: aside)
    try run(&arm, toward: above, ticks: 3000)
    try arm.startEpisode(EpisodeStart(episode: 0, isEvaluation: false))
    try run(&arm, toward: pose(of: configuration, lifted: -0.01, sideways: aside), ticks: 1500)
    let felt = arm.read().toolWrench.force
    let truth = arm.truth()
    #expect(abs(truth.contactForce - 6) < 1)
    #expect(abs(felt.z + truth.contactForce) < 0.8)
    // The bushing yields by (contact force - weight)/stiffness.
    let yielded = -truth.toolFromPart.translation.z * 20000 + 0.1 * 9.81
    #expect(abs(yielded / truth.contactForce - 1) < 0.03)
    // Pins rest on the board and sink in less than 0.01 mm.
    #expect(truth.remainingDepth > header.length - 0.00001)
    #expect(!truth.isSuccess)
    #expect(truth.pinsInHoles == 0)
  }

  @Test func `an episode zeroes the estimate and adds its bias to it`() throws {
    var ranges = HiddenRanges.none
    ranges.wrenchBias = 1
    ranges.torqueBias = 0.02
    var arm = try SimulatedArm(world(home: working, hidden: ranges), seed: 9)
    let goal = arm.read().baseFromTool
    try run(&arm, toward: goal, ticks: 500)
    var seen: [Wrench<Tool>] = []
    for episode in 0..<20 {
      try arm.startEpisode(EpisodeStart(episode: UInt64(episode), isEvaluation: false))
      let wrench = arm.read().toolWrench
      #expect(wrench.force.length > 0 && wrench.force.length < 1.01)
      #expect(wrench.torque.length > 0 && wrench.torque.length < 0.021)
      seen.append(wrench)
      try hold(&arm, at: goal)
    }
    #expect(Set(seen.map(\.force)).count == 20)
    #expect((seen.map(\.force.length).max() ?? 0) > 0.6)
  }

  @Test func `torque and wrench of one state agree`() throws {
    let configuration = world(home: working, sensing: noisy, hidden: hiding)
    var arm = try SimulatedArm(configuration, seed: 9)
    let goal = pose(of: configuration, lifted: 0.004)
    try run(&arm, toward: goal, ticks: 200)
    try arm.startEpisode(EpisodeStart(episode: 1, isEvaluation: false))
    let state = arm.read()
    // J·(τ - Jᵀ·w) = 0 up to the damping of the inverse: the rest is in the null space.
    let back = state.jacobian.torque(of: state.baseFromTool.rotation(state.toolWrench))
    let rest = JointVector { state.externalTorque[$0] - back[$0] }
    let left = state.jacobian.twist(of: rest)
    #expect(left.linear.length < 0.02)
    #expect(left.angular.length < 0.02)
  }
}
