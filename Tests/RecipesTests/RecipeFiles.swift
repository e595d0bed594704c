import Foundation
import Recipes
import Testing

/// A copy of the repository's recipes that a test may damage, removed with the value.
final class RecipeFiles {
  let root: String

  static let launch = "Launch/pcb-insertion.yaml"
  static let robot = "Robots/panda/robot.yaml"
  static let task = "Tasks/pcb-insertion/task.yaml"
  static let hiddenTask = "Tasks/pcb-insertion-hidden/task.yaml"
  static let all = [launch, robot, task]

  init() throws {
    root = NSTemporaryDirectory() + "recipes-" + UUID().uuidString
    for file in Self.all + [Self.hiddenTask] {
      let folder = (root + "/" + file as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try write(Self.original(file), to: file)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  static func original(_ file: String) throws -> String {
    let repository = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: repository.appendingPathComponent(file), encoding: .utf8)
  }

  func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/" + file))
  }

  func load(_ overrides: String...) throws(RecipeError) -> SessionRecipe {
    try SessionRecipe.load(launchFile: root + "/" + Self.launch, overrides: overrides)
  }

  /// The refusal of a file's text in place of the original.
  func refusal(of text: String, in file: String) throws -> RecipeError? {
    try write(text, to: file)
    defer { try? write(Self.original(file), to: file) }
    do { _ = try load() } catch {
      #expect(error.description.isOneLine)
      #expect(error.description.hasPrefix(root), "\(error)")
      return error
    }
    return nil
  }

  /// The refusal of an override.
  func refusal(of override: String) -> RecipeError? {
    do { _ = try load(override) } catch {
      #expect(error.description.isOneLine)
      #expect(error.description.contains(override), "\(error)")
      return error
    }
    return nil
  }
}

/// A key of a YAML file as a line reader sees it: an own, simple parser that knows block sections,
/// flow values and comments, and so can check the real one.
struct YAMLKey: CustomStringConvertible {
  /// Dotted name.
  var path: String
  /// The value without its comment, "" for a section.
  var value: String
  /// Where it stands, from 1.
  var line: Int
  /// Its last line, below the first for a section.
  var lastLine: Int
  /// The key is inside a flow mapping.
  var isInline: Bool

  var description: String { path }
  var name: String { String(path.split(separator: ".").last ?? "") }
  var isSection: Bool { value.isEmpty || value.hasPrefix("{") }
  var numbers: [Double]? {
    let items = value.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
      .split(separator: ",").map { Double($0.trimmingCharacters(in: .whitespaces)) }
    let known = items.compactMap { $0 }
    return known.count == items.count ? known : nil
  }

  static func keys(of text: String) -> [YAMLKey] {
    var keys: [YAMLKey] = []
    var open: [(indent: Int, index: Int)] = []
    for (number, full) in text.components(separatedBy: "\n").enumerated() {
      let line = (full.hasPrefix("#") ? "" : full.components(separatedBy: " #")[0])
        .replacingOccurrences(of: "\\s+$", with: "", options: .regularExpression)
      guard let colon = line.firstIndex(of: ":") else { continue }
      let indent = line.prefix { $0 == " " }.count
      open.removeAll { $0.indent >= indent }
      let parent = open.last.map { keys[$0.index].path + "." } ?? ""
      let path = parent + line[..<colon].trimmingCharacters(in: .whitespaces)
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      for above in open { keys[above.index].lastLine = number + 1 }
      keys.append(
        YAMLKey(path: path, value: value, line: number + 1, lastLine: number + 1, isInline: false))
      open.append((indent, keys.count - 1))
      guard value.hasPrefix("{") else { continue }
      for pair in value.dropFirst().dropLast().components(separatedBy: ", ") {
        let parts = pair.components(separatedBy: ": ")
        keys.append(
          YAMLKey(
            path: path + "." + parts[0], value: parts[1], line: number + 1, lastLine: number + 1,
            isInline: true))
      }
    }
    return keys
  }

  /// The text without this key.
  func removed(from text: String) -> String {
    var lines = text.components(separatedBy: "\n")
    if isInline {
      lines[line - 1] = lines[line - 1]
        .replacingOccurrences(of: "\(name): \(value), ", with: "")
        .replacingOccurrences(of: ", \(name): \(value)", with: "")
    } else {
      lines.removeSubrange((line - 1)...(lastLine - 1))
    }
    return lines.joined(separator: "\n")
  }

  /// The text with this key under another name.
  func renamed(_ other: String, in text: String) -> String {
    var lines = text.components(separatedBy: "\n")
    let range = isInline ? lines[line - 1].range(of: "\(name): ") : lines[line - 1].range(of: name)
    if let range { lines[line - 1].replaceSubrange(range, with: other + (isInline ? ": " : "")) }
    return lines.joined(separator: "\n")
  }
}

/// What an override of a key of a file begins with.
func prefix(of file: String) -> String {
  switch file {
  case RecipeFiles.robot: "robot."
  case RecipeFiles.task: "task."
  default: ""
  }
}

extension String {
  /// Holds no line break of any kind.
  var isOneLine: Bool { !contains { $0.isNewline } }
}
