import Glibc

/// A small file that other users must not change and, if it is secret, not read.
enum KeyFile {
  /// Most bytes that are read of one.
  static let longest = 512

  /// The text of a file.
  static func read(_ path: String, isSecret: Bool = false) throws(KeyError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw KeyError(path, "cannot be read: \(lastReason)") }
    defer { close(descriptor) }
    // The open file is looked at, not its name: that may change hands in between.
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw KeyError(path, "is no file")
    }
    try check(status, at: path, forbidden: isSecret ? 0o077 : 0o022)
    var bytes = [UInt8](repeating: 0, count: longest + 1)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw KeyError(path, "cannot be read: \(lastReason)") }
    guard count <= longest else { throw KeyError(path, "is longer than a key's file") }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// Throws where somebody else owns a folder or may write in it.
  static func checkOwned(_ folder: String) throws(KeyError) {
    var status = stat()
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw KeyError(folder, "is no folder")
    }
    try check(status, at: folder, forbidden: 0o022)
  }

  private static func check(
    _ status: stat, at path: String, forbidden: mode_t
  ) throws(KeyError) {
    guard status.st_uid == geteuid() else {
      throw KeyError(path, "belongs to another user; keys must be this user's own")
    }
    guard status.st_mode & forbidden == 0 else {
      let what = forbidden & 0o044 == 0 ? "change" : "read"
      let cure = forbidden & 0o044 == 0 ? "go-w" : "600"
      throw KeyError(path, "other users may \(what) it; do `chmod \(cure) \(path)`")
    }
  }

  /// Writes a file that is not there yet.
  static func create(_ path: String, _ text: String, mode: mode_t) throws(KeyError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw KeyError(path, "cannot be made: \(lastReason)") }
    let bytes = Array(text.utf8)
    let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    guard close(descriptor) == 0, isWritten else {
      unlink(path)
      throw KeyError(path, "cannot be written; is the disk full?")
    }
  }

  /// Puts a whole file in the place of an earlier one: no reader sees half of it.
  static func replace(_ path: String, _ text: String) throws(KeyError) {
    let new = path + ".new"
    unlink(new)
    try create(new, text, mode: 0o644)
    guard rename(new, path) == 0 else {
      unlink(new)
      throw KeyError(path, "cannot be written: \(lastReason)")
    }
  }

  private static var lastReason: String { String(cString: strerror(errno)) }
}
