import Testing

/// A file that may break one rule, and why.
///
/// An exception that is no longer needed is a failure.
struct Exception: Sendable {
  /// The rule's name.
  let rule: String
  /// The file.
  let path: String
  /// Why it is right there.
  let reason: String

  /// The whole list.
  static let all: [Exception] = []

  /// Whether the list lets `path` break a rule.
  static func allows(_ rule: String, in path: String) -> Bool {
    all.contains { $0.rule == rule && $0.path == path }
  }
}

@Suite struct `Exceptions` {
  @Test func `each names a file, a rule and a reason`() throws {
    let rules = TextRule.all.map(\.name) + SizeRule.names
    for exception in Exception.all {
      #expect(Repository.holds(exception.path), "\(exception.path) is gone")
      #expect(rules.contains(exception.rule), "no rule is called \(exception.rule)")
      #expect(exception.reason.count > 20, "\(exception.path): say why")
    }
  }

  @Test func `each is still needed`() throws {
    for exception in Exception.all {
      guard let rule = TextRule.all.first(where: { $0.name == exception.rule }) else { continue }
      let text = try Repository.text(of: exception.path)
      #expect(try !rule.brokenLines(in: text).isEmpty, "\(exception.path) keeps \(rule.name)")
    }
  }
}
