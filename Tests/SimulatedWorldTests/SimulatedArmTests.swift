import Conformance
import Geometry
import Messages
import SimulatedWorld
import Testing

@Suite struct SimulatedArmTests {
  @Test func `the simulated arm obeys the driver laws`() throws {
    try expectArmDriverLaws { try SimulatedArm(world(sensing: noisy), seed: 5) }
    try expectArmDriverLaws { try SimulatedArm(world(home: second), seed: 5) }
  }

  @Test(arguments: [ready, second, working])
  func `without torque the arm stands still and nothing creeps`(home: JointVector) throws {
    var arm = try SimulatedArm(world(home: home), seed: 1)
    let (start, before) = (arm.read(), arm.truth())
    for _ in 0..<2000 {
      var command = JointTorque()
      command.tick = arm.read().tick
      try arm.write(command)
    }
    let (end, after) = (arm.read(), arm.truth())
    for joint in 0..<7 {
      #expect(abs(end.position[joint] - start.position[joint]) < 1e-5)
      #expect(abs(end.velocity[joint]) < 1e-5)
    }
    #expect((after.toolFromPart.translation - before.toolFromPart.translation).length < 1e-8)
    #expect(after.peakContactForce == 0)
  }

  @Test func `the bushing sags by the part's weight over its stiffness`() throws {
    let arm = try SimulatedArm(world(), seed: 1)
    let sag = arm.truth().toolFromPart.translation
    #expect((sag - Vector3(0, 0, 0.1 * 9.81 / 20000)).length < 1e-7)
  }

  @Test func `one seed gives the same bytes and another does not`() throws {
    func states(seed: UInt64) throws -> [ArmState] {
      let configuration = world(home: working, sensing: noisy, hidden: hiding)
      var arm = try SimulatedArm(configuration, seed: seed)
      try arm.startEpisode(EpisodeStart(episode: 3, isEvaluation: false))
      let goal = pose(of: configuration, lifted: 0.002, sideways: Vector3(0.001, 0.0007, 0))
      var list: [ArmState] = []
      for _ in 0..<2000 {
        try hold(&arm, at: goal)
        list.append(arm.read())
      }
      return list
    }
    let first = try states(seed: 11)
    #expect(try states(seed: 11) == first)
    #expect(try states(seed: 12) != first)
  }

  @Test func `the mass matrix holds the part and is symmetric`() throws {
    let arm = try SimulatedArm(world(), seed: 1)
    let bare = try BareArm(model: pandaModel, timestep: 0.001)
    let without = bare.model(carrying: .hand).massMatrix(bare.posture(at: ready))
    let with = arm.massMatrix()
    // The part is 0.1 kg, and at ready about 0.307 m from joint 1.
    #expect(abs(with[0] - without[0] - 0.1 * 0.307 * 0.307 - 0.00006) < 1e-4)
  }

  @Test func `a measured pose is the true pose and noise of the stated size`() throws {
    var arm = try SimulatedArm(world(sensing: noisy), seed: 2)
    let truth = try SimulatedArm(world(), seed: 2).read().baseFromTool
    var position = Vector3.zero
    var rotation = Vector3.zero
    let count = 4000
    for _ in 0..<count {
      var command = JointTorque()
      command.tick = arm.read().tick
      try arm.write(command)
      let measured = arm.read().baseFromTool
      let off = measured.translation - truth.translation
      let turn: Rotation<Base, Base> = measured.rotation * truth.rotation.inverse
      position += off * off
      rotation += turn.rotationVector * turn.rotationVector
    }
    for axis in 0..<3 {
      #expect(abs((position[axis] / Double(count)).squareRoot() / 0.00005 - 1) < 0.05)
      #expect(abs((rotation[axis] / Double(count)).squareRoot() / 0.0002 - 1) < 0.05)
    }
  }

  @Test func `motors do not exceed their limits`() throws {
    var arm = try SimulatedArm(world(), seed: 1)
    var command = JointTorque()
    command.torque = JointVector(repeating: 1000)
    try arm.write(command)
    let acted = arm.read().torque
    for joint in 0..<7 { #expect(acted[joint] < (joint < 4 ? 120 : 20)) }
  }

  @Test func `what no world can be made from is refused with its reason`() {
    var missing = world()
    missing.model = "/nowhere/model.xml"
    #expect { _ = try SimulatedArm(missing, seed: 1) } throws: { error in
      if case WorldError.unreadableModel(let path, let reason) = error {
        return path == "/nowhere/model.xml" && !reason.isEmpty
      }
      return false
    }
    var stiff = world()
    stiff.bushing.translationalStiffness = 1e6
    #expect { _ = try SimulatedArm(stiff, seed: 1) } throws: { error in
      if case WorldError.unstableBushing(let rate, let highest) = error { return rate > highest }
      return false
    }
    for change in [
      { (c: inout ConnectorGeometry) in c.hole = c.pin }, { $0.hole = $0.pitch },
      { $0.rows = 0 }, { $0.columns = 100 }, { $0.length = 0 }, { $0.friction = -1 },
    ] {
      var connector = header
      change(&connector)
      let broken = world(connector: connector)
      #expect { _ = try SimulatedArm(broken, seed: 1) } throws: { error in
        if case WorldError.invalidConnector = error { return true }
        return false
      }
    }
  }
}
