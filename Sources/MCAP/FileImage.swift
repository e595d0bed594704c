import Glibc

/// A whole file as memory, by one owner; it must not be cut while it is read.
struct FileImage: ~Copyable, @unchecked Sendable {
  let path: String
  let bytes: UnsafeRawBufferPointer

  init(_ path: String) throws(MCAPError) {
    bytes = try Self.map(path)
    self.path = path
  }

  deinit {
    guard let base = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
  }

  /// Whether the file starts as an MCAP file does.
  var hasMagic: Bool { bytes.starts(with: Format.magic) }

  /// Whether a process has the file open for writing.
  static func isBeingWritten(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  private static func map(_ path: String) throws(MCAPError) -> UnsafeRawBufferPointer {
    // Without O_NONBLOCK a pipe would hold the call until somebody writes.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .refused(file: path, reason: systemReason()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .refused(file: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .refused(file: path, reason: "is not a file")
    }
    let length = Int(status.st_size)
    guard length > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let mapped = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw .refused(file: path, reason: systemReason())
    }
    return UnsafeRawBufferPointer(start: mapped, count: length)
  }
}
