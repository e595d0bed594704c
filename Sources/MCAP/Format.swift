import CZlib

/// The numbers of the format that are the same in every file.
enum Format {
  static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]
  /// Opcode and length.
  static let recordHead = 9
  /// Channel, sequence and two times.
  static let messageHead = 22
  /// The whole footer record.
  static let footerLength = recordHead + 20
  /// The bytes of a footer that its checksum covers.
  static let checkedFooterLength = footerLength - 4
  /// Most bytes that a chunk may hold uncompressed.
  static let maximumChunk = 1 << 30
  /// Most bytes that all chunks of a file of a length may hold uncompressed [bytes].
  ///
  /// A small file can name terabytes. Ticks of an arm that stands still get 25 times smaller.
  static func mostUncompressed(inFileOf length: Int) -> UInt64 {
    UInt64(length) * 200 + 256 << 20
  }
  /// Most bytes of a record: of a chunk that zstd could not make smaller.
  static let maximumRecord = maximumChunk + (8 << 20)
  static let compression = "zstd"
}

/// What a record is.
enum Opcode: UInt8 {
  case header = 0x01
  case footer = 0x02
  case schema = 0x03
  case channel = 0x04
  case message = 0x05
  case chunk = 0x06
  case messageIndex = 0x07
  case chunkIndex = 0x08
  case attachment = 0x09
  case attachmentIndex = 0x0A
  case statistics = 0x0B
  case metadata = 0x0C
  case metadataIndex = 0x0D
  case summaryOffset = 0x0E
  case dataEnd = 0x0F
}

/// The CRC-32 of ISO 3309 of bytes that follow those whose checksum is `sum`.
func checksum(_ bytes: UnsafeRawBufferPointer, after sum: UInt32 = 0) -> UInt32 {
  // A null address would make zlib start anew.
  guard let base = bytes.baseAddress, !bytes.isEmpty else { return sum }
  let bound = base.assumingMemoryBound(to: UInt8.self)
  return UInt32(truncatingIfNeeded: crc32_z(UInt(sum), bound, bytes.count))
}
