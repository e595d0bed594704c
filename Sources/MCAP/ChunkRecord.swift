/// A chunk, still compressed.
struct ChunkRecord {
  var start: UInt64
  var end: UInt64
  var uncompressedSize: UInt64
  /// The checksum of the uncompressed records; 0 for none.
  var sum: UInt32
  var compression: String
  var records: UnsafeRawBufferPointer

  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    start = try fields.integer()
    end = try fields.integer()
    uncompressedSize = try fields.integer()
    sum = try fields.integer()
    compression = try fields.text()
    records = try fields.longBlock()
  }

  /// The length of a chunk's record before the compressed records.
  static func headLength(_ compression: String) -> Int {
    Format.recordHead + 8 + 8 + 8 + 4 + 4 + compression.utf8.count + 8
  }

  /// The record up to the compressed records.
  static func head(
    start: UInt64, end: UInt64, uncompressedSize: Int, sum: UInt32, compression: String,
    compressedSize: Int
  ) -> [UInt8] {
    var head = RecordBytes()
    head.integer(Opcode.chunk.rawValue)
    head.integer(UInt64(headLength(compression) - Format.recordHead + compressedSize))
    head.integer(start)
    head.integer(end)
    head.integer(UInt64(uncompressedSize))
    head.integer(sum)
    head.text(compression)
    head.integer(UInt64(compressedSize))
    return head.bytes
  }

  /// What the summary says about the chunk, as far as the chunk itself tells.
  func index(offset: Int, length: Int) -> ChunkIndex {
    ChunkIndex(
      start: start, end: end, offset: UInt64(offset), length: UInt64(length), messageIndexes: [:],
      messageIndexLength: 0, compression: compression, compressedSize: UInt64(records.count),
      uncompressedSize: uncompressedSize)
  }
}
