import Glibc

/// A file being written under a passing name, by one owner, with the checksum of what it holds.
struct PartFile: ~Copyable {
  /// Where the file ends.
  struct End {
    /// Length of the file [bytes].
    var offset: UInt64 = 0
    /// Checksum of the section under way.
    var sum: UInt32 = 0
  }

  /// The name that the file gets when it is whole.
  let path: String
  private let partPath: String
  private let descriptor: Int32
  /// Set back to an earlier value, it drops what was written since.
  var end: End

  /// Creates `path + suffix` with its first bytes; neither it nor `path` may exist.
  init(_ path: String, suffix: String, first: [UInt8]) throws(MCAPError) {
    guard access(path, F_OK) != 0 else { throw .exists(file: path) }
    let part = path + suffix
    let opened = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw errno == EEXIST ? .exists(file: part) : .refused(file: part, reason: systemReason())
    }
    // Tells `recover` that the file is alive; where locks do not work it goes without.
    _ = flock(opened, LOCK_EX | LOCK_NB)
    guard first.withUnsafeBytes({ Self.write($0, to: opened, at: 0) }) else {
      let reason = systemReason()
      close(opened)
      throw .refused(file: part, reason: reason)
    }
    end = End(
      offset: UInt64(first.count), sum: first.withUnsafeBytes { checksum($0) })
    self.path = path
    partPath = part
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// Hands bytes to the system; after an error the end is where it was.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(MCAPError) {
    guard Self.write(bytes, to: descriptor, at: off_t(end.offset)) else {
      throw .refused(file: partPath, reason: systemReason())
    }
    end.offset += UInt64(bytes.count)
    end.sum = checksum(bytes, after: end.sum)
  }

  mutating func append(_ bytes: [UInt8]) throws(MCAPError) {
    let (descriptor, start) = (descriptor, end)
    let isWritten = bytes.withUnsafeBytes {
      Self.write($0, to: descriptor, at: off_t(start.offset))
    }
    guard isWritten else { throw .refused(file: partPath, reason: systemReason()) }
    end.offset += UInt64(bytes.count)
    end.sum = bytes.withUnsafeBytes { checksum($0, after: start.sum) }
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: off_t
  ) -> Bool {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, offset + off_t(written))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  /// Starts the next section's checksum.
  mutating func startSection() { end.sum = 0 }

  /// Brings everything to the disk and gives the file its name.
  consuming func publish() throws(MCAPError) {
    // A write that failed half way may have left bytes behind the end.
    guard ftruncate(descriptor, off_t(end.offset)) == 0, fsync(descriptor) == 0 else {
      throw .refused(file: partPath, reason: systemReason())
    }
    guard access(path, F_OK) != 0 else { throw .exists(file: path) }
    guard rename(partPath, path) == 0 else {
      throw .refused(file: path, reason: systemReason())
    }
    try Self.synchronizeFolder(of: path)
  }

  /// Brings the name of a file to the disk.
  private static func synchronizeFolder(of path: String) throws(MCAPError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { throw .refused(file: folder, reason: systemReason()) }
    defer { close(opened) }
    // Some file systems cannot do this for a folder and say so.
    guard fsync(opened) == 0 || errno == EINVAL else {
      throw .refused(file: folder, reason: systemReason())
    }
  }
}

/// The system's words for its last refusal.
func systemReason() -> String { String(cString: strerror(errno)) }
