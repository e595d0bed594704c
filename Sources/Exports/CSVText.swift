/// Fields with commas between them; a field with a comma, quote or line break stands in quotes.
package func csvFields(_ fields: [String]) -> [UInt8] {
  Array(fields.map(csvField).joined(separator: ",").utf8)
}

/// Fields and the line's end.
package func csvRecord(_ fields: [String]) -> [UInt8] { csvFields(fields) + Array("\r\n".utf8) }

private func csvField(_ text: String) -> String {
  let isPlain = text.utf8.allSatisfy { !Array(",\"\r\n".utf8).contains($0) }
  if isPlain { return text }
  var quoted = "\""
  for scalar in text.unicodeScalars {
    quoted.unicodeScalars.append(scalar)
    if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
  }
  return quoted + "\""
}

/// Counts the records of CSV bytes and the fields in them, taken in piece by piece.
package struct CSVCount {
  private(set) var records = 0
  /// Each number of fields that a record has.
  private(set) var fields: Set<Int> = []
  private var fieldsSoFar = 1
  private var isQuoted = false
  private var isAtStart = true

  /// Whether the last record has its end.
  package var isWhole: Bool { isAtStart && !isQuoted }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      isAtStart = false
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ",") where !isQuoted: fieldsSoFar += 1
      case UInt8(ascii: "\n") where !isQuoted:
        records += 1
        fields.insert(fieldsSoFar)
        fieldsSoFar = 1
        isAtStart = true
      default: break
      }
    }
  }
}
