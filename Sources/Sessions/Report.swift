import Metrics

/// What a command found, for a person and for a program.
public protocol Report: Encodable, Sendable {
  /// The report for a person.
  var text: String { get }
}

extension Report {
  /// The report as one JSON object, keys in alphabetical order.
  ///
  /// Throws where a number is not finite.
  public func json() throws -> String { try jsonText(self, for: "the report") }
}
