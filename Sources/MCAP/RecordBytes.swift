/// Fields of a record, one after the other.
struct RecordBytes {
  private(set) var bytes: [UInt8] = []

  /// A whole record: opcode, length and the fields that `fill` adds.
  static func record(_ opcode: Opcode, _ fill: (inout RecordBytes) -> Void) -> [UInt8] {
    var fields = RecordBytes()
    fill(&fields)
    var record = RecordBytes()
    record.bytes.reserveCapacity(Format.recordHead + fields.bytes.count)
    record.integer(opcode.rawValue)
    record.integer(UInt64(fields.bytes.count))
    record.bytes += fields.bytes
    return record.bytes
  }

  mutating func integer<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func text(_ text: String) { block(Array(text.utf8)) }

  /// Bytes behind their length of 32 bits.
  mutating func block(_ block: [UInt8]) {
    integer(UInt32(block.count))
    bytes += block
  }

  /// Texts behind the length of all in 32 bits, in the order of the keys.
  mutating func map(_ entries: [String: String]) {
    var fields = RecordBytes()
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      fields.text(key)
      fields.text(value)
    }
    block(fields.bytes)
  }

  /// Numbers of channels behind the length of all in 32 bits, in the order of the channels.
  mutating func map(_ entries: [UInt16: UInt64]) {
    var fields = RecordBytes()
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      fields.integer(key)
      fields.integer(value)
    }
    block(fields.bytes)
  }
}
