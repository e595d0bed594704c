import CZstd

/// Compresses with one context and into one buffer, both used again.
struct Compressor: ~Copyable, @unchecked Sendable {
  private let context: OpaquePointer
  private let level: Int32

  init(level: Int32) throws(MCAPError) {
    guard let context = ZSTD_createCCtx() else { throw .compression(reason: "no context") }
    self.context = context
    self.level = level
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Appends the bytes as one zstd frame, which says how many there were.
  mutating func compress(
    _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer
  ) throws(MCAPError) {
    let context = context
    let level = level
    let limit = ZSTD_compressBound(bytes.count)
    try output.reserve(limit)
    try output.fill(limit) { (room) throws(MCAPError) -> Int in
      let size = ZSTD_compressCCtx(
        context, room.baseAddress, room.count, bytes.baseAddress, bytes.count, level)
      guard ZSTD_isError(size) == 0 else {
        throw .compression(reason: String(cString: ZSTD_getErrorName(size)))
      }
      return size
    }
  }
}
