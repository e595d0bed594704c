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
    if start == .afterLastLine { try Self.seekAfterLastLine(descriptor, of: path) }
    guard Self.write(first, to: descriptor) else {
      throw .refused(file: path, reason: systemReason())
    }
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

  private static func seekAfterLastLine(_ descriptor: Int32, of path: String) throws(MetricsError) {
    let length = lseek(descriptor, 0, SEEK_END)
    var tail = [UInt8](repeating: 0, count: Int(max(0, min(length, off_t(longestLine)))))
    let isRead = pread(descriptor, &tail, tail.count, length - off_t(tail.count)) == tail.count
    let torn = tail.count - (tail.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
    guard torn < longestLine else {
      throw .malformed(file: path, reason: "its last \(torn) bytes are no lines; move it away")
    }
    let end = length - off_t(torn)
    guard isRead, ftruncate(descriptor, end) == 0, lseek(descriptor, end, SEEK_SET) == end else {
      throw .refused(file: path, reason: systemReason())
    }
  }
}

/// The system's words for its last refusal.
func systemReason() -> String { String(cString: strerror(errno)) }
