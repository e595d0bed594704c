import CZlib

/// The session that a process belongs to; a message of another one is refused.
///
/// Not a secret: it tells sessions apart that meet by mistake. What keeps strangers out are keys.
public struct SessionMark: Sendable, Hashable {
  /// The mark as it travels.
  public let value: UInt32

  /// A mark as it travelled.
  public init(_ value: UInt32) { self.value = value }

  /// The mark of all whose recipe has the same text.
  public init(of recipe: String) {
    let bytes = Array(recipe.utf8)
    value = bytes.withUnsafeBytes { UInt32(truncatingIfNeeded: checksum(of: $0, after: 0)) }
  }
}

/// What travels beside each message: its call's number, its session, and a checksum of them and of the
/// message, all little-endian.
///
/// CRC-32 of zlib finds every error of up to 32 bits in a row.
struct Seal: BitwiseCopyable, Equatable {
  /// Length in front of a call [bytes].
  static let length = 16
  /// Length behind a message without a number [bytes].
  static let shortLength = 8

  let number: UInt64
  let session: UInt32
  private let sum: UInt32

  /// The seal of a message.
  init(_ message: UnsafeRawBufferPointer, number: UInt64 = 0, session: SessionMark) {
    self.number = number
    self.session = session.value
    sum = Self.sum(message, number, session.value)
  }

  /// A seal as it travelled, with or without a number; nil for bytes of another length.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let isShort = bytes.count == Self.shortLength
    guard isShort || bytes.count == Self.length else { return nil }
    let tail = isShort ? 0 : 8
    number = isShort ? 0 : UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    session = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: tail, as: UInt32.self))
    sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: tail + 4, as: UInt32.self))
  }

  /// The seal's bytes, in front of a call.
  var bytes: InlineArray<16, UInt8> {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    span.withUnsafeMutableBytes { write(to: $0) }
    return bytes
  }

  /// Writes the seal, as long as the buffer: whole, or without the number.
  func write(to buffer: UnsafeMutableRawBufferPointer) {
    let tail = buffer.count == Self.shortLength ? 0 : 8
    if tail > 0 { buffer.storeBytes(of: number.littleEndian, as: UInt64.self) }
    buffer.storeBytes(of: session.littleEndian, toByteOffset: tail, as: UInt32.self)
    buffer.storeBytes(of: sum.littleEndian, toByteOffset: tail + 4, as: UInt32.self)
  }

  /// Why a message under this seal is not taken; nil when it is whole and of the session.
  func flaw(of message: UnsafeRawBufferPointer, in session: SessionMark) -> Flaw? {
    if sum != Self.sum(message, number, self.session) { return .damaged }
    return self.session == session.value ? nil : .foreign
  }

  private static func sum(
    _ message: UnsafeRawBufferPointer, _ number: UInt64, _ session: UInt32
  ) -> UInt32 {
    let head: InlineArray<2, UInt64> = [number.littleEndian, UInt64(session).littleEndian]
    let start = head.span.withUnsafeBytes { checksum(of: $0, after: 0) }
    return UInt32(truncatingIfNeeded: checksum(of: message, after: start))
  }
}

/// Why a message is not looked into.
enum Flaw {
  case damaged
  case foreign
}

/// Messages that a socket did not look into.
public struct Discarded: Sendable, BitwiseCopyable, Equatable {
  /// Damaged on the way, or of another form.
  public internal(set) var damaged: UInt64 = 0
  /// Of another session.
  public internal(set) var foreign: UInt64 = 0
  /// Sent once more, and answered before.
  public internal(set) var repeated: UInt64 = 0

  mutating func note(_ flaw: Flaw) {
    switch flaw {
    case .damaged: damaged += 1
    case .foreign: foreign += 1
    }
  }
}

extension Context {
  /// What a client sends for a message, or for bytes that are none: for those who test what is behind
  /// the seal.
  public func sealed(_ message: [UInt8], number: UInt64) -> [[UInt8]] {
    let seal = message.span.bytes.withUnsafeBytes { bytes in
      Seal(bytes, number: number, session: session).bytes
    }
    return [seal.span.bytes.withUnsafeBytes { [UInt8]($0) }, message]
  }

  /// The same for a tick or a broadcast.
  public func sealed(_ message: [UInt8]) -> [UInt8] { message.sealed(in: session) }
}

private func checksum(of bytes: UnsafeRawBufferPointer, after sum: UInt) -> UInt {
  guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress else { return sum }
  return crc32_z(sum, start, bytes.count)
}
