public import Messages

/// The order in which a learner takes the transitions of several actors: each in turn, so that none
/// waits for the flood of another.
///
/// Every actor numbers its own transitions; each number is taken once and in order, whatever comes
/// twice, early or late.
public struct TransitionMixer: Sendable {
  /// Whom the next transition is from.
  public enum Order: Sendable, Equatable {
    /// Transition n of each actor from 0 on, in the order of their numbers, before transition n + 1 of any.
    ///
    /// Nothing depends on when they come: who is due is waited for.
    case rounds(actors: Int)
    /// In turn the actors that have sent something; nobody is waited for.
    case turns
  }

  private struct Stream {
    /// What has come, of which the first `gone` are taken.
    private var kept: [Transition] = []
    private var gone = 0
    /// Transitions taken.
    private(set) var taken: UInt64 = 0
    var hasLeft = false

    var isEmpty: Bool { waiting == 0 }
    var waiting: Int { kept.count - gone }
    /// The number that is due.
    var next: UInt64 { taken + UInt64(kept.count - gone) }
    /// Whether something of it is still to be taken.
    var isPresent: Bool { !hasLeft || !isEmpty }

    mutating func add(_ transition: Transition) { kept.append(transition) }

    mutating func take() -> Transition {
      defer {
        (gone, taken) = (gone + 1, taken + 1)
        // In blocks, so that a long queue is not moved up for each.
        if gone == kept.count || gone == 256 {
          kept.removeFirst(gone)
          gone = 0
        }
      }
      return kept[gone]
    }
  }

  /// Whom the next transition is from.
  public let order: Order
  private var streams: [UInt32: Stream] = [:]
  private var last: UInt32?

  /// A mixer that has taken nothing.
  public init(_ order: Order) {
    self.order = order
    guard case .rounds(let actors) = order else { return }
    for actor in 0..<UInt32(actors) { streams[actor] = Stream() }
  }

  /// Whether an actor may send: in rounds, those of the beginning.
  public func admits(_ actor: UInt32) -> Bool { order == .turns || streams[actor] != nil }

  /// The sequence that is due from an actor.
  public func next(from actor: UInt32) -> UInt64 { streams[actor]?.next ?? 0 }

  /// Transitions of an actor that wait for their turn.
  public func waiting(from actor: UInt32) -> UInt64 {
    streams[actor].map { $0.next - $0.taken } ?? 0
  }

  /// Keeps a transition until its turn, if it is the one that is due from an admitted actor; says
  /// whether it was.
  public mutating func add(_ transition: Transition, from actor: UInt32) -> Bool {
    guard admits(actor), transition.sequence == next(from: actor) else { return false }
    streams[actor, default: Stream()].add(transition)
    streams[actor]?.hasLeft = false
    return true
  }

  /// Expects nothing more from an actor, or does again.
  public mutating func note(_ actor: UInt32, hasLeft: Bool) {
    guard admits(actor) else { return }
    streams[actor, default: Stream()].hasLeft = hasLeft
  }

  /// Actors that have come and not left.
  public var present: [UInt32] { streams.filter { !$0.value.hasLeft }.keys.sorted() }

  /// Every actor that has come.
  public var actors: [UInt32] { streams.keys.sorted() }

  /// Rounds of which everything was taken.
  public var rounds: UInt64 {
    let taken = streams.values.filter(\.isPresent).map(\.taken)
    return taken.min() ?? streams.values.map(\.taken).max() ?? 0
  }

  /// Transitions that wait, of all actors.
  public var waiting: Int { streams.values.reduce(0) { $0 + $1.waiting } }

  /// Whether the transition whose turn it is has come.
  public var hasDue: Bool { due.map { streams[$0]?.isEmpty == false } ?? false }

  /// The transition whose turn it is; nil while the one that is due has not come.
  public mutating func take() -> (actor: UInt32, transition: Transition)? {
    guard let actor = due, streams[actor]?.isEmpty == false,
      let transition = streams[actor]?.take()
    else { return nil }
    last = actor
    return (actor, transition)
  }

  private var due: UInt32? {
    if case .rounds = order {
      return streams.filter(\.value.isPresent).min {
        ($0.value.taken, $0.key) < ($1.value.taken, $1.key)
      }?.key
    }
    let waiting = streams.filter { !$0.value.isEmpty }.keys.sorted()
    return waiting.first { $0 > last ?? 0 || last == nil } ?? waiting.first
  }
}
