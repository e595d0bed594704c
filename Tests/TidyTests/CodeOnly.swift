/// Swift or C text with comments and the insides of strings replaced by spaces.
///
/// Lines and columns keep their places, so what is found in the result can be named by its line.
struct CodeOnly {
  private var rest: ArraySlice<UInt8>
  private var result: [UInt8] = []

  /// The code of a file's text.
  static func of(_ text: String) -> String {
    var scanner = CodeOnly(rest: Array(text.utf8)[...])
    scanner.scan()
    return String(decoding: scanner.result, as: UTF8.self)
  }

  private mutating func scan() {
    result.reserveCapacity(rest.count)
    while let byte = rest.first {
      if starts("//") {
        while let next = rest.first, next != UInt8(ascii: "\n") { blank(next) }
      } else if starts("/*") {
        scanBlockComment()
      } else if let hashes = openingHashes() {
        scanString(hashes)
      } else {
        keep(byte)
      }
    }
  }

  private func starts(_ word: String) -> Bool { rest.starts(with: word.utf8) }

  private mutating func keep(_ byte: UInt8) {
    result.append(byte)
    rest.removeFirst()
  }

  private mutating func blank(_ byte: UInt8) {
    result.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
    rest.removeFirst()
  }

  private mutating func blank(count: Int) {
    for byte in rest.prefix(count) { blank(byte) }
  }

  private mutating func scanBlockComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        blank(count: 2)
      } else if starts("*/") {
        depth -= 1
        blank(count: 2)
      } else if let byte = rest.first {
        blank(byte)
      }
    } while depth > 0 && !rest.isEmpty
  }

  /// The number of `#` before the quote of a string that opens here.
  private func openingHashes() -> Int? {
    let hashes = rest.prefix { $0 == UInt8(ascii: "#") }.count
    return rest.dropFirst(hashes).first == UInt8(ascii: "\"") ? hashes : nil
  }

  private mutating func scanString(_ hashes: Int) {
    let raw = String(repeating: "#", count: hashes)
    blank(count: hashes)
    let quote = starts("\"\"\"") ? "\"\"\"" : "\""
    for byte in quote.utf8 { keep(byte) }
    while let byte = rest.first, !starts(quote + raw) {
      if quote.utf8.count == 1 && byte == UInt8(ascii: "\n") { return }
      if starts("\\" + raw + "(") {
        scanInterpolation()
      } else if hashes == 0 && starts("\\") {
        blank(count: 2)
      } else {
        blank(byte)
      }
    }
    for byte in quote.utf8 where !rest.isEmpty { keep(byte) }
    blank(count: hashes)
  }

  /// Blanks up to the parenthesis that closes an interpolation, over strings inside it.
  private mutating func scanInterpolation() {
    var depth = 0
    repeat {
      guard let byte = rest.first else { return }
      if let hashes = openingHashes() {
        let kept = result.count
        scanString(hashes)
        for place in kept..<result.count where result[place] != UInt8(ascii: "\n") {
          result[place] = UInt8(ascii: " ")
        }
        continue
      }
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0 && byte != UInt8(ascii: ")") && byte != UInt8(ascii: "\\")
        && byte != UInt8(ascii: "#")
      {
        return
      }
      blank(byte)
      if depth == 0 && byte == UInt8(ascii: ")") { return }
    } while !rest.isEmpty
  }
}
