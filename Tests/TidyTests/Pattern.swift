import Foundation

/// A regular expression (ICU syntax; `^` and `$` match at lines).
struct Pattern: Sendable {
  private let expression: NSRegularExpression

  /// Compiles an expression.
  init(_ pattern: String) throws {
    expression = try NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
  }

  /// One place that matched: its line, from 1, and its groups, the whole match first.
  struct Match {
    let line: Int
    let groups: [String]
  }

  /// Every match in a text, in order.
  func matches(in text: String) -> [Match] {
    let whole = text as NSString
    var line = 1
    var counted = 0
    return expression.matches(in: text, range: NSRange(location: 0, length: whole.length)).map {
      let place = $0.range.location
      let between = whole.substring(with: NSRange(location: counted, length: place - counted))
      line += between.utf8.count { $0 == UInt8(ascii: "\n") }
      counted = place
      let groups = (0..<$0.numberOfRanges).map { [result = $0] group in
        let range = result.range(at: group)
        return range.location == NSNotFound ? "" : whole.substring(with: range)
      }
      return Match(line: line, groups: groups)
    }
  }

  /// The text with each match replaced by a template, in which `$1` is the first group.
  func replacing(in text: String, with template: String) -> String {
    expression.stringByReplacingMatches(
      in: text, range: NSRange(location: 0, length: (text as NSString).length),
      withTemplate: template)
  }
}
