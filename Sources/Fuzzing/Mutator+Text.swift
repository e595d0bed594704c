import Randomness

extension Mutator {
  /// Text with one mutation of a word, a number or some lines.
  mutating func text(_ input: [UInt8], beside other: [UInt8]) -> [UInt8] {
    switch stream.index(below: 6) {
    case 0, 1: return replacingNumber(in: input)
    case 2: return replacingWord(in: input, by: word(of: other))
    case 3: return replacingWord(in: input, by: [UInt8](pick(Self.odd).utf8))
    case 4: return withLinesMoved(input, beside: other)
    default:
      var bytes = input
      bytes.insert(
        contentsOf: pick(Self.marks).utf8, at: stream.index(below: bytes.count + 1))
      return bytes
    }
  }

  private static let odd = [
    "", "~", "null", "true", "[]", "{}", "\"\"", "[[[[", "- - -", "!!binary aa", "&a", "*a", "?",
    "\u{0}", "../../..", "0x7f", "1_000", "é", "\u{202e}", "\\u0000", "\\ud800", "%",
  ]
  private static let marks = [
    ":", ": ", "[", "]", "{", "}", ",", "\"", "'", "#", "\n", "\t", " ", "&a ", "*a", "!", "|", ">",
    "\\", "\u{0}", "\u{feff}", "\u{2028}", "---\n", "...\n", "=", "{\"a\":", "1e", "-",
  ]
  private static let numbers = [
    "nan", ".nan", ".inf", "-.inf", "inf", "1e308", "1e309", "-1e308", "1e-400", "-0", "-1", "0",
    "99999999999999999999", "9223372036854775807", "-9223372036854775808", "18446744073709551616",
    "2147483648", "4294967296", "0x10", "1e18", "1e19", "0.5", "1.0000000000000000000001", "00",
  ]

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): true
    default: false
    }
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), 0x80...0xff:
      true
    default: false
    }
  }

  private mutating func replacingNumber(in input: [UInt8]) -> [UInt8] {
    replacing(run(in: input, of: Self.isOfNumber), in: input, by: [UInt8](pick(Self.numbers).utf8))
  }

  private mutating func replacingWord(in input: [UInt8], by word: [UInt8]) -> [UInt8] {
    replacing(run(in: input, of: Self.isOfWord), in: input, by: word)
  }

  private mutating func word(of text: [UInt8]) -> [UInt8] {
    [UInt8](text[run(in: text, of: Self.isOfWord)])
  }

  private func replacing(_ range: Range<Int>, in input: [UInt8], by new: [UInt8]) -> [UInt8] {
    var bytes = input
    bytes.replaceSubrange(range, with: new)
    return bytes
  }

  /// The first run of such bytes after a drawn place, or an empty one there.
  private mutating func run(in bytes: [UInt8], of belongs: (UInt8) -> Bool) -> Range<Int> {
    let from = stream.index(below: bytes.count + 1)
    guard let start = bytes[from...].firstIndex(where: belongs) else { return from..<from }
    let end = bytes[start...].firstIndex { !belongs($0) } ?? bytes.count
    return start..<end
  }

  private mutating func withLinesMoved(_ input: [UInt8], beside other: [UInt8]) -> [UInt8] {
    var lines = input.split(separator: 10, omittingEmptySubsequences: false)
    let place = stream.index(below: lines.count)
    switch stream.index(below: 5) {
    case 0: lines.remove(at: place)
    case 1: lines.insert(lines[place], at: stream.index(below: lines.count + 1))
    case 2: lines.swapAt(place, stream.index(below: lines.count))
    case 3: lines[place] = [32, 32] + lines[place]
    default:
      let others = other.split(separator: 10, omittingEmptySubsequences: false)
      lines[place] = others[stream.index(below: others.count)]
    }
    return [UInt8](lines.joined(separator: [10]))
  }
}
