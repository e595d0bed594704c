/// Which of a sender's numbered messages a receiver has taken: each once, in order.
public struct ReceiveOrder: Sendable {
  /// Messages that are taken before the sender is told, where nothing is amiss.
  public static let answered: UInt64 = 8
  /// The number that is due.
  public private(set) var due: UInt64 = 0
  /// Numbers that were given up as lost.
  public private(set) var lost: UInt64 = 0
  private let waits: Bool

  /// Nothing taken yet.
  ///
  /// Who waits for what was lost takes nothing early, as it comes again; who does not counts it.
  public init(waitsForLost waits: Bool) { self.waits = waits }

  /// Whether a number is to be taken now; if so, the one behind it is due.
  public mutating func takes(_ number: UInt64) -> Bool {
    guard number >= due, number < .max, !waits || number == due else { return false }
    lost += number - due
    due = number + 1
    return true
  }

  /// Whether it is time to tell the sender what is due, though nothing is amiss.
  public var isTimeToTell: Bool { due % Self.answered == 0 }
}
