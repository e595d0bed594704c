/// Looks at an envelope's outline before it is parsed, so that a small message cannot make the
/// parser build a huge one.
struct EnvelopeOutline {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Refuses what has more than one body, is too long, or lists too many transitions.
  func check() throws(MessageError) {
    guard bytes.count <= Message.longest else {
      throw .tooLong("Envelope", bytes: bytes.count, limit: Message.longest)
    }
    var cursor = FieldCursor(rest: bytes[...])
    guard let body = try cursor.next() else { throw .unknownKind }
    guard body.isDelimited, try cursor.next() == nil else { throw .malformed("Envelope") }
    switch body.number {
    case Self.policy: break
    case Self.transitions: try checkEntries(of: body.content)
    default:
      guard bytes.count <= Limit.ordinary else {
        throw .tooLong("Envelope", bytes: bytes.count, limit: Limit.ordinary)
      }
    }
  }

  private func checkEntries(of content: Slice<UnsafeRawBufferPointer>) throws(MessageError) {
    var cursor = FieldCursor(rest: content)
    var count = 0
    while let field = try cursor.next() { count += field.isDelimited ? 1 : 0 }
    guard count <= Limit.transitions else {
      throw .tooMany("Transitions.transitions", count: count, limit: Limit.transitions)
    }
  }

  /// Field number of `transitions` in the schema.
  private static let transitions: UInt64 = 17
  /// Field number of `policy` in the schema.
  private static let policy: UInt64 = 20
}

/// Steps over length-delimited fields and numbers of 32 bits, the only ones that an envelope and a
/// list of messages have.
private struct FieldCursor {
  var rest: Slice<UnsafeRawBufferPointer>

  mutating func next() throws(MessageError) -> (
    number: UInt64, isDelimited: Bool, content: Slice<UnsafeRawBufferPointer>
  )? {
    if rest.isEmpty { return nil }
    let tag = try varint()
    let isDelimited = tag & 7 == UInt64(WireType.lengthDelimited)
    guard isDelimited || tag & 7 == UInt64(WireType.fixed32) else { throw .malformed("Envelope") }
    let length = isDelimited ? try varint() : 4
    guard length <= UInt64(rest.count) else { throw .malformed("Envelope") }
    let content = rest.prefix(Int(length))
    rest = rest.dropFirst(Int(length))
    return (tag >> 3, isDelimited, content)
  }

  private mutating func varint() throws(MessageError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw .malformed("Envelope") }
      value |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw .malformed("Envelope")
  }
}
