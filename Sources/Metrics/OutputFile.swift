import Foundation

/// A file being written, by one owner: bytes gather in memory until `flush`.
struct OutputFile: ~Copyable {
  let path: String
  private let descriptor: Int32
  private var pending: [UInt8] = []

  enum Start {
    /// A file that did not exist before.
    case new
    /// After the last whole line of what is there; a line that a crash has torn is dropped.
    case afterLastLine
  }

  /// Opens the file and hands its first bytes to the system.
  init(_ path: String, start: Start, first: [UInt8] = []) throws(MetricsError) {
    let flags = start == .new ? O_EXCL : 0
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0o644)
    self.path = path
    guard descriptor >= 0 else { throw .refused(file: path, reason: systemReason()) }
    let isReady =
      (start == .new || Self.seekAfterLastLine(descriptor)) && Self.write(first, to: descriptor)
    guard isReady else { throw .refused(file: path, reason: systemReason()) }
  }

  deinit {
    // Nobody is left to tell; whoever needs to know has flushed.
    if descriptor >= 0 {
      _ = Self.write(pending, to: descriptor)
      close(descriptor)
    }
  }

  mutating func append(_ bytes: [UInt8]) { pending += bytes }

  /// Hands everything to the system.
  mutating func flush() throws(MetricsError) {
    let isWritten = Self.write(pending, to: descriptor)
    pending.removeAll(keepingCapacity: true)
    guard isWritten else { throw .refused(file: path, reason: systemReason()) }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func seekAfterLastLine(_ descriptor: Int32) -> Bool {
    var end = lseek(descriptor, 0, SEEK_END)
    var byte: UInt8 = 0
    while end > 0, pread(descriptor, &byte, 1, end - 1) == 1, byte != UInt8(ascii: "\n") {
      end -= 1
    }
    return ftruncate(descriptor, end) == 0 && lseek(descriptor, end, SEEK_SET) == end
  }
}

/// The bytes of a regular file; nil where it cannot be read.
///
/// Over an empty file `FileManager.contents(atPath:)` of Swift 6.3 on Linux loses a buffer of 4 kB.
func wholeFile(_ path: String) -> Data? {
  var status = stat()
  guard stat(path, &status) == 0 else { return nil }
  return status.st_size == 0 ? Data() : FileManager.default.contents(atPath: path)
}

/// The system's words for its last refusal.
func systemReason() -> String { String(cString: strerror(errno)) }
