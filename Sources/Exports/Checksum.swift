/// CRC-32 as in gzip and Parquet pages (reflected polynomial 0xEDB88320), taken in piece by piece.
package struct Checksum: Equatable, Sendable {
  private var remainder: UInt32 = .max

  package init() {}

  /// The checksum of everything taken in.
  package var value: UInt32 { ~remainder }

  package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    remainder = Self.table.withUnsafeBufferPointer { table in
      bytes.reduce(remainder) { crc, byte in
        table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
      }
    }
  }

  package static func of(_ bytes: [UInt8]) -> UInt32 {
    var checksum = Checksum()
    checksum.add(bytes)
    return checksum.value
  }

  /// The remainder of each byte value.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
