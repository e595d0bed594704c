import Glibc
import Messages

/// The transitions of a training in real time, in a file of the run before they are sent: there nothing
/// can be done again, so that what a learner held must come from somewhere when all processes are gone.
///
/// Each is written at once: 4 bytes length, the encoded message, little-endian.
struct TransitionSpool: ~Copyable {
  /// Name of its file in a run's folder.
  static let name = "transitions.spool"
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
    let length = withUnsafeBytes(of: UInt32(body.count).littleEndian) { [UInt8]($0) }
    let bytes = length + body
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Self.refused(path) }
  }

  /// The transitions in a run's spool; nil where it has none.
  static func transitions(of run: String) throws -> [Transition]? {
    let path = run + "/" + name
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let length = lseek(file, 0, SEEK_END)
    var bytes = [UInt8](repeating: 0, count: max(0, Int(length)))
    guard length >= 0, pread(file, &bytes, bytes.count, 0) == bytes.count else {
      throw refused(path)
    }
    let transitions = parse(bytes)
    for transition in transitions {
      guard let fault = transition.fault else { continue }
      throw SessionFailure("\(path): transition \(transition.sequence) holds \(fault)")
    }
    return transitions
  }

  /// The whole transitions from the first on.
  private static func parse(_ bytes: [UInt8]) -> [Transition] {
    var transitions: [Transition] = []
    var place = 0
    while place + 4 <= bytes.count {
      let length = bytes[place..<(place + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
      let end = place + 4 + length
      guard end <= bytes.count,
        case .transitions(let list, _)? = try? Message(decoding: Array(bytes[(place + 4)..<end])),
        let transition = list.first, transition.sequence == UInt64(transitions.count)
      else { break }
      transitions.append(transition)
      place = end
    }
    return transitions
  }

  private static func refused(_ path: String) -> SessionFailure {
    SessionFailure("\(path): cannot be written: \(String(cString: strerror(errno)))")
  }
}
