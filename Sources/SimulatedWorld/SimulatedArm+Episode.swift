import CMuJoCo
import Geometry
public import Messages

extension SimulatedArm {
  /// Draws what the episode hides, zeroes the wrench estimate and forgets the peak force.
  ///
  /// The arm stays where it is. Throws `inContact` while the part touches the world.
  public mutating func startEpisode(_ start: EpisodeStart) throws(WorldError) {
    guard contactForce == 0 else { throw .inContact(force: contactForce) }
    hidden = HiddenDraw(configuration.hidden, seed: seed, start)
    held.grasp(physics, hidden.grasp)
    held.place(physics, board: configuration.connector.boardPose * hidden.board)
    mj_step1(physics.model, physics.data)
    peakContactForce = 0
    estimate.zero()
    estimate.bias = hidden.bias
    report()
  }

  /// What only the simulator knows, at the current tick.
  public func truth() -> Truth {
    let connector = configuration.connector
    let baseFromPart: Transform<Base, Part> = physics.pose(ofBody: held.part)
    let baseFromBoard: Transform<Base, Board> = physics.pose(ofBody: held.board)
    var truth = Truth()
    truth.tick = state.tick
    truth.boardFromPart = baseFromBoard.inverse * baseFromPart
    truth.toolFromPart = posture.baseFromTool.inverse * baseFromPart
    truth.remainingDepth = truth.boardFromPart.translation.z
    truth.pins = Int32(connector.pins)
    truth.pinsInHoles = Int32(connector.pinsInHoles(truth.boardFromPart))
    truth.contactForce = contactForce
    truth.peakContactForce = peakContactForce
    return truth
  }
}

extension ConnectorGeometry {
  /// Pins whose tip is inside its own hole: within its walls and below the board's top.
  func pinsInHoles(_ boardFromPart: Transform<Board, Part>) -> Int {
    (0..<pins).count { index in
      let tip = boardFromPart(pinPlace(index) + Vector3(0, 0, length))
      let off = tip - holePlace(index)
      return tip.z < -ConnectorGeometry.rimDepth && abs(off.x) < hole / 2 && abs(off.y) < hole / 2
    }
  }

  /// A tip less deep than this may still rest on a hole's rim, pressed a little into it [m].
  static let rimDepth = 0.0002
}
