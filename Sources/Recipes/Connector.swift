public import Geometry

extension TaskRecipe {
  /// A pin header and the board it goes into.
  public struct Connector: Sendable, Equatable {
    /// Rows of pins, along y of the board.
    public var rows: Int
    /// Pins in a row, along x of the board.
    public var columns: Int
    /// Distance between neighbouring pins [m].
    public var pitch: Double
    /// Side of a square pin [m].
    public var pin: Double
    /// Side of a square hole [m].
    public var hole: Double
    /// Length of the pins below the housing [m].
    public var length: Double
    /// Thickness of the board [m].
    public var boardThickness: Double
    /// Nominal pose of the board's top at the connector's centre.
    public var boardPose: BoardPose
    /// Coulomb friction of pins and housing against the board.
    public var friction: Double

    /// Number of pins.
    public var pins: Int { rows * columns }

    /// Play of a pin in the middle of its hole, to either side [m].
    public var clearance: Double { (hole - pin) / 2 }
  }

  /// Nominal pose of the board's top at the connector's centre, as the task file spells it.
  public struct BoardPose: Sendable, Equatable {
    /// Origin of the board in the base [m].
    public var position: Vector3
    /// Extrinsic roll, pitch and yaw of the board in the base [rad].
    public var rollPitchYaw: Vector3

    /// The pose as a transform.
    public var baseFromBoard: Transform<Base, Board> {
      Transform(
        rotation: Rotation(roll: rollPitchYaw.x, pitch: rollPitchYaw.y, yaw: rollPitchYaw.z),
        translation: position)
    }
  }
}
