/// Why a handshake failed.
public enum Refusal: String, Sendable, CaseIterable {
  /// Here: the peer's key is not on the list.
  case unlisted
  /// Here: the peer came without a key.
  case keyless
  /// Here: the peer expects a server with another key, or spoke in another wrong way.
  case mistaken
  /// Here: the peer left, or was dropped, before its handshake was over.
  ///
  /// A peer without a key is one of these where it sees first that the two do not agree.
  case unfinished
  /// There: the server does not have this machine's key on its list.
  case refusedThere
  /// There: no handshake came about with a server; it has another key, no keys, or goes.
  case strangeServer

  /// What happened, for a person.
  package var text: String {
    switch self {
    case .unlisted: "refused a peer: its key is not on the list"
    case .keyless: "refused a peer: it has no key"
    case .mistaken: "refused a peer: it expects a server with another key"
    case .unfinished: "dropped a peer: it did not finish its handshake, perhaps for want of a key"
    case .refusedThere: "was refused: this machine's key is not on the list there"
    case .strangeServer: "no handshake: the server has another key than expected, or is going"
    }
  }
}

/// How many handshakes failed, by reason.
public struct Refusals: Sendable, Equatable {
  private var counts = [Int](repeating: 0, count: Refusal.allCases.count)

  /// How many for one reason.
  public subscript(_ reason: Refusal) -> Int { counts[Self.place(of: reason)] }

  /// How many peers this machine refused, for whatever reason.
  public var refusedHere: Int {
    self[.unlisted] + self[.keyless] + self[.mistaken] + self[.unfinished]
  }

  mutating func count(_ reason: Refusal) { counts[Self.place(of: reason)] += 1 }

  private static func place(of reason: Refusal) -> Int {
    Refusal.allCases.firstIndex(of: reason) ?? 0
  }
}

/// Keeps a log from being filled by whoever knocks: the first of a kind at once, then at most one line
/// in ten seconds that counts the others.
package struct RefusalLog {
  /// Least time between two lines of one kind.
  package static let interval = Duration.seconds(10)

  private struct Kind {
    var last: ContinuousClock.Instant?
    /// Refused since the last line.
    var pending = 0
    var all = 0
    var place = ""
  }

  private var kinds: [Refusal: Kind] = [:]

  /// A log of nothing yet.
  package init() {}

  /// Takes note of a failed handshake.
  package mutating func note(_ reason: Refusal, at place: String) {
    kinds[reason, default: Kind()].pending += 1
    kinds[reason, default: Kind()].all += 1
    kinds[reason, default: Kind()].place = place
  }

  /// The lines that are due.
  package mutating func lines(at now: ContinuousClock.Instant) -> [String] {
    Refusal.allCases.compactMap { reason in
      guard var kind = kinds[reason], kind.pending > 0,
        kind.last.map({ now - $0 >= Self.interval }) ?? true
      else { return nil }
      let times = kind.all > 1 ? " (\(kind.pending) since the last line, \(kind.all) in all)" : ""
      kind.last = now
      kind.pending = 0
      kinds[reason] = kind
      return "security: \(reason.text); \(kind.place)\(times)"
    }
  }
}
