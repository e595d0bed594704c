import CZstd

/// Uncompresses chunks, one at a time, into memory that it owns.
struct ChunkDecoder: ~Copyable {
  private var context: OpaquePointer?
  private var buffer = ByteBuffer()

  deinit { ZSTD_freeDCtx(context) }

  /// A zstd block holds at most this many bytes and takes at least three itself.
  private static let largestBlock: UInt64 = 128 << 10

  /// The records of a chunk, whose checksum is right or was left out.
  ///
  /// Valid until the next call, and as long as the chunk's own bytes.
  mutating func decode(_ chunk: ChunkRecord) throws(Fault) -> UnsafeRawBufferPointer {
    guard chunk.uncompressedSize <= UInt64(Format.maximumChunk) else {
      throw Fault(
        "a chunk of \(chunk.uncompressedSize) bytes is larger than \(Format.maximumChunk)")
    }
    let records: UnsafeRawBufferPointer
    switch chunk.compression {
    case "": records = chunk.records
    case Format.compression: records = try uncompress(chunk)
    default:
      throw Fault("the compression \(chunk.compression) is not supported, only zstd and none")
    }
    guard UInt64(records.count) == chunk.uncompressedSize else {
      throw Fault(
        "a chunk holds \(records.count) bytes and says that it holds \(chunk.uncompressedSize)")
    }
    guard chunk.sum == 0 || checksum(records) == chunk.sum else {
      throw Fault("a chunk's checksum is wrong")
    }
    return records
  }

  private mutating func uncompress(_ chunk: ChunkRecord) throws(Fault) -> UnsafeRawBufferPointer {
    let frame = chunk.records
    let size = Int(chunk.uncompressedSize)
    buffer.removeAll()
    if size == 0 && frame.isEmpty { return buffer.bytes }
    // All ones means that the frame does not say its size.
    let stated = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    guard stated == UInt64(size) || stated == UInt64.max else {
      throw Fault("a chunk's zstd frame does not hold the \(size) bytes that the chunk names")
    }
    guard UInt64(size) / Self.largestBlock <= UInt64(frame.count) else {
      throw Fault("\(frame.count) bytes of zstd cannot hold the \(size) bytes that a chunk names")
    }
    guard let context = context ?? ZSTD_createDCtx() else {
      throw Fault("there is no memory to uncompress a chunk")
    }
    self.context = context
    do throws(MCAPError) {
      try buffer.reserve(size)
      try buffer.fill(size) { (room) throws(MCAPError) -> Int in
        let count = ZSTD_decompressDCtx(
          context, room.baseAddress, room.count, frame.baseAddress, frame.count)
        guard ZSTD_isError(count) == 0 else {
          throw .compression(reason: String(cString: ZSTD_getErrorName(count)))
        }
        return count
      }
    } catch {
      throw Fault("a chunk cannot be uncompressed: \(error)")
    }
    return buffer.bytes
  }
}
