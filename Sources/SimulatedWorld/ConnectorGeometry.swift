public import Geometry

/// A pin header and the board that it goes into.
///
/// The part's frame is at the centre of the housing's underside, z toward the pins; the board's
/// frame is at the connector's centre on the board's top, z up. Columns run along x, rows along y.
/// Seated, the origins meet and the part is turned by π about x.
public struct ConnectorGeometry: Sendable, BitwiseCopyable, Equatable {
  /// Pins along y.
  public var rows: Int
  /// Pins along x.
  public var columns: Int
  /// Distance of neighbouring pins [m].
  public var pitch: Double
  /// Side of a square pin [m].
  public var pin: Double
  /// Side of a square hole [m].
  public var hole: Double
  /// Length of the pins below the housing [m].
  public var length: Double
  /// Thickness of the board [m].
  public var boardThickness: Double
  /// Nominal pose of the board.
  public var boardPose: Transform<Base, Board>
  /// Coulomb friction of pins and housing against the board.
  public var friction: Double

  /// A connector of its measures.
  public init(
    rows: Int, columns: Int, pitch: Double, pin: Double, hole: Double, length: Double,
    boardThickness: Double, boardPose: Transform<Base, Board>, friction: Double
  ) {
    self.rows = rows
    self.columns = columns
    self.pitch = pitch
    self.pin = pin
    self.hole = hole
    self.length = length
    self.boardThickness = boardThickness
    self.boardPose = boardPose
    self.friction = friction
  }

  /// Number of pins.
  public var pins: Int { rows * columns }

  /// Free play of a centred pin on each side of its hole [m].
  public var clearance: Double { (hole - pin) / 2 }

  /// Height of the housing above its seat [m], as of a common shrouded header.
  static let housingHeight = 0.0089

  /// Half the board's sides [m].
  static let boardHalf = (x: 0.032, y: 0.024)

  /// The part when it is fully seated, in the board.
  static let boardFromSeat = Transform<Board, Part>(
    rotation: Rotation(w: 0, x: 1, y: 0, z: 0), translation: .zero)

  /// The part when it is fully seated in the nominal board.
  var baseFromSeat: Transform<Base, Part> { boardPose * Self.boardFromSeat }

  /// Position of column or row `index` of `count` from the connector's centre [m].
  func place(_ index: Int, of count: Int) -> Double {
    (Double(index) - Double(count - 1) / 2) * pitch
  }

  /// Centre of pin `index` (row by row) on the seat, in the part [m].
  func pinPlace(_ index: Int) -> Vector3 {
    Vector3(place(index % columns, of: columns), place(index / columns, of: rows), 0)
  }

  /// Centre of the hole of pin `index`, in the board [m].
  func holePlace(_ index: Int) -> Vector3 { Self.boardFromSeat(pinPlace(index)) }

  /// Throws unless pins fit holes, holes leave walls, and the connector fits the board.
  func validate() throws(WorldError) {
    guard rows > 0, columns > 0 else {
      throw .invalidConnector(reason: "rows \(rows) and columns \(columns) must be at least 1")
    }
    guard pin > 0, pin < hole, hole < pitch else {
      throw .invalidConnector(reason: "need 0 < pin \(pin) < hole \(hole) < pitch \(pitch)")
    }
    guard length > 0, boardThickness > 0, friction >= 0 else {
      throw .invalidConnector(reason: "length, boardThickness and friction must be positive")
    }
    let half = Double(max(columns, rows)) * pitch / 2
    guard half < min(Self.boardHalf.x, Self.boardHalf.y) else {
      throw .invalidConnector(reason: "\(rows)x\(columns) at pitch \(pitch) exceeds the board")
    }
  }
}
