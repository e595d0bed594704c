public import Geometry
public import Messages

extension SimulatedArm {
  /// Puts the world where a recorded state has it and gives where the part then truly is.
  ///
  /// For showing alone: what the arm reports stays as it was. Throws `foreignSnapshot` for a state of
  /// another world.
  public mutating func show(
    _ integration: [Double], placements: [BodyPlacement]
  ) throws(WorldError) -> Transform<Board, Part> {
    try place(integration, placements)
    let baseFromPart: Transform<Base, Part> = physics.pose(ofBody: held.part)
    let baseFromBoard: Transform<Base, Board> = physics.pose(ofBody: held.board)
    return baseFromBoard.inverse * baseFromPart
  }
}
