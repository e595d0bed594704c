/// Reads the compact Thrift that `ThriftStruct` writes, and passes over the rest of the protocol.
///
/// Nothing is allocated from a length, and nesting has a bound.
package struct ThriftReader {
  /// The bytes are no compact Thrift.
  package struct Fault: Error {}

  /// A field's number and type.
  package struct Field {
    let number: Int
    let kind: UInt8
  }

  private let bytes: [UInt8]
  /// The index of the next byte.
  package private(set) var position: Int
  private static let deepest = 16

  package init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// The next field of a struct, or nil at its end; `last` is the number of the one before, at
  /// first 0.
  package mutating func field(after last: Int) throws(Fault) -> Field? {
    let head = try byte()
    if head == 0 { return nil }
    let step = Int(head >> 4)
    let number = step == 0 ? Int(truncatingIfNeeded: try integer()) : last + step
    guard (1...Int(Int16.max)).contains(number) else { throw Fault() }
    return Field(number: number, kind: head & 0xF)
  }

  package mutating func integer() throws(Fault) -> Int64 {
    let value = try variable()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  package mutating func text() throws(Fault) -> String {
    let count = try length()
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  /// The number of elements of a list, each at least one byte, and their type.
  package mutating func list() throws(Fault) -> (count: Int, kind: UInt8) {
    let head = try byte()
    let count = head >> 4 == 15 ? try length() : Int(head >> 4)
    guard count <= bytes.count - position else { throw Fault() }
    return (count, head & 0xF)
  }

  /// Passes over a value.
  package mutating func skip(_ kind: UInt8, depth: Int = 0) throws(Fault) {
    guard depth < Self.deepest else { throw Fault() }
    switch kind {
    case 1, 2: break
    case 3: _ = try byte()
    case 4, 5, 6: _ = try variable()
    case 7: try pass(8)
    case 8: try pass(try length())
    case 9, 10:
      let (count, kind) = try list()
      for _ in 0..<count {
        if kind == 1 || kind == 2 { try pass(1) } else { try skip(kind, depth: depth + 1) }
      }
    case 12:
      var last = 0
      while let field = try field(after: last) {
        try skip(field.kind, depth: depth + 1)
        last = field.number
      }
    default: throw Fault()
    }
  }

  private mutating func byte() throws(Fault) -> UInt8 {
    guard bytes.indices.contains(position) else { throw Fault() }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func pass(_ count: Int) throws(Fault) {
    guard count <= bytes.count - position else { throw Fault() }
    position += count
  }

  private mutating func variable() throws(Fault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let next = try byte()
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
    }
    throw Fault()
  }

  /// A length, not over the bytes that are left.
  private mutating func length() throws(Fault) -> Int {
    let value = try variable()
    guard value <= UInt64(max(bytes.count - position, 0)) else { throw Fault() }
    return Int(value)
  }
}
