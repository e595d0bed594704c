/// Reads the fields of a record; whatever the bytes are, it stays inside them.
struct RecordFields {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private var remaining: Int { bytes.count - offset }

  mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type = Number.self
  ) throws(Fault) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw Fault("a field of \(size) bytes is cut off") }
    defer { offset += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// Bytes behind their length of 32 bits.
  mutating func block() throws(Fault) -> UnsafeRawBufferPointer {
    try take(UInt64(integer(UInt32.self)))
  }

  /// Bytes behind their length of 64 bits.
  mutating func longBlock() throws(Fault) -> UnsafeRawBufferPointer {
    try take(integer(UInt64.self))
  }

  /// Everything that is left.
  mutating func rest() -> UnsafeRawBufferPointer {
    defer { offset = bytes.count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset...])
  }

  /// The bytes read so far.
  func consumed() -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<offset]) }

  mutating func text() throws(Fault) -> String {
    guard let text = String(validating: try block(), as: UTF8.self) else {
      throw Fault("a text is not UTF-8")
    }
    return text
  }

  mutating func texts() throws(Fault) -> [String: String] {
    var fields = RecordFields(try block())
    var entries: [String: String] = [:]
    while fields.remaining > 0 {
      let key = try fields.text()
      guard entries.updateValue(try fields.text(), forKey: key) == nil else {
        throw Fault("the key \(key) stands twice in a map")
      }
    }
    return entries
  }

  mutating func numbers() throws(Fault) -> [UInt16: UInt64] {
    var fields = RecordFields(try block())
    var entries: [UInt16: UInt64] = [:]
    while fields.remaining > 0 {
      let key: UInt16 = try fields.integer()
      guard entries.updateValue(try fields.integer(), forKey: key) == nil else {
        throw Fault("the channel \(key) stands twice in a map")
      }
    }
    return entries
  }

  private mutating func take(_ count: UInt64) throws(Fault) -> UnsafeRawBufferPointer {
    guard count <= UInt64(remaining) else {
      throw Fault("a field of \(count) bytes is cut off, its record has \(remaining) left")
    }
    defer { offset += Int(count) }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(count))])
  }
}

/// A record as it lies in a file or in a chunk.
struct Record {
  /// Its kind, as it is written.
  let code: UInt8
  /// Where its opcode lies.
  let offset: Int
  let content: UnsafeRawBufferPointer

  var opcode: Opcode? { Opcode(rawValue: code) }
  var end: Int { offset + Format.recordHead + content.count }
  var length: Int { Format.recordHead + content.count }
}

/// Goes from record to record by their lengths.
struct RecordWalk {
  let bytes: UnsafeRawBufferPointer
  /// Where the next record is to start.
  private(set) var offset: Int

  init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The next record; nil at the end of the bytes.
  mutating func next() throws(Fault) -> Record? {
    guard offset < bytes.count else { return nil }
    let remaining = bytes.count - offset - Format.recordHead
    guard remaining >= 0 else { throw Fault("a record is cut off in its first 9 bytes") }
    let length = UInt64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt64.self))
    guard length <= UInt64(remaining) else {
      throw Fault("a record of \(length) bytes is cut off, \(remaining) are left")
    }
    guard length <= UInt64(Format.maximumRecord) else {
      throw Fault("a record of \(length) bytes is larger than \(Format.maximumRecord)")
    }
    let start = offset + Format.recordHead
    let content = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(length))])
    let record = Record(code: bytes[offset], offset: offset, content: content)
    guard record.code != 0 else { throw Fault("opcode 0 is none of the format's") }
    offset = record.end
    return record
  }
}
