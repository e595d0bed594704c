extension Safetensors {
  /// Longest header that is read [byte]: that of ten thousand arrays.
  static let longestHeader = 1 << 20

  /// Reads a whole file's bytes.
  ///
  /// Any input either decodes or gives one error.
  public init(decoding bytes: [UInt8]) throws(SafetensorsError) {
    guard bytes.count >= 8 else { throw .length(expected: 8, found: bytes.count) }
    let declared = Self.words([UInt8](bytes[0..<8]), UInt64.self)[0]
    guard declared <= UInt64(Self.longestHeader) else {
      throw .header(at: 0, expected: "a length up to \(Self.longestHeader), not \(declared)")
    }
    let start = 8 + Int(declared)
    guard bytes.count >= start else { throw .length(expected: start, found: bytes.count) }
    var reader = HeaderReader(bytes: [UInt8](bytes[8..<start]))
    let header = try reader.header()
    self.init(metadata: header.metadata)
    var offset = 0
    for entry in header.arrays.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      try append(entry, from: bytes, start: start, offset: offset)
      offset = entry.end
    }
    guard bytes.count == start + offset else {
      throw .length(expected: start + offset, found: bytes.count)
    }
  }

  private mutating func append(
    _ entry: HeaderReader.Entry, from bytes: [UInt8], start: Int, offset: Int
  ) throws(SafetensorsError) {
    guard let element = Element(rawValue: entry.element) else {
      throw .unsupported(name: entry.name, element: entry.element)
    }
    guard entry.begin == offset else {
      throw .offsets(name: entry.name, expected: offset, found: entry.begin)
    }
    var size = element.size
    for extent in entry.shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .offsets(name: entry.name, expected: .max, found: entry.end) }
      size = product
    }
    let (end, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, entry.end == end else {
      throw .offsets(name: entry.name, expected: overflow ? .max : end, found: entry.end)
    }
    guard end <= bytes.count - start else {
      throw .length(expected: start.addingReportingOverflow(end).partialValue, found: bytes.count)
    }
    append(
      Array(
        name: entry.name, element: element, shape: entry.shape,
        bytes: [UInt8](bytes[start + offset..<start + end])))
  }
}

/// Reader of the JSON subset of a safetensors header: an object of objects of strings and of lists
/// of non-negative integers.
struct HeaderReader {
  /// An array's entry as written.
  struct Entry {
    var name: String
    var element = ""
    var shape: [Int] = []
    var begin = 0
    var end = 0
  }

  let bytes: [UInt8]
  private var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func header() throws(SafetensorsError) -> (metadata: [String: String], arrays: [Entry]) {
    var metadata: [String: String] = [:]
    var arrays: [Entry] = []
    var names: Set<String> = []
    guard bytes.first == UInt8(ascii: "{") else { throw .header(at: 0, expected: "{") }
    try object { (reader, name) throws(SafetensorsError) in
      guard names.insert(name).inserted else {
        throw reader.expected("another name than \"\(name)\"")
      }
      if name == "__metadata__" {
        metadata = try reader.strings()
      } else {
        arrays.append(try reader.entry(name))
      }
    }
    skipSpaces()
    guard at == bytes.count else { throw expected("the end of the header") }
    return (metadata, arrays)
  }

  private mutating func strings() throws(SafetensorsError) -> [String: String] {
    var found: [String: String] = [:]
    try object { (reader, key) throws(SafetensorsError) in
      found[key] = try reader.string()
    }
    return found
  }

  private mutating func entry(_ name: String) throws(SafetensorsError) -> Entry {
    var entry = Entry(name: name)
    var keys: Set<String> = []
    try object { (reader, key) throws(SafetensorsError) in
      guard keys.insert(key).inserted else { throw reader.expected("\"\(key)\" once only") }
      switch key {
      case "dtype": entry.element = try reader.string()
      case "shape": entry.shape = try reader.integers()
      case "data_offsets":
        let offsets = try reader.integers()
        guard offsets.count == 2 else { throw reader.expected("two offsets") }
        (entry.begin, entry.end) = (offsets[0], offsets[1])
      default: throw reader.expected("dtype, shape or data_offsets, not \"\(key)\"")
      }
    }
    guard keys.count == 3 else { throw expected("dtype, shape and data_offsets of \"\(name)\"") }
    return entry
  }

  private mutating func object(
    _ member: (inout Self, String) throws(SafetensorsError) -> Void
  ) throws(SafetensorsError) {
    try take("{")
    if skip("}") { return }
    repeat {
      let key = try string()
      try take(":")
      try member(&self, key)
    } while skip(",")
    try take("}")
  }

  private mutating func integers() throws(SafetensorsError) -> [Int] {
    var list: [Int] = []
    try take("[")
    if skip("]") { return list }
    repeat { list.append(try integer()) } while skip(",")
    try take("]")
    return list
  }

  private mutating func integer() throws(SafetensorsError) -> Int {
    skipSpaces()
    var value: Int?
    while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
      let (tens, over) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (next, overAgain) = tens.addingReportingOverflow(Int(bytes[at] - 0x30))
      if over || overAgain { throw expected("an integer below 2⁶³") }
      value = next
      at += 1
    }
    guard let value else { throw expected("a non-negative integer") }
    return value
  }

  private mutating func string() throws(SafetensorsError) -> String {
    try take("\"")
    var units: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else { throw expected("UTF-8") }
        return text
      case UInt8(ascii: "\\"): units += [UInt8](String(try escape()).utf8)
      case 0..<0x20: throw expected("no control character in a string")
      default: units.append(byte)
      }
    }
    throw expected("\"")
  }

  private mutating func escape() throws(SafetensorsError) -> Character {
    guard at < bytes.count else { throw expected("an escape") }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return Character(UnicodeScalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return Character(try unicodeEscape())
    default: throw expected("an escape")
    }
  }

  private mutating func unicodeEscape() throws(SafetensorsError) -> UnicodeScalar {
    let high = try hexadecimal()
    if let scalar = UnicodeScalar(high) { return scalar }
    try takeHere("\\")
    try takeHere("u")
    let low = try hexadecimal()
    guard (0xd800..<0xdc00).contains(high), (0xdc00..<0xe000).contains(low),
      let scalar = UnicodeScalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
    else { throw expected("a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(SafetensorsError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard at < bytes.count, let digit = Character(UnicodeScalar(bytes[at])).hexDigitValue else {
        throw expected("a hexadecimal digit")
      }
      value = value << 4 + UInt32(digit)
      at += 1
    }
    return value
  }

  private mutating func take(_ character: UnicodeScalar) throws(SafetensorsError) {
    skipSpaces()
    try takeHere(character)
  }

  private mutating func takeHere(_ character: UnicodeScalar) throws(SafetensorsError) {
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else {
      throw expected(String(character))
    }
    at += 1
  }

  private mutating func skip(_ character: UnicodeScalar) -> Bool {
    skipSpaces()
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func skipSpaces() {
    while at < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[at]) { at += 1 }
  }

  private func expected(_ what: String) -> SafetensorsError { .header(at: at, expected: what) }
}
