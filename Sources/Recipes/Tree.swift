import Foundation
import Yams

/// A parsed YAML value that remembers where it was written.
struct Tree: Equatable {
  var place: Place
  var content: Content

  enum Content: Equatable {
    /// A word or number; quoted text is never a number, a flag or nothing.
    case scalar(String, isQuoted: Bool)
    case list([Tree])
    case section([Entry])
  }

  struct Entry: Equatable {
    var key: String
    var place: Place
    var value: Tree
  }

  /// The value under a key of a section.
  subscript(key: String) -> Tree? {
    guard case .section(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }
}

// A recipe has some hundred values; the limits keep damaged or hostile files from costing more.
private let largestFile = 1 << 20
private let mostValues = 10_000

extension Tree {
  /// The YAML of a file.
  init(file: String) throws(RecipeError) {
    guard let handle = FileHandle(forReadingAtPath: file) else {
      let isThere = FileManager.default.fileExists(atPath: file)
      throw .unreadableFile(file, reason: isThere ? "cannot be read" : "no such file")
    }
    let bytes: Data?
    do { bytes = try handle.read(upToCount: largestFile + 1) } catch {
      throw .unreadableFile(file, reason: "cannot be read; is it a folder?")
    }
    guard let bytes, !bytes.isEmpty else { throw .unreadableFile(file, reason: "is empty") }
    guard bytes.count <= largestFile else {
      throw .unreadableFile(file, reason: "is larger than 1 MiB; this is not a recipe")
    }
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw .unreadableFile(file, reason: "is not UTF-8 text")
    }
    try self.init(yaml: text) { .line(file: file, $0) }
  }

  /// One YAML document; `place` makes a place of a line number.
  init(yaml: String, place: (Int) -> Place) throws(RecipeError) {
    if let (line, reason) = Self.excess(in: yaml) { throw .malformed(place(line), reason: reason) }
    let node: Node?
    do { node = try Yams.compose(yaml: yaml) } catch let error as YamlError {
      let (line, reason) = Self.explain(error)
      throw .malformed(place(line), reason: "not valid YAML: \(reason)")
    } catch {
      throw .malformed(place(1), reason: "not valid YAML")
    }
    guard let node else { throw .malformed(place(1), reason: "holds no value") }
    var count = 0
    try self.init(node, line: 1, place: place, count: &count)
  }

  private init(
    _ node: Node, line: Int, place: (Int) -> Place, count: inout Int
  ) throws(RecipeError) {
    let line = node.mark?.line ?? line
    self.place = place(line)
    count += 1
    guard count <= mostValues else {
      throw .malformed(place(line), reason: "more than \(mostValues) values")
    }
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any)
    case .sequence(let sequence):
      var items: [Tree] = []
      for item in sequence { items.append(try Tree(item, line: line, place: place, count: &count)) }
      content = .list(items)
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        guard case .scalar(let name) = key else {
          throw .malformed(place(key.mark?.line ?? line), reason: "a key must be one word")
        }
        let keyLine = name.mark?.line ?? line
        let tree = try Tree(value, line: keyLine, place: place, count: &count)
        entries.append(Entry(key: name.string, place: place(keyLine), value: tree))
      }
      content = .section(entries)
    case .alias:
      throw .malformed(place(line), reason: "an alias to nothing before it")
    }
  }

  /// What would let a small text cost much: brackets within brackets, and aliases, which repeat
  /// what repeats.
  private static func excess(in yaml: String) -> (line: Int, reason: String)? {
    var (line, depth, isComment) = (1, 0, false)
    var before: Unicode.Scalar = "\n"
    for scalar in yaml.unicodeScalars {
      let startsWord = before.properties.isWhitespace || "[{,".unicodeScalars.contains(before)
      switch scalar {
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        isComment = false
        if scalar == "\n" { line += 1 }
      case "#" where startsWord: isComment = true
      case "*" where startsWord && !isComment: return (line, "a recipe has no aliases")
      case "[" where !isComment, "{" where !isComment: depth += 1
      case "]" where !isComment, "}" where !isComment: depth -= 1
      default: break
      }
      if depth > 100 { return (line, "brackets nest deeper than 100") }
      before = scalar
    }
    return nil
  }

  private static func explain(_ error: YamlError) -> (line: Int, reason: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      (mark.line, problem)
    case .duplicatedKeysInMapping(let keys, let context):
      (context.mark.line, "the same key twice: " + keys.joined(separator: ", "))
    case .reader(let problem, _, _, _):
      (1, problem)
    default:
      (1, "cannot be parsed")
    }
  }
}
