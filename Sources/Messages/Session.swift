public import Geometry

/// What the simulator knows and a robot cannot.
///
/// Travels on its own socket only.
public struct Truth: Sendable, BitwiseCopyable, Equatable {
  /// Tick of the snapshot.
  public var tick: Int64 = 0
  /// How far the housing is from its full depth, positive above the board [m].
  public var remainingDepth = 0.0
  /// Pins whose tip is inside the hole that is theirs.
  public var pinsInHoles: Int32 = 0
  /// Pins of the connector.
  public var pins: Int32 = 0
  /// Contact force between held part and world now [N].
  public var contactForce = 0.0
  /// Largest contact force since the episode's start [N].
  public var peakContactForce = 0.0
  /// Where the part truly is.
  public var boardFromPart = Transform<Board, Part>.identity
  /// How the part truly sits in the hand.
  public var toolFromPart = Transform<Tool, Part>.identity

  /// A truth with every value zero.
  public init() {}

  /// How far the part is beside the connector's axis [m].
  public var sidewaysDistance: Double {
    let place = boardFromPart.translation
    return (place.x * place.x + place.y * place.y).squareRoot()
  }

  /// The rule of every report: all pins in the right holes, seated within 0.3 mm of full depth,
  /// contact force never over 20 N.
  public var isSuccess: Bool {
    pins > 0 && pinsInHoles == pins && remainingDepth <= 0.0003 && peakContactForce <= 20
  }
}

/// Asks the driver to start an episode where the arm stands: draw what is hidden, zero the sensors.
public struct EpisodeStart: Sendable, BitwiseCopyable, Equatable {
  /// Episode number; with the session's seed it decides every hidden draw.
  public var episode: UInt64
  /// An episode that counts in reports, drawn from a stream of its own.
  public var isEvaluation: Bool

  /// A start of its parts.
  public init(episode: UInt64, isEvaluation: Bool) {
    self.episode = episode
    self.isEvaluation = isEvaluation
  }
}

/// Lock-step: lets simulated time run up to and including a tick.
public struct Grant: Sendable, BitwiseCopyable, Equatable {
  /// Number of the grant, from 1.
  public var sequence: UInt64
  /// Last tick that may be computed.
  public var untilTick: Int64
  /// The setpoint that a controller must hold before it computes any of these ticks.
  public var setpoint: UInt64

  /// A grant of its parts.
  public init(sequence: UInt64, untilTick: Int64, setpoint: UInt64) {
    self.sequence = sequence
    self.untilTick = untilTick
    self.setpoint = setpoint
  }
}
