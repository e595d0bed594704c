import Geometry

/// One key of a recipe with its value, ready to be written.
struct WrittenEntry {
  var key: String
  var value: Written

  enum Written {
    case line(String)
    case section([WrittenEntry])
  }

  init(_ key: String, line: String) { (self.key, value) = (key, .line(line)) }
  init(_ key: String, _ entries: [WrittenEntry]) { (self.key, value) = (key, .section(entries)) }
  init(_ key: String, _ section: some RecipeSection) { self.init(key, section.entries) }
  init(_ key: String, _ value: Double) { self.init(key, line: yaml(value)) }
  init(_ key: String, _ value: some BinaryInteger) { self.init(key, line: "\(value)") }
  init(_ key: String, _ value: Bool) { self.init(key, line: "\(value)") }
  init(_ key: String, _ value: String) { self.init(key, line: yaml(value)) }
  init(_ key: String, _ value: JointVector) { self.init(key, value.array) }
  init(_ key: String, _ value: Vector3) { self.init(key, [value.x, value.y, value.z]) }
  init(_ key: String, _ value: some RawRepresentable<String>) { self.init(key, value.rawValue) }

  init(_ key: String, _ list: [Double]) {
    self.init(key, line: "[" + list.map(yaml).joined(separator: ", ") + "]")
  }

  init(_ key: String, _ list: [String]) {
    self.init(key, line: "[" + list.map(yaml).joined(separator: ", ") + "]")
  }

  /// Every value with its dotted key.
  static func lines(_ entries: [WrittenEntry]) -> [(key: String, line: String)] {
    entries.flatMap { entry in
      switch entry.value {
      case .line(let line): [(entry.key, line)]
      case .section(let inner): lines(inner).map { ("\(entry.key).\($0.key)", $0.line) }
      }
    }
  }

  /// The lines of these entries as block YAML.
  static func text(_ entries: [WrittenEntry], indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    return entries.map { entry in
      switch entry.value {
      case .line(let line): "\(margin)\(entry.key): \(line)\n"
      case .section(let inner): "\(margin)\(entry.key):\n" + text(inner, indent: indent + 2)
      }
    }.joined()
  }
}

/// The shortest digits that read back as the same number.
///
/// YAML 1.1, which PyYAML speaks, takes an exponent only after a decimal point.
private func yaml(_ value: Double) -> String {
  let digits = "\(value)"
  guard let e = digits.firstIndex(of: "e"), !digits.contains(".") else { return digits }
  return digits[..<e] + ".0" + digits[e...]
}

/// A plain word where every YAML takes it for text, else double-quoted.
private func yaml(_ text: String) -> String {
  let reserved = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"]
  let isPlain =
    text.first.map { $0.isASCII && $0.isLetter } == true
    && text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "/"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    && !reserved.contains(text.lowercased())
  return isPlain ? text : "\"" + text.unicodeScalars.map(escaped).joined() + "\""
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\"": return "\\\""
  case "\\": return "\\\\"
  case " "..."~": return String(scalar)
  default:
    let digits = String(scalar.value, radix: 16)
    return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
