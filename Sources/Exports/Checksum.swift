import CZlib

/// CRC-32 as in gzip and Parquet pages, taken in piece by piece.
package struct Checksum: Equatable, Sendable {
  /// The checksum of everything taken in.
  package private(set) var value: UInt32 = 0

  package init() {}

  package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // A null address would make zlib start anew.
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    let bound = base.assumingMemoryBound(to: UInt8.self)
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), bound, bytes.count))
  }

  package static func of(_ bytes: [UInt8]) -> UInt32 {
    var checksum = Checksum()
    checksum.add(bytes)
    return checksum.value
  }
}
