/// What a sender of numbered messages keeps until their receiver holds them: go-back-N.
///
/// The receiver takes numbers in order and says which is due. Where it says the same again, or says
/// nothing to a sender that waits, what was sent since is sent once more. Numbers count from 0.
public struct SendWindow<Element: Sendable>: Sendable {
  /// Messages that may wait for their receiver before the sender should.
  public static var length: Int { 32 }
  /// How long the receiver may say nothing before a sender that waits goes back [ns].
  public static var longestSilence: Int64 { 250_000_000 }
  /// Least time between two returns to the same number [ns].
  public static var shortestReturn: Int64 { 20_000_000 }

  /// What the receiver has not said to hold, in order.
  private var kept: [Element] = []
  /// The first of these that is not under way.
  private var next = 0
  /// Number of the first kept, which is due as far as the receiver has said.
  private var due: UInt64 = 0
  /// When something was last sent or heard [ns].
  private var moved: Int64 = 0
  /// The number that was last returned to, and when [ns].
  private var returned: (number: UInt64, time: Int64)?

  /// Nothing sent, nothing to send.
  public init() {}

  /// The number of the next message that is added.
  public var end: UInt64 { due + UInt64(kept.count) }

  /// Whether another message need not wait.
  public var hasRoom: Bool { kept.count < Self.length }

  /// Whether the receiver holds everything.
  public var isDelivered: Bool { kept.isEmpty }

  /// Adds a message, under the number `end`.
  ///
  /// Is added also where there is no room: who must not wait is bounded by what it has to say.
  public mutating func add(_ message: Element) { kept.append(message) }

  /// The message to send; nil when all are under way.
  public var message: Element? { next < kept.count ? kept[next] : nil }

  /// Notes that `message` has been sent at a time [ns].
  public mutating func noteSent(at time: Int64) {
    next = min(next + 1, kept.count)
    moved = time
  }

  /// Goes back where a sender that waits has heard nothing for too long.
  public mutating func waited(until time: Int64) {
    if next > 0, time - moved > Self.longestSilence { goBack(at: time) }
  }

  /// Notes which number the receiver says is due; false where it cannot be, since it was never added.
  public mutating func note(due number: UInt64, at time: Int64) -> Bool {
    guard number <= end else { return false }
    if number > due {
      let count = Int(number - due)
      kept.removeFirst(count)
      next = max(0, next - count)
      due = number
      moved = time
    } else if number == due, next > 0, mayReturn(at: time) {
      goBack(at: time)
    }
    return true
  }

  /// Of many that are early each is answered alike: one return is enough for all of them.
  private func mayReturn(at time: Int64) -> Bool {
    guard let returned, returned.number == due else { return true }
    return time - returned.time > Self.shortestReturn
  }

  private mutating func goBack(at time: Int64) {
    next = 0
    moved = time
    returned = (due, time)
  }
}
