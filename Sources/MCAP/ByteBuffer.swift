import Glibc

/// Bytes that grow at the end, by one owner; memory is taken once and used again.
struct ByteBuffer: ~Copyable, @unchecked Sendable {
  /// Number of bytes held.
  private(set) var count = 0
  private var capacity = 0
  private var base: UnsafeMutableRawPointer?

  deinit { free(base) }

  /// The bytes held, valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Makes room for more bytes behind those held.
  mutating func reserve(_ additional: Int) throws(MCAPError) {
    guard count + additional > capacity else { return }
    let wanted = max(count + additional, 2 * capacity, 4096)
    guard let grown = realloc(base, wanted) else { throw .noMemory(bytes: wanted) }
    base = grown
    capacity = wanted
  }

  mutating func removeAll() { count = 0 }

  /// Adds a number; room must have been reserved.
  mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
    let size = MemoryLayout<Number>.size
    precondition(capacity - count >= size, "room for \(size) bytes was not reserved")
    base?.storeBytes(of: number.littleEndian, toByteOffset: count, as: Number.self)
    count += size
  }

  /// Adds bytes; room must have been reserved.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    precondition(capacity - count >= bytes.count, "room for \(bytes.count) bytes was not reserved")
    guard let source = bytes.baseAddress, let base else { return }
    (base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  /// Adds what `fill` puts into up to `limit` bytes, for which room must have been reserved; `fill`
  /// returns how many there are.
  mutating func fill(
    _ limit: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(MCAPError) -> Int
  ) throws(MCAPError) {
    precondition(capacity - count >= limit, "room for \(limit) bytes was not reserved")
    let room = UnsafeMutableRawBufferPointer(start: base.map { $0 + count }, count: limit)
    let added = try fill(room)
    precondition(added >= 0 && added <= limit, "\(added) bytes were put into \(limit)")
    count += added
  }
}
