import Foundation

/// A file being written, by one owner: bytes gather in memory and go out in large pieces.
package struct OutputFile: ~Copyable {
  package let path: String
  /// Bytes so far, those in memory included.
  package private(set) var byteCount = 0
  private var checksum = Checksum()
  private var descriptor: Int32
  private var pending: [UInt8] = []

  /// Bytes that may gather in memory.
  private static let largestPending = 1 << 20

  /// Creates the file, which must not exist.
  package init(creating path: String) throws(ExportError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .refused(file: path, reason: systemReason()) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  package mutating func append(_ bytes: [UInt8]) throws(ExportError) {
    byteCount += bytes.count
    checksum.add(bytes)
    pending += bytes
    if pending.count >= Self.largestPending { try flush() }
  }

  /// Hands everything to the disk, closes the file and tells what it must hold.
  package mutating func finish() throws(ExportError) -> WrittenFile {
    try flush()
    let isSynced = fsync(descriptor) == 0
    let reason = systemReason()
    let isClosed = close(descriptor) == 0
    descriptor = -1
    guard isSynced else { throw .refused(file: path, reason: reason) }
    guard isClosed else { throw .refused(file: path, reason: systemReason()) }
    return WrittenFile(path: path, byteCount: byteCount, checksum: checksum)
  }

  private mutating func flush() throws(ExportError) {
    var rest = pending[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .refused(file: path, reason: systemReason()) }
      rest = rest.dropFirst(count)
    }
    pending.removeAll(keepingCapacity: true)
  }
}

/// What a closed file must hold.
package struct WrittenFile: Sendable {
  package let path: String
  package let byteCount: Int
  package let checksum: Checksum

  /// Reads the file again, block by block, and compares length and checksum.
  package func check(_ visit: (UnsafeRawBufferPointer) -> Void = { _ in }) throws(ExportError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .refused(file: path, reason: systemReason()) }
    defer { close(descriptor) }
    var block = [UInt8](repeating: 0, count: 1 << 20)
    var length = 0
    var found = Checksum()
    while true {
      let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .refused(file: path, reason: systemReason()) }
      if count == 0 { break }
      length += count
      block.withUnsafeBytes { bytes in
        let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
        found.add(part)
        visit(part)
      }
    }
    guard length == byteCount else {
      throw .differs(file: path, reason: "\(length) bytes in place of \(byteCount)")
    }
    guard found == checksum else {
      throw .differs(file: path, reason: "checksum \(found.value) in place of \(checksum.value)")
    }
  }
}

/// The system's words for its last refusal.
package func systemReason() -> String { String(cString: strerror(errno)) }

/// The size of a file [bytes].
package func fileSize(_ path: String) throws(ExportError) -> Int {
  var status = stat()
  guard stat(path, &status) == 0 else { throw .refused(file: path, reason: systemReason()) }
  return Int(status.st_size)
}
