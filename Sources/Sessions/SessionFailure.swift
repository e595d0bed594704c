/// Why a command cannot go on: one line that says what, where, and what to do next.
public struct SessionFailure: Error, CustomStringConvertible, Equatable {
  /// The line.
  public let description: String

  /// A failure that reads as given.
  public init(_ description: String) { self.description = description }
}
