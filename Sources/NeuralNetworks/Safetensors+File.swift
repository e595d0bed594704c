import Foundation

extension Safetensors {
  /// Longest file that is read [byte]: the widest policy that can be sent has 3 GiB with 10 critics.
  static let longestFile = 4 << 30

  /// Reads a file.
  public init(contentsOf path: String) throws(SafetensorsError) {
    // Without O_NONBLOCK a pipe would hold the call until somebody writes.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure("read", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure("read", path) }
    let size = Int(status.st_size)
    guard status.st_mode & S_IFMT == S_IFREG, size <= Self.longestFile else {
      let reason = "no file, or one of \(size) bytes; up to \(Self.longestFile) are read; remove it"
      throw .file(path: path, operation: "read", reason: reason)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while bytes.count <= size {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure("read", path) }
      if count == 0 { break }
      bytes += chunk[0..<count]
    }
    try self.init(decoding: bytes)
  }

  /// Writes a file so that the path holds the old contents or the new, never a part: a new file
  /// beside it, flushed to the disk, then renamed.
  public func write(to path: String) throws(SafetensorsError) {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure("write", temporary) }
    var reason = Self.writeAll(encoded(), to: descriptor)
    if reason == nil, fsync(descriptor) != 0 { reason = errno }
    if close(descriptor) != 0, reason == nil { reason = errno }
    if reason == nil, rename(temporary, path) != 0 { reason = errno }
    if let reason {
      unlink(temporary)
      throw Self.failure("write", path, reason)
    }
    Self.flushDirectory(of: path)
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { raw -> Int32? in
      var done = 0
      while done < raw.count {
        let rest = UnsafeRawBufferPointer(rebasing: raw[done...])
        let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return errno }
        done += count
      }
      return nil
    }
  }

  /// Makes the rename itself durable; a file system that cannot is no reason to fail.
  private static func flushDirectory(of path: String) {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func failure(
    _ operation: String, _ path: String, _ code: Int32 = errno
  ) -> SafetensorsError {
    .file(path: path, operation: operation, reason: String(cString: strerror(code)))
  }
}
