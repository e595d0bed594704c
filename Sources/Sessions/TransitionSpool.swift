import Glibc
import Messages

/// The transitions of a training in real time, in a file of the run before they are sent: there nothing
/// can be done again, so that what a learner held must come from somewhere when all processes are gone.
///
/// Each is written at once: 4 bytes length, the encoded message, little-endian.
struct TransitionSpool: ~Copyable {
  /// Name of its file in a run's folder.
  static let name = "transitions.spool"
  /// Longest message of a transition [bytes].
  private static let longest = 1 << 16
  private let descriptor: Int32
  private let path: String

  /// The spool of a run that begins, or goes on behind these transitions.
  init(of run: String, after earlier: [Transition]) throws {
    path = run + "/" + Self.name
    // A file of its own, so that a kill leaves either.
    let draft = path + ".new"
    descriptor = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.refused(path) }
    for transition in earlier { try append(transition) }
    guard rename(draft, path) == 0 else { throw Self.refused(path) }
  }

  deinit { close(descriptor) }

  /// Writes a transition; what is not written whole is an error.
  func append(_ transition: Transition) throws {
    let body = Message.transitions([transition]).encoded()
    precondition(body.count <= Self.longest, "a transition of \(body.count) bytes")
    let length = withUnsafeBytes(of: UInt32(body.count).littleEndian) { [UInt8]($0) }
    let bytes = length + body
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Self.refused(path) }
  }

  /// The transitions in a run's spool; nil where it has none.
  static func transitions(of run: String) throws -> [Transition]? {
    let path = run + "/" + name
    // Without O_NONBLOCK a pipe would hold the call until somebody writes.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let length = Int(lseek(file, 0, SEEK_END))
    guard length != 0 else { return [] }
    // Mapped, so that it takes no memory of its own; no spool is ever cut.
    guard length > 0, let bytes = mmap(nil, length, PROT_READ, MAP_PRIVATE, file, 0),
      bytes != MAP_FAILED
    else { throw refused(path, "read") }
    defer { munmap(bytes, length) }
    let transitions = try parse(UnsafeRawBufferPointer(start: bytes, count: length), of: path)
    for transition in transitions {
      guard let fault = transition.fault else { continue }
      throw SessionFailure("\(path): transition \(transition.sequence) holds \(fault)")
    }
    return transitions
  }

  /// The whole transitions from the first on; throws where one before the last, which a kill may have cut
  /// off, cannot be read: what stands behind it is not to be lost without a word.
  private static func parse(
    _ bytes: UnsafeRawBufferPointer, of path: String
  ) throws -> [Transition] {
    var transitions: [Transition] = []
    var place = 0
    while place + 4 <= bytes.count {
      let length = bytes[place..<(place + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
      let end = place + 4 + length
      if length <= longest, end > bytes.count { break }
      guard length <= longest,
        case .transitions(let list, _)? = try? Message(decoding: Array(bytes[(place + 4)..<end])),
        let transition = list.first, transition.sequence == UInt64(transitions.count)
      else {
        throw SessionFailure(
          "\(path): damaged behind its \(transitions.count) first transitions; bring back a copy, or go on "
            + "with those alone: `truncate -s \(place) \(path)`")
      }
      transitions.append(transition)
      place = end
    }
    return transitions
  }

  private static func refused(_ path: String, _ done: String = "written") -> SessionFailure {
    SessionFailure("\(path): cannot be \(done): \(String(cString: strerror(errno)))")
  }
}
