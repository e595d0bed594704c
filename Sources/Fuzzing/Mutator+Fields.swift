import Randomness

/// A field of protobuf: its tag, and its bytes without their length.
private struct Field {
  var number: UInt64
  var wire: UInt64
  var content: [UInt8]

  /// All fields of a message; nil for bytes that are none.
  static func all(of bytes: [UInt8]) -> [Field]? {
    var cursor = Varints(rest: bytes[...])
    var fields: [Field] = []
    while !cursor.rest.isEmpty {
      guard let tag = cursor.next(), let content = content(tag & 7, &cursor) else { return nil }
      fields.append(Field(number: tag >> 3, wire: tag & 7, content: content))
    }
    return fields
  }

  private static func content(_ wire: UInt64, _ cursor: inout Varints) -> [UInt8]? {
    switch wire {
    case 0:
      let before = cursor.rest
      return cursor.next() == nil ? nil : [UInt8](before.prefix(before.count - cursor.rest.count))
    case 1: return cursor.take(8)
    case 2: return cursor.next().flatMap { $0 < 1 << 30 ? cursor.take(Int($0)) : nil }
    case 5: return cursor.take(4)
    default: return nil
    }
  }

  /// The field as it is written.
  var bytes: [UInt8] {
    let head = Varints.bytes(number << 3 | wire)
    return wire == 2 ? head + Varints.bytes(UInt64(content.count)) + content : head + content
  }
}

private struct Varints {
  var rest: ArraySlice<UInt8>

  mutating func next() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  mutating func take(_ count: Int) -> [UInt8]? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return [UInt8](rest.prefix(count))
  }

  static func bytes(_ value: UInt64) -> [UInt8] {
    var (bytes, value) = ([UInt8](), value)
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7f | 0x80))
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }
}

extension Mutator {
  /// A protobuf message with one field changed, whose lengths are right all the way up.
  mutating func protobuf(_ input: [UInt8], beside other: [UInt8], depth: Int) -> [UInt8] {
    guard var fields = Field.all(of: input), !fields.isEmpty else {
      return binary(input, beside: other)
    }
    let place = stream.index(below: fields.count)
    let isMessage =
      fields[place].wire == 2 && depth < 6 && Field.all(of: fields[place].content)?.isEmpty == false
    if isMessage, !chance(of: 4) {
      let inner = protobuf(fields[place].content, beside: other, depth: depth + 1)
      fields[place].content = inner
    } else {
      change(&fields, at: place, beside: other)
    }
    return fields.flatMap(\.bytes)
  }

  private mutating func change(_ fields: inout [Field], at place: Int, beside other: [UInt8]) {
    switch stream.index(below: 9) {
    case 0: fields.remove(at: place)
    case 1: fields.insert(fields[place], at: stream.index(below: fields.count + 1))
    case 2: fields.swapAt(place, stream.index(below: fields.count))
    case 3: fields[place].number = UInt64(1 + stream.index(below: 48))
    case 4:
      let room = InputSeries.longest / (fields[place].content.count + 1)
      for _ in 0..<min(room, pick([10, 100, 1100])) { fields.append(fields[place]) }
    case 5:
      let others = Field.all(of: other) ?? []
      if !others.isEmpty { fields[place] = pick(others) }
    default: changeContent(of: &fields[place], beside: other)
    }
  }

  private mutating func changeContent(of field: inout Field, beside other: [UInt8]) {
    switch field.wire {
    case 0: field.content = Varints.bytes(strangeWord())
    case 1:
      let isWord = chance(of: 2)
      let bits = isWord ? strangeWord() : strangeDouble().bitPattern
      field.content = withUnsafeBytes(of: bits.littleEndian) { [UInt8]($0) }
    case 5:
      let isWord = chance(of: 2)
      let bits =
        isWord ? UInt32(truncatingIfNeeded: strangeWord()) : Float(strangeDouble()).bitPattern
      field.content = withUnsafeBytes(of: bits.littleEndian) { [UInt8]($0) }
    default:
      if field.content.count >= 8, field.content.count % 8 == 0, !chance(of: 3) {
        let bits = strangeDouble().bitPattern
        let start = 8 * stream.index(below: field.content.count / 8)
        withUnsafeBytes(of: bits.littleEndian) {
          field.content.replaceSubrange(start..<start + 8, with: $0)
        }
      } else {
        field.content = binary(field.content, beside: other)
      }
    }
  }

  private static let strangeWords: [UInt64] = [
    0, 1, 2, 3, 1000, 1_000_000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x100_0000_0000,
    0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff,
  ]

  private mutating func strangeWord() -> UInt64 {
    chance(of: 8) ? stream.next() : pick(Self.strangeWords)
  }
}
