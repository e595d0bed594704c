/// What is wrong with safetensors bytes or their file.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
  /// The bytes end too early, or go on after the last array.
  case length(expected: Int, found: Int)
  /// The header is not the JSON of the format at a byte of the header.
  case header(at: Int, expected: String)
  /// An array's elements are of a type that is not read here.
  case unsupported(name: String, element: String)
  /// An array's place does not follow the one before or does not fit its shape.
  case offsets(name: String, expected: Int, found: Int)
  /// There is no array of a name.
  case missing(name: String, present: [String])
  /// An array has elements of another type than asked for.
  case element(name: String, expected: String, found: String)
  /// An array has another shape than asked for; nil stands for any extent.
  case shape(name: String, expected: [Int?], found: [Int])
  /// A number is not what its place allows.
  case value(name: String, index: Int, rule: String)
  /// The file system refused; `reason` is the system's text.
  case file(path: String, operation: String, reason: String)

  /// One line: what was expected, what was found.
  public var description: String {
    switch self {
    case .length(let expected, let found):
      "safetensors: \(expected) bytes expected, \(found) found; the file is damaged, make it anew"
    case .header(let at, let expected):
      "safetensors: header byte \(at): expected \(expected); "
        + "the file is damaged or of another format"
    case .unsupported(let name, let element):
      "safetensors: array \"\(name)\" has elements \(element); F64, U64, I64, F32 and U8 are read"
    case .offsets(let name, let expected, let found):
      "safetensors: array \"\(name)\": offset \(expected) expected, \(found) found; "
        + "the file is damaged"
    case .missing(let name, let present):
      "safetensors: no array \"\(name)\"; present are \(present.sorted().joined(separator: ", "))"
    case .element(let name, let expected, let found):
      "safetensors: array \"\(name)\": elements \(expected) expected, \(found) found"
    case .shape(let name, let expected, let found):
      "safetensors: array \"\(name)\": shape \(Self.text(expected)) expected, "
        + "\(Self.text(found)) found"
    case .value(let name, let index, let rule):
      "safetensors: array \"\(name)\", element \(index): \(rule)"
    case .file(let path, let operation, let reason):
      "cannot \(operation) \(path): \(reason)"
    }
  }

  private static func text(_ shape: [Int?]) -> String {
    "[" + shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]"
  }
}
