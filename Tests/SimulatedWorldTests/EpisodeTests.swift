import Geometry
import Messages
import SimulatedWorld
import Testing

@Suite struct EpisodeTests {
  private struct Draw: Equatable {
    var grasp: Transform<Tool, Part>
    var board: Transform<Board, Part>
    var wrench: Wrench<Tool>
  }

  private func draw(
    _ arm: inout SimulatedArm, _ episode: UInt64, evaluation: Bool = false
  ) throws -> Draw {
    try arm.startEpisode(EpisodeStart(episode: episode, isEvaluation: evaluation))
    let truth = arm.truth()
    return Draw(
      grasp: truth.toolFromPart, board: truth.boardFromPart, wrench: arm.read().toolWrench)
  }

  @Test func `a draw depends on seed, number and kind and not on what came before`() throws {
    let configuration = world(hidden: hiding)
    var direct = try SimulatedArm(configuration, seed: 3)
    let expected = try draw(&direct, 7)
    var wandering = try SimulatedArm(configuration, seed: 3)
    for episode in [0, 5, 2, 7, 9] as [UInt64] { _ = try draw(&wandering, episode) }
    #expect(try draw(&wandering, 7) == expected)
    #expect(try draw(&wandering, 8) != expected)
    let evaluated = try draw(&wandering, 7, evaluation: true)
    #expect(evaluated != expected)
    #expect(try draw(&wandering, 8, evaluation: true) != evaluated)
    #expect(try draw(&wandering, 7, evaluation: true) == evaluated)
    var other = try SimulatedArm(configuration, seed: 4)
    #expect(try draw(&other, 7) != expected)
  }

  @Test func `draws fill their ranges and never leave them`() throws {
    let configuration = world(hidden: hiding)
    var arm = try SimulatedArm(configuration, seed: 3)
    let plain = arm.truth()
    var widest = (grasp: Vector3.zero, turn: Vector3.zero, board: Vector3.zero)
    for episode in 0..<200 as Range<UInt64> {
      let draw = try draw(&arm, episode)
      let sag = plain.toolFromPart.translation
      // Rotations turn the part about its seat, while gravity's sag keeps its direction nearly.
      let off = draw.grasp.translation - sag
      let turn = draw.grasp.rotation.rotationVector
      let baseFromBoard = arm.read().baseFromTool * draw.grasp * draw.board.inverse
      let board = baseFromBoard.translation - header.boardPose.translation
      for axis in 0..<2 {
        widest.grasp[axis] = max(widest.grasp[axis], abs(off[axis]))
        widest.board[axis] = max(widest.board[axis], abs(board[axis]))
      }
      for axis in 0..<3 { widest.turn[axis] = max(widest.turn[axis], abs(turn[axis])) }
      #expect(abs(off.z) < 1e-6)
      #expect(abs(board.z) < 1e-9)
      widest.board.z = max(widest.board.z, abs(baseFromBoard.rotation.rotationVector.z))
    }
    for axis in 0..<2 {
      #expect((0.00018...0.000201).contains(widest.grasp[axis]))
      #expect((0.00045...0.0005001).contains(widest.board[axis]))
    }
    for axis in 0..<3 { #expect((0.0078...0.00878).contains(widest.turn[axis])) }
    #expect((0.0157...0.01746).contains(widest.board.z))
  }

  @Test func `starting an episode kicks nothing`() throws {
    var arm = try SimulatedArm(world(hidden: hiding), seed: 3)
    for episode in 0..<5 as Range<UInt64> {
      let grasp = try draw(&arm, episode).grasp
      for _ in 0..<200 {
        var command = JointTorque()
        command.tick = arm.read().tick
        try arm.write(command)
        let now = arm.truth().toolFromPart
        #expect((now.translation - grasp.translation).length < 1e-6)
      }
    }
  }

  @Test func `nothing that an arm reports in free space depends on what is hidden`() throws {
    var ranges = hiding
    ranges.wrenchBias = 0
    ranges.torqueBias = 0
    func states(_ hidden: HiddenRanges) throws -> [ArmState] {
      let configuration = world(home: working, sensing: noisy, hidden: hidden)
      var arm = try SimulatedArm(configuration, seed: 6)
      let goal = arm.read().baseFromTool
      try arm.startEpisode(EpisodeStart(episode: 2, isEvaluation: true))
      var list = [arm.read()]
      for _ in 0..<200 {
        try hold(&arm, at: goal)
        list.append(arm.read())
      }
      return list
    }
    let (with, without) = (try states(ranges), try states(.none))
    #expect(with[0] == without[0])
    // After that only through physics: the part's weight hangs a fraction of a millimetre aside.
    for (a, b) in zip(with, without) {
      #expect((a.baseFromTool.translation - b.baseFromTool.translation).length < 1e-6)
      #expect((a.toolWrench.force - b.toolWrench.force).length < 0.01)
      #expect((a.toolWrench.torque - b.toolWrench.torque).length < 0.002)
    }
  }

  @Test func `no episode starts in contact`() throws {
    let configuration = world(home: working)
    var arm = try SimulatedArm(configuration, seed: 1)
    let aside = Vector3(0.0008, 0.0008, 0)
    try run(&arm, toward: pose(of: configuration, lifted: 0.006, sideways: aside), ticks: 3000)
    try run(&arm, toward: pose(of: configuration, lifted: -0.01, sideways: aside), ticks: 800)
    #expect(arm.truth().contactForce > 1)
    #expect {
      try arm.startEpisode(EpisodeStart(episode: 0, isEvaluation: false))
    } throws: { error in
      if case WorldError.inContact(let force) = error { return force > 1 }
      return false
    }
  }
}
