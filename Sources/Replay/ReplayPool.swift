public import LearningSlots
public import Messages
public import Randomness

/// The newest transitions of several actors, each in a ring of its own, sampled as one: every
/// transition is equally likely, whoever made it.
public struct ReplayPool: ~Copyable {
  /// A copyable place for what is none.
  private final class Ring {
    var buffer: ReplayBuffer
    var episode: UInt32?

    init(_ buffer: consuming ReplayBuffer) { self.buffer = buffer }
  }

  private let capacity: Int
  private let observationSize: Int
  private let actionSize: Int
  private let lookahead: Lookahead
  /// In the order of their actors.
  private var rings: [(actor: UInt32, ring: Ring)] = []
  private var draws: [(ring: Int, index: Int)] = []

  /// An empty pool that keeps `capacity` transitions of each actor.
  public init(
    capacity: Int, observationSize: Int, actionSize: Int, lookahead: Lookahead = .one
  ) {
    self.capacity = capacity
    self.observationSize = observationSize
    self.actionSize = actionSize
    self.lookahead = lookahead
  }

  /// Transitions present.
  public var count: Int { rings.reduce(0) { $0 + $1.ring.buffer.count } }

  /// Keeps the transition that comes next in an actor's stream.
  ///
  /// Where it begins another episode though the one before has no end, something cut that short.
  public mutating func append(_ transition: Transition, from actor: UInt32 = 0) {
    let ring = ring(of: actor)
    if let episode = ring.episode, transition.episode != episode { ring.buffer.cut() }
    ring.episode = transition.episode
    ring.buffer.append(transition)
  }

  private mutating func ring(of actor: UInt32) -> Ring {
    let place = rings.firstIndex { $0.actor >= actor } ?? rings.count
    if place < rings.count, rings[place].actor == actor { return rings[place].ring }
    let ring = Ring(
      ReplayBuffer(
        capacity: capacity, observationSize: observationSize, actionSize: actionSize,
        lookahead: lookahead))
    rings.insert((actor, ring), at: place)
    return ring
  }

  /// Fills rows of a batch as `ReplayBuffer.sample` does, from all actors; not empty.
  public mutating func sample(
    into batch: inout Batch, rows: Range<Int>, using stream: inout RandomStream
  ) {
    if rings.count == 1, let ring = rings.first?.ring {
      return ring.buffer.sample(into: &batch, rows: rows, using: &stream)
    }
    let total = count
    precondition(total > 0 || rows.isEmpty, "sample from an empty replay pool")
    draws.removeAll(keepingCapacity: true)
    for _ in rows { draws.append(place(of: stream.index(below: total))) }
    for draw in draws { rings[draw.ring].ring.buffer.prefetch(draw.index) }
    for (row, draw) in zip(rows, draws) {
      rings[draw.ring].ring.buffer.copy(draw.index, to: row, of: &batch)
    }
  }

  /// The ring and the place in it of a transition of the whole.
  private func place(of index: Int) -> (ring: Int, index: Int) {
    var (ring, index) = (0, index)
    while index >= rings[ring].ring.buffer.count {
      index -= rings[ring].ring.buffer.count
      ring += 1
    }
    return (ring, index)
  }

  /// Hash of what is kept, to compare two runs: that of the ring where there is one actor, else one of
  /// theirs in the order of the actors.
  public func digest() -> UInt64 {
    if rings.count < 2 { return rings.first?.ring.buffer.digest() ?? emptyDigest }
    return rings.reduce(0xcbf2_9ce4_8422_2325) { hash, entry in
      [UInt64(entry.actor), entry.ring.buffer.digest()].reduce(hash) {
        ($0 ^ $1) &* 0x100_0000_01b3
      }
    }
  }

  private var emptyDigest: UInt64 {
    ReplayBuffer(
      capacity: 1, observationSize: observationSize, actionSize: actionSize
    ).digest()
  }
}
