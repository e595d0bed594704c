import Geometry

/// How an insertion's time divides: to the board, until the pins find their holes, until it is rewarded.
///
/// By the tool's measured pose at the ends of steps, so each time is a whole number of steps.
struct EpisodePhases: Sendable {
  /// Robot time from the first observation to the first touch of the board [s]; nil before it.
  private(set) var approach: Double?
  /// Robot time from there to the pins' entry [s]; nil before it.
  private(set) var search: Double?
  private let pinLength: Double
  /// Above the board by less, the pins count as touching it; below its top by more, as entered [m].
  private static let (touching, entered) = (0.0003, 0.0005)

  init(pinLength: Double) { self.pinLength = pinLength }

  /// The parts of an episode of so many seconds; a phase that did not end took the rest.
  func parts(of seconds: Double) -> PhaseSeconds {
    let approach = approach ?? seconds
    let search = search ?? (seconds - approach)
    return PhaseSeconds(approach: approach, search: search, seating: seconds - approach - search)
  }

  /// Takes the pose at the end of a step, so many seconds after the first observation.
  mutating func add(_ targetFromTool: Transform<Target, Tool>, at seconds: Double) {
    let pinsAboveBoard = -targetFromTool.translation.z - pinLength
    if approach == nil, pinsAboveBoard < Self.touching { approach = seconds }
    if let approach, search == nil, pinsAboveBoard < -Self.entered { search = seconds - approach }
  }
}

/// Parts of an insertion's time [s].
public struct PhaseSeconds: Encodable, Sendable {
  /// From the first observation to the first touch of the board.
  public var approach: Double
  /// From there to the pins' entry into their holes.
  public var search: Double
  /// From there to the end, the judged steps of the reward among it.
  public var seating: Double

  /// Parts for a person.
  var text: String {
    "approach \(decimal(approach, 2)) s, search \(decimal(search, 2)) s, "
      + "seating \(decimal(seating, 2)) s"
  }
}
