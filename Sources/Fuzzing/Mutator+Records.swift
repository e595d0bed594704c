import Randomness

/// A record of an MCAP file.
private struct RawRecord {
  var opcode: UInt8
  var content: [UInt8]

  static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]

  /// The records of bytes as far as they are whole, and what is left.
  static func all(of bytes: ArraySlice<UInt8>) -> (records: [RawRecord], rest: [UInt8]) {
    var (records, rest) = ([RawRecord](), bytes)
    while let opcode = rest.first, rest.count >= 9 {
      let length = number(rest.dropFirst().prefix(8))
      guard length <= UInt64(rest.count - 9) else { break }
      records.append(
        RawRecord(opcode: opcode, content: [UInt8](rest.dropFirst(9).prefix(Int(length)))))
      rest = rest.dropFirst(9 + Int(length))
    }
    return (records, [UInt8](rest))
  }

  static func number(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  static func little(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(number).littleEndian) { [UInt8]($0) }
  }

  var bytes: [UInt8] { [opcode] + Self.little(content.count) + content }
}

extension Mutator {
  private static let message: UInt8 = 5
  private static let chunk: UInt8 = 6

  /// An MCAP file with one record changed, whose lengths are mostly right.
  mutating func records(_ input: [UInt8], beside other: [UInt8]) -> [UInt8] {
    guard input.starts(with: RawRecord.magic) else { return binary(input, beside: other) }
    var (records, rest) = RawRecord.all(of: input.dropFirst(8))
    change(&records, beside: other)
    return RawRecord.magic + records.flatMap(\.bytes) + rest
  }

  private mutating func change(_ records: inout [RawRecord], beside other: [UInt8]) {
    guard !records.isEmpty else { return }
    let place = stream.index(below: records.count)
    switch stream.index(below: 10) {
    case 0: records.remove(at: place)
    case 1: records.insert(records[place], at: stream.index(below: records.count + 1))
    case 2: records.swapAt(place, stream.index(below: records.count))
    case 3:
      let (others, _) = RawRecord.all(of: other.dropFirst(8))
      if !others.isEmpty { records.insert(pick(others), at: place) }
    case 4: records[place].opcode = UInt8(stream.index(below: 18))
    default: changeContent(of: &records[place], beside: other)
    }
  }

  private mutating func changeContent(of record: inout RawRecord, beside other: [UInt8]) {
    let messageHead = 22
    switch record.opcode {
    case Self.chunk where !chance(of: 4): changeChunk(&record, beside: other)
    case Self.message where record.content.count > messageHead && !chance(of: 3):
      let data = [UInt8](record.content[messageHead...])
      record.content =
        [UInt8](record.content[..<messageHead]) + protobuf(data, beside: [], depth: 0)
    default: record.content = binary(record.content, beside: other)
    }
  }

  /// Changes a record of a chunk that is not compressed, and leaves out its checksum; the frame of one
  /// that is.
  private mutating func changeChunk(_ record: inout RawRecord, beside other: [UInt8]) {
    let bytes = record.content
    let nameLength = bytes.count >= 32 ? Int(RawRecord.number(bytes[28..<32])) : 0
    let head = 32 + nameLength + 8
    guard bytes.count >= head else { return record.content = binary(bytes, beside: other) }
    var inside = [UInt8](bytes[head...])
    var size = [UInt8](bytes[16..<24])
    if nameLength == 0 {
      var (records, rest) = RawRecord.all(of: inside[...])
      change(&records, beside: other)
      inside = records.flatMap(\.bytes) + rest
      size = RawRecord.little(inside.count)
    } else {
      inside = binary(inside, beside: other)
    }
    record.content =
      [UInt8](bytes[..<16]) + size + [0, 0, 0, 0] + bytes[28..<(32 + nameLength)]
      + RawRecord.little(inside.count) + inside
  }

  /// A safetensors file with its header or its bytes changed, whose length of the header is mostly
  /// right.
  mutating func headed(_ input: [UInt8], beside other: [UInt8]) -> [UInt8] {
    guard input.count >= 8 else { return binary(input, beside: other) }
    let length = RawRecord.number(input[..<8])
    guard length <= UInt64(input.count - 8) else { return binary(input, beside: other) }
    let end = 8 + Int(length)
    var (header, rest) = ([UInt8](input[8..<end]), [UInt8](input[end...]))
    if chance(of: 3) {
      rest = binary(rest, beside: other)
    } else {
      header = text(header, beside: header)
    }
    return (chance(of: 8) ? [UInt8](input[..<8]) : RawRecord.little(header.count)) + header + rest
  }

  /// Parts with one changed, missing, empty, doubled or too many.
  mutating func framed(_ input: [UInt8], beside other: [UInt8]) -> [UInt8] {
    var frames = Frames(decoding: input)
    guard !frames.parts.isEmpty else { return other }
    let place = stream.index(below: frames.parts.count)
    let last = frames.parts.count - 1
    switch stream.index(below: 12) {
    case 0: frames.parts.remove(at: place)
    case 1: frames.parts.insert(frames.parts[place], at: place)
    case 2: frames.parts[place] = []
    case 3: frames.parts[place] = binary(frames.parts[place], beside: other)
    case 4: frames.parts.swapAt(place, last)
    case 5: frames.parts[last] = Frames(decoding: other).parts.last ?? []
    default:
      let lent = Frames(decoding: other).parts.last ?? []
      frames.parts[last] = protobuf(frames.parts[last], beside: lent, depth: 0)
    }
    return frames.bytes
  }
}
