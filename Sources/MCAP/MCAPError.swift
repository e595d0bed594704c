/// Why a log could not be written or read, in one line.
public enum MCAPError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A file stands where a new one is to be written, and is not to be replaced.
  case exists(file: String)
  /// The system refused to create, write or read a file.
  case refused(file: String, reason: String)
  /// The file does not start as an MCAP file does.
  case foreign(file: String)
  /// A record does not hold what the format asks for; the offset is in bytes from the file's start.
  case damaged(file: String, offset: Int, reason: String)
  /// A message is larger than a chunk may be [bytes].
  case tooLarge(bytes: Int, limit: Int)
  /// The system has no memory left for a buffer [bytes].
  case noMemory(bytes: Int)
  /// The compressor refused its work.
  case compression(reason: String)

  /// One line for a person.
  public var description: String {
    let text =
      switch self {
      case .exists(let file):
        "\(file): stands there already; recover or move it, or choose another name"
      case .refused(let file, let reason):
        "\(file): \(reason)"
      case .foreign(let file):
        "\(file): is not an MCAP file, which starts with the bytes 89 4D 43 41 50 30 0D 0A"
      case .damaged(let file, let offset, let reason):
        "\(file): byte \(offset): \(reason)"
      case .tooLarge(let bytes, let limit):
        "a message of \(bytes) bytes does not fit into a chunk, which holds up to \(limit)"
      case .noMemory(let bytes):
        "there is no memory for a buffer of \(bytes) bytes"
      case .compression(let reason):
        "zstd: \(reason)"
      }
    return String(text.map { $0.isNewline ? " " : $0 })
  }
}

/// Something in a file that is not as it should be.
public struct MCAPProblem: Sendable, Equatable, CustomStringConvertible {
  /// Where, in bytes from the start of the file.
  public let offset: Int
  /// What, in words.
  public let reason: String

  /// One line for a person.
  public var description: String {
    "byte \(offset): " + String(reason.map { $0.isNewline ? " " : $0 })
  }
}

/// What is wrong with bytes that were to be a record.
struct Fault: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// The problems of a file: all are counted, the first are kept.
struct ProblemList {
  static let limit = 100
  private(set) var kept: [MCAPProblem] = []
  private(set) var count = 0

  mutating func add(_ offset: Int, _ reason: String) {
    count += 1
    if kept.count < Self.limit { kept.append(MCAPProblem(offset: offset, reason: reason)) }
  }
}
