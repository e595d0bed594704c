/// A message of the 1 kHz path.
///
/// Its protobuf encoding has every field present, in the order of the field numbers, and so always
/// the same length; neither direction allocates.
public protocol FixedLengthMessage: Sendable, BitwiseCopyable {
  /// Length of every encoding [bytes].
  static var encodedLength: Int { get }

  /// Writes the encoding into the first `encodedLength` bytes of a buffer that is at least so long.
  func encode(into buffer: UnsafeMutableRawBufferPointer)

  /// Reads an encoding. Fields in another order, as other protobuf libraries may write them, are
  /// accepted too, but that path allocates.
  /// Throws what `MessageError` lists: a field missing, of wrong length, or not finite.
  init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError)
}

/// Visits the fields of a message in encoding order; a writer and a reader share one description.
protocol FieldVisitor {
  /// An `sfixed64`.
  mutating func visit(_ field: UInt8, _ value: inout Int64)
  /// A `fixed64`.
  mutating func visit(_ field: UInt8, _ value: inout UInt64)
  /// A packed list of doubles, the first `count` in the memory of `value`.
  mutating func visit<T: BitwiseCopyable>(
    _ field: UInt8, _ name: StaticString, doubles count: Int, _ value: inout T)
  /// The head of an embedded message of a length [bytes].
  mutating func open(_ field: UInt8, length: Int)
}

/// A message that describes its own fields.
protocol FixedLayout: FixedLengthMessage {
  /// The message with every value zero.
  init()
  /// Shows each field to the visitor, in the order of the field numbers.
  mutating func visitFields(_ visitor: inout some FieldVisitor)
}

#if _endian(big)
  #error("protobuf's fixed-width fields are little-endian; this encoder copies memory as it is")
#endif

/// Writes fields one after another.
struct FieldWriter: FieldVisitor {
  private var next: UnsafeMutableRawPointer

  /// Writes a whole message.
  static func write<M: FixedLayout>(_ message: M, into buffer: UnsafeMutableRawBufferPointer) {
    guard let start = buffer.baseAddress, buffer.count >= M.encodedLength else {
      preconditionFailure("the buffer is shorter than the encoding")
    }
    var message = message
    var writer = FieldWriter(next: start)
    message.visitFields(&writer)
    assert(writer.next == start + M.encodedLength, "the layout and its length disagree")
  }

  mutating func visit(_ field: UInt8, _ value: inout Int64) {
    put(field << 3 | WireType.fixed64)
    put(value)
  }

  mutating func visit(_ field: UInt8, _ value: inout UInt64) {
    put(field << 3 | WireType.fixed64)
    put(value)
  }

  mutating func visit<T: BitwiseCopyable>(
    _ field: UInt8, _ name: StaticString, doubles count: Int, _ value: inout T
  ) {
    open(field, length: 8 * count)
    assert(MemoryLayout<T>.size >= 8 * count)
    withUnsafePointer(to: &value) { next.copyMemory(from: $0, byteCount: 8 * count) }
    next += 8 * count
  }

  mutating func open(_ field: UInt8, length: Int) {
    put(field << 3 | WireType.lengthDelimited)
    if length >= 0x80 { put(UInt8(length & 0x7f | 0x80)) }
    put(UInt8(length >= 0x80 ? length >> 7 : length))
  }

  private mutating func put<T: BitwiseCopyable>(_ value: T) {
    next.storeBytes(of: value, as: T.self)
    next += MemoryLayout<T>.size
  }
}

/// Reads the fields that a `FieldWriter` wrote, or finds that somebody else wrote them.
struct FieldReader: FieldVisitor {
  private var next: UnsafeRawPointer
  private var isCanonical = true
  private var notFinite: StaticString?

  /// Fills a whole message; false when the bytes are not laid out as a `FieldWriter` lays them out.
  static func fill<M: FixedLayout>(
    _ message: inout M, from bytes: UnsafeRawBufferPointer
  ) throws(MessageError) -> Bool {
    guard let start = bytes.baseAddress, bytes.count == M.encodedLength else { return false }
    var reader = FieldReader(start)
    message.visitFields(&reader)
    guard reader.isCanonical else { return false }
    if let field = reader.notFinite { throw .notFinite("\(field)") }
    return true
  }

  private init(_ start: UnsafeRawPointer) { next = start }

  mutating func visit(_ field: UInt8, _ value: inout Int64) {
    expect(field << 3 | WireType.fixed64)
    value = take()
  }

  mutating func visit(_ field: UInt8, _ value: inout UInt64) {
    expect(field << 3 | WireType.fixed64)
    value = take()
  }

  mutating func visit<T: BitwiseCopyable>(
    _ field: UInt8, _ name: StaticString, doubles count: Int, _ value: inout T
  ) {
    open(field, length: 8 * count)
    assert(MemoryLayout<T>.size >= 8 * count)
    let isFinite = withUnsafeMutablePointer(to: &value) { pointer in
      let memory = UnsafeMutableRawPointer(pointer)
      memory.copyMemory(from: next, byteCount: 8 * count)
      // Adding one to an exponent of all ones carries into the sign's bit; no branch in the loop.
      var carry: UInt64 = 0
      for i in 0..<count {
        let bits = memory.load(fromByteOffset: 8 * i, as: UInt64.self)
        carry |= (bits & 0x7ff0_0000_0000_0000) &+ 0x0010_0000_0000_0000
      }
      return carry >> 63 == 0
    }
    if !isFinite && notFinite == nil { notFinite = name }
    next += 8 * count
  }

  mutating func open(_ field: UInt8, length: Int) {
    expect(field << 3 | WireType.lengthDelimited)
    if length >= 0x80 { expect(UInt8(length & 0x7f | 0x80)) }
    expect(UInt8(length >= 0x80 ? length >> 7 : length))
  }

  private mutating func expect(_ byte: UInt8) {
    let found: UInt8 = take()
    isCanonical = isCanonical && found == byte
  }

  private mutating func take<T: BitwiseCopyable>() -> T {
    defer { next += MemoryLayout<T>.size }
    return next.loadUnaligned(as: T.self)
  }
}

/// Protobuf's wire types that this project's messages use.
enum WireType {
  static let fixed64: UInt8 = 1
  static let lengthDelimited: UInt8 = 2
  static let fixed32: UInt8 = 5
}
