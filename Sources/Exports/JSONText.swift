/// A JSON value whose objects keep the order of their keys.
package enum JSONText: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  /// A finite number.
  case number(Double)
  case text(String)
  case list([JSONText])
  case object([(String, JSONText)])

  package static func texts(_ values: [String]) -> JSONText { .list(values.map { .text($0) }) }
  package static func numbers(_ values: [Double]) -> JSONText { .list(values.map { .number($0) }) }

  /// On one line.
  package var oneLine: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): value.description
    case .text(let value): Self.quoted(value)
    case .list(let values): "[" + values.map(\.oneLine).joined(separator: ", ") + "]"
    case .object(let fields):
      "{" + fields.map { Self.quoted($0.0) + ": " + $0.1.oneLine }.joined(separator: ", ") + "}"
    }
  }

  /// With one line for each field of an object.
  package func indented(_ margin: String = "") -> String {
    guard case .object(let fields) = self, !fields.isEmpty else { return oneLine }
    let inner = margin + "  "
    let lines = fields.map { inner + Self.quoted($0.0) + ": " + $0.1.indented(inner) }
    return "{\n" + lines.joined(separator: ",\n") + "\n" + margin + "}"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
