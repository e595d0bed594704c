import Foundation
import Testing

/// What the documents point at is there.
@Suite struct `Documents` {
  /// The files and places that a Markdown text links to, without those on the web.
  static func links(in text: String) throws -> [(target: String, line: Int)] {
    let link = try Pattern(#"\]\(([^)\s]+)\)"#)
    return link.matches(in: withoutCodeBlocks(text)).map { ($0.groups[1], $0.line) }
      .filter { !$0.0.contains("://") && !$0.0.hasPrefix("mailto:") }
  }

  /// The anchors of a Markdown text's headings, as GitHub makes them.
  static func anchors(in text: String) throws -> Set<String> {
    let heading = try Pattern(#"^#{1,6}\s+(.*)$"#)
    return Set(
      heading.matches(in: withoutCodeBlocks(text)).map { match in
        match.groups[1].lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
          .replacingOccurrences(of: " ", with: "-")
      })
  }

  /// The text with the lines of fenced blocks emptied.
  static func withoutCodeBlocks(_ text: String) -> String {
    var isInside = false
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let isFence = line.drop { $0 == " " }.hasPrefix("```")
      if isFence { isInside.toggle() }
      return isInside || isFence ? "" : line
    }
    return lines.joined(separator: "\n")
  }

  /// Words in code spans and fenced blocks that follow `make`.
  static func makeWords(in text: String) throws -> Set<String> {
    let code = try Pattern(#"```[^`]*```|`[^`\n]+`"#)
    let call = try Pattern(#"(?:^|[`;&]\s*)\s*(?:\$ )?make ([a-z][\w-]*)"#)
    return Set(
      code.matches(in: text).flatMap { block in
        call.matches(in: block.groups[0]).map { $0.groups[1] }
      })
  }

  @Test func `every link resolves`() throws {
    for file in try Repository.everything() where file.path.hasSuffix(".md") {
      let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
      for (target, line) in try Self.links(in: file.text) {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let path =
          parts[0].isEmpty
          ? file.path : NSString(string: folder).appendingPathComponent(String(parts[0]))
        guard Repository.holds(path) else {
          Issue.record("\(file.path):\(line): \(target) is not there")
          continue
        }
        guard parts.count == 2 else { continue }
        let anchors = try Self.anchors(in: Repository.text(of: path))
        #expect(anchors.contains(String(parts[1])), "\(file.path):\(line): no heading \(target)")
      }
    }
  }

  @Test func `every path in a code span is there`() throws {
    let span = try Pattern(
      #"`((?:Sources|Tests|Robots|Tasks|Launch|Documentation|Scripts|python)/[\w./-]+)`"#)
    for file in try Repository.everything() where file.path.hasSuffix(".md") {
      for match in span.matches(in: file.text) {
        #expect(
          Repository.holds(match.groups[1]),
          "\(file.path):\(match.line): \(match.groups[1]) is not there")
      }
    }
  }

  @Test func `every word for make is one`() throws {
    let rule = try Pattern(#"^([a-z][\w-]*):(?!=)"#)
    let words = Set(
      rule.matches(in: try Repository.text(of: "Makefile")).map { $0.groups[1] })
    #expect(words.isSuperset(of: ["setup", "build", "test", "train", "tidy", "format", "clean"]))
    for file in try Repository.everything() where file.path.hasSuffix(".md") {
      let unknown = try Self.makeWords(in: file.text).subtracting(words)
      #expect(unknown.isEmpty, "\(file.path): make has no \(unknown.sorted())")
    }
  }

  @Test func `links, anchors and words are seen`() throws {
    let text = """
      # Two Words: here
      [a](b.md#c) ![p](../p.png) [w](https://a.org)
      ```
      [no](link)
      make train && make sense
      ```
      Run `make test` and make it so.
      """
    #expect(try Self.links(in: text).map(\.target) == ["b.md#c", "../p.png"])
    #expect(try Self.anchors(in: text) == ["two-words-here"])
    #expect(try Self.makeWords(in: text) == ["train", "sense", "test"])
  }
}
