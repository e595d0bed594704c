/// What inputs are made of, so that a mutation keeps enough of it to be read far.
public enum InputForm: Sendable {
  /// Bytes of any meaning.
  case binary
  /// Lines of words and numbers.
  case text
  /// Fields of protobuf, each with its length.
  case protobuf
  /// A header of text behind its length in 64 bits, and bytes: a safetensors file.
  case headed
  /// An MCAP file: records, some of which hold records.
  case records
  /// Parts of a message between processes, see `Frames`; the last one is protobuf.
  case framed
}

/// The parts of one message as one input: a byte for their number, and for each a length of 32 bits,
/// little-endian, and its bytes.
public struct Frames: Sendable, Equatable {
  /// Most parts of one input.
  public static let most = 8
  /// The parts.
  public var parts: [[UInt8]]

  /// A message of parts.
  public init(_ parts: [[UInt8]]) { self.parts = parts }

  /// The parts of an input; any bytes have some.
  public init(decoding bytes: [UInt8]) {
    parts = []
    var rest = bytes.dropFirst()
    let count = min(Self.most, Int(bytes.first ?? 0))
    while parts.count < count {
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      let content = rest.dropFirst(4).prefix(length)
      parts.append([UInt8](content))
      rest = rest.dropFirst(4 + content.count)
    }
  }

  /// The input of these parts.
  public var bytes: [UInt8] {
    var bytes = [UInt8(min(Self.most, parts.count))]
    for part in parts.prefix(Self.most) {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.count).littleEndian) { bytes += $0 }
      bytes += part
    }
    return bytes
  }
}
