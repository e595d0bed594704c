/// Why a command cannot go on: one line that says what, where, and what to do next.
public struct SessionFailure: Error, CustomStringConvertible, Equatable {
  /// The line.
  public let description: String

  /// A failure that reads as given.
  public init(_ description: String) { self.description = description }

  /// A person ended a session at once.
  static let stoppedAtOnce = Self("told to stop at once; what was saved stays")

  /// A person ended an evaluation early: its figures are of fewer episodes than asked for.
  public static func interrupted(_ done: Int, of wanted: Int) -> Self {
    Self("interrupted after \(done) of \(wanted) episodes")
  }
}
