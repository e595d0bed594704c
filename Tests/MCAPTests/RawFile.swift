import Testing

/// CRC-32, a bit at a time: slow, and unlike the room's.
func plainChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var remainder: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    remainder ^= UInt32(byte)
    for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  return ~remainder
}

func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  (0..<(Number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
}

func number(_ bytes: some Sequence<UInt8>) -> Int {
  Int(bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
}

/// An MCAP file put together and taken apart field by field, for what the writer would not write.
struct RawFile {
  static let magic: [UInt8] = [0x89] + Array("MCAP0\r\n".utf8)

  var bytes = magic

  static func text(_ text: String) -> [UInt8] { little(UInt32(text.utf8.count)) + text.utf8 }

  static func record(_ opcode: UInt8, _ content: [UInt8]) -> [UInt8] {
    [opcode] + little(UInt64(content.count)) + content
  }

  static func header() -> [UInt8] { record(1, text("") + text("raw")) }

  static func schema(_ id: UInt16, _ name: String = "s") -> [UInt8] {
    record(3, little(id) + text(name) + text("jsonschema") + text("{}"))
  }

  static func channel(_ id: UInt16, schema: UInt16, _ topic: String = "t") -> [UInt8] {
    record(4, little(id) + little(schema) + text(topic) + text("json") + little(UInt32(0)))
  }

  static func message(_ channel: UInt16, time: UInt64, _ data: [UInt8] = [1, 2]) -> [UInt8] {
    record(5, little(channel) + little(UInt32(7)) + little(time) + little(time) + data)
  }

  static func chunk(
    _ records: [UInt8], from start: UInt64, through end: UInt64, sum: UInt32? = nil,
    size: UInt64? = nil, compression: String = "", compressed: [UInt8]? = nil
  ) -> [UInt8] {
    let inside = compressed ?? records
    var content = little(start) + little(end) + little(size ?? UInt64(records.count))
    content += little(sum ?? plainChecksum(records)) + text(compression)
    return record(6, content + little(UInt64(inside.count)) + inside)
  }

  static func index(_ channel: UInt16, _ entries: [(UInt64, Int)]) -> [UInt8] {
    let block = entries.flatMap { little($0.0) + little(UInt64($0.1)) }
    return record(7, little(channel) + little(UInt32(block.count)) + block)
  }

  mutating func add(_ records: [UInt8]...) { for record in records { bytes += record } }

  /// Ends the data and the file, without a summary.
  mutating func end() {
    bytes += Self.record(15, little(plainChecksum(bytes)))
    let footer = Self.record(2, little(UInt64(0)) + little(UInt64(0)) + little(UInt32(0)))
    bytes += footer.dropLast(4) + little(plainChecksum(footer.dropLast(4))) + Self.magic
  }

  // MARK: Taking apart

  struct Place: Equatable {
    let opcode: UInt8
    let range: Range<Int>
    var content: Range<Int> { (range.lowerBound + 9)..<range.upperBound }
  }

  /// The records of a whole file.
  static func places(_ bytes: [UInt8]) throws -> [Place] {
    var places: [Place] = []
    var offset = 8
    while places.last?.opcode != 2 {
      try #require(offset + 9 <= bytes.count)
      let end = offset + 9 + number(bytes[(offset + 1)..<(offset + 9)])
      try #require(end <= bytes.count)
      places.append(Place(opcode: bytes[offset], range: offset..<end))
      offset = end
    }
    return places
  }

  /// The bytes with right checksums of the data and of the summary.
  static func signed(_ bytes: [UInt8], _ places: [Place]) throws -> [UInt8] {
    var bytes = bytes
    let dataEnd = try #require(places.first { $0.opcode == 15 })
    let footer = try #require(places.last)
    bytes.replaceSubrange(
      dataEnd.content, with: little(plainChecksum(bytes[..<dataEnd.range.lowerBound])))
    let checked = dataEnd.range.upperBound..<(footer.range.upperBound - 4)
    bytes.replaceSubrange(
      (footer.range.upperBound - 4)..<footer.range.upperBound,
      with: little(plainChecksum(bytes[checked])))
    return bytes
  }
}
