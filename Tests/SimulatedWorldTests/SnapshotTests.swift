import Geometry
import Messages
import SimulatedWorld
import Testing

@Suite struct SnapshotTests {
  /// What two worlds that go the same way must share, to the last bit.
  private struct Trace: Equatable {
    var state: ArmState
    var truth: Truth
    var integration: [Double]
  }

  /// Presses down from a pose for some ticks.
  private func press(_ arm: inout SimulatedArm, ticks: Int) throws -> [Trace] {
    let goal = pose(of: world(), lifted: -0.002, sideways: Vector3(0.0008, 0.0002, 0))
    var trace: [Trace] = []
    for _ in 0..<ticks {
      try hold(&arm, at: goal)
      trace.append(
        Trace(state: arm.read(), truth: arm.truth(), integration: arm.integrationState()))
    }
    return trace
  }

  @Test(arguments: [0, 1, 2] as [UInt64], [0, 40, 400])
  func `a world goes on from another's snapshot to the last bit`(
    episode: UInt64, before: Int
  ) throws {
    let configuration = world(home: working, sensing: noisy, hidden: hiding)
    var arm = try SimulatedArm(configuration, seed: 3)
    try run(&arm, toward: pose(of: configuration, lifted: 0.002), ticks: 300)
    try arm.startEpisode(EpisodeStart(episode: episode, isEvaluation: false))
    _ = try press(&arm, ticks: before)
    let snapshot = arm.snapshot()
    let expected = try press(&arm, ticks: 1300)
    #expect(expected.last?.truth.peakContactForce ?? 0 > 1)
    var other = try SimulatedArm(configuration, seed: 99)
    try other.startEpisode(EpisodeStart(episode: 7, isEvaluation: true))
    _ = try press(&other, ticks: 10)
    try other.restore(snapshot)
    #expect(other.snapshot() == snapshot)
    #expect(try press(&other, ticks: 1300) == expected)
    // Also where the next episode draws and zeroes again.
    try run(&arm, toward: pose(of: configuration, lifted: 0.01), ticks: 500)
    try run(&other, toward: pose(of: configuration, lifted: 0.01), ticks: 500)
    #expect(other.read() == arm.read())
  }

  @Test func `a snapshot of another world is refused`() throws {
    var arm = try SimulatedArm(world(), seed: 3)
    var snapshot = arm.snapshot()
    snapshot.integration.removeLast()
    #expect(throws: WorldError.self) { try arm.restore(snapshot) }
    snapshot = arm.snapshot()
    snapshot.placements[0].body = "elsewhere"
    #expect(throws: WorldError.self) { try arm.restore(snapshot) }
  }
}
