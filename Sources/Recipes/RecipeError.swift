/// Where a value of a recipe was written.
public enum Place: Sendable, Equatable, CustomStringConvertible {
  /// A line of a file, from 1.
  case line(file: String, Int)
  /// An override of the command line, as it was given.
  case override(String)

  /// `file:line`, or the override.
  public var description: String {
    switch self {
    case .line(let file, let line): "\(file):\(line)"
    case .override(let text): text
    }
  }
}

/// Why a recipe was refused: one line that says where, which key, what, and what to do.
public enum RecipeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A file could not be read, or could not be YAML.
  case unreadableFile(String, reason: String)
  /// The text is not the YAML that a recipe is made of.
  case malformed(Place, reason: String)
  /// A key that no recipe has; `nearest` is the valid one that it resembles.
  case unknownKey(Place, key: String, nearest: String?, valid: [String])
  /// A key that must be there.
  case missingKey(Place, key: String, expected: String)
  /// A value of the wrong type, range or length, or an unknown choice.
  case invalidValue(Place, key: String, found: String, expected: String, nearest: String?)
  /// Two values that contradict each other.
  case contradiction(Place, key: String, reason: String)
  /// A robot or task without a folder.
  case unknownFolder(Place, key: String, name: String, nearest: String?, existing: [String])
  /// A command-line override that is not `key=value`, or that names no place in the recipe.
  case invalidOverride(String, reason: String)

  /// One line for a person.
  public var description: String {
    String(message.map { $0.isNewline ? " " : $0 })
  }

  private var message: String {
    switch self {
    case .unreadableFile(let file, let reason):
      "\(file): \(reason)"
    case .malformed(let place, let reason):
      "\(place): \(reason)"
    case .unknownKey(let place, let key, let nearest, let valid):
      "\(place): \(key): unknown key; " + suggestion(nearest, among: valid)
    case .missingKey(let place, let key, let expected):
      "\(place): \(key): missing; add it with \(expected)"
    case .invalidValue(let place, let key, let found, let expected, let nearest):
      "\(place): \(key): \(found); expected \(expected)"
        + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
    case .contradiction(let place, let key, let reason):
      "\(place): \(key): \(reason)"
    case .unknownFolder(let place, let key, let name, let nearest, let existing):
      "\(place): \(key): there is no \"\(name)\"; " + suggestion(nearest, among: existing)
    case .invalidOverride(let text, let reason):
      "\(text): \(reason)"
    }
  }

  private func suggestion(_ nearest: String?, among valid: [String]) -> String {
    if let nearest { return "did you mean \"\(nearest)\"?" }
    if valid.isEmpty { return "start in the repository, or keep the file in its Launch folder" }
    return "choose from " + valid.joined(separator: ", ")
  }
}
