public import Randomness

/// Damages inputs, at random but as damage and malice do.
public struct Mutator: Sendable {
  /// Where the draws come from.
  public var stream: RandomStream

  /// A mutator that draws from a stream.
  public init(_ stream: RandomStream) { self.stream = stream }

  /// An input with one mutation; `other` lends what is spliced in.
  public mutating func mutated(
    _ input: [UInt8], _ form: InputForm, beside other: [UInt8]
  ) -> [UInt8] {
    // Every form is plain bytes now and then.
    if form != .binary, chance(of: 6) { return mutated(input, .binary, beside: other) }
    return switch form {
    case .binary: binary(input, beside: other)
    case .text: text(input, beside: other)
    case .protobuf: protobuf(input, beside: other, depth: 0)
    case .headed: headed(input, beside: other)
    case .records: records(input, beside: other)
    case .framed: framed(input, beside: other)
    }
  }

  /// True once in so many times.
  mutating func chance(of times: Int) -> Bool { stream.index(below: times) == 0 }

  /// One of a few.
  mutating func pick<T>(_ list: [T]) -> T { list[stream.index(below: list.count)] }

  /// A piece of bytes: anywhere, short more often than long.
  mutating func piece(of count: Int) -> Range<Int> {
    guard count > 0 else { return 0..<0 }
    let start = stream.index(below: count)
    let length = chance(of: 3) ? count : pick([1, 2, 4, 8, 16, 64, 256])
    return start..<min(count, start + 1 + stream.index(below: length))
  }

  mutating func binary(_ input: [UInt8], beside other: [UInt8]) -> [UInt8] {
    guard !input.isEmpty else { return other }
    var bytes = input
    switch stream.index(below: 11) {
    case 0: bytes[stream.index(below: bytes.count)] ^= 1 << UInt8(stream.index(below: 8))
    case 1: bytes[stream.index(below: bytes.count)] = pick([0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22])
    case 2: put(interesting(near: bytes.count), into: &bytes)
    case 3: put(withUnsafeBytes(of: strangeDouble().bitPattern) { [UInt8]($0) }, into: &bytes)
    case 4: bytes.removeSubrange(stream.index(below: bytes.count)...)
    case 5: bytes += noise()
    case 6: bytes = splice(bytes, other)
    case 7:
      let piece = piece(of: bytes.count)
      bytes.insert(contentsOf: bytes[piece], at: stream.index(below: bytes.count))
    case 8: bytes.removeSubrange(piece(of: bytes.count))
    case 9: swapPieces(of: &bytes)
    default: tamperLength(of: &bytes)
    }
    return bytes
  }

  private static let words: [UInt64] = [
    0, 1, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x100_0000_0000,
    0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff,
  ]

  /// A number that breaks arithmetic, in 1, 2, 4 or 8 bytes.
  private mutating func interesting(near count: Int) -> [UInt8] {
    let size = UInt64(count)
    let list: [UInt64] = Self.words + [size, size + 1, size &- 1]
    let (number, width) = (pick(list), pick([1, 2, 4, 8]))
    return withUnsafeBytes(of: number.littleEndian) { [UInt8]($0.prefix(width)) }
  }

  /// A number that breaks what computes with it.
  mutating func strangeDouble() -> Double {
    pick([
      .nan, .infinity, -.infinity, 0, -0.0, 1e308, -1e308, .leastNonzeroMagnitude, -1, 1, 1e-12,
      1e18, 9.3e18,
      stream.normal(),
    ])
  }

  private mutating func noise() -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0...stream.index(below: 40) { bytes.append(UInt8(truncatingIfNeeded: stream.next())) }
    return bytes
  }

  private mutating func put(_ word: [UInt8], into bytes: inout [UInt8]) {
    let start = stream.index(below: bytes.count)
    let end = min(bytes.count, start + word.count)
    bytes.replaceSubrange(start..<end, with: word.prefix(end - start))
  }

  private mutating func splice(_ bytes: [UInt8], _ other: [UInt8]) -> [UInt8] {
    [UInt8](bytes.prefix(stream.index(below: bytes.count + 1)))
      + other.suffix(stream.index(below: other.count + 1))
  }

  private mutating func swapPieces(of bytes: inout [UInt8]) {
    let (first, second) = (piece(of: bytes.count), piece(of: bytes.count))
    guard first.upperBound <= second.lowerBound else { return bytes.reverse() }
    bytes =
      [UInt8](bytes[..<first.lowerBound]) + bytes[second]
      + bytes[first.upperBound..<second.lowerBound] + bytes[first] + bytes[second.upperBound...]
  }

  /// Adds a little to a number of 1, 2, 4 or 8 bytes, which may be a length.
  private mutating func tamperLength(of bytes: inout [UInt8]) {
    let width = pick([1, 2, 4, 8])
    guard bytes.count >= width else { return }
    let start = stream.index(below: bytes.count - width + 1)
    let old = bytes[start..<start + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let new = chance(of: 3) ? old &* 2 : old &+ UInt64(bitPattern: pick([-2, -1, 1, 2, 8, 256]))
    withUnsafeBytes(of: new.littleEndian) {
      bytes.replaceSubrange(start..<start + width, with: $0.prefix(width))
    }
  }
}
