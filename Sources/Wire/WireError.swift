public import Messages

/// What can go wrong between processes.
///
/// Every description is one line that says who and where.
public enum WireError: Error, Equatable, Sendable {
  /// The text names no endpoint.
  case badEndpoint(String)
  /// The address could be reached from other machines, and there are no keys.
  case notLoopback(String)
  /// The path of an `ipc://` endpoint is longer than the system allows [bytes].
  case pathTooLong(String, bytes: Int, limit: Int)
  /// Another process has the endpoint.
  case endpointInUse(String)
  /// The system refuses the endpoint.
  case cannotOpen(String, reason: String)
  /// Nothing arrived within the deadline.
  case timedOut(peer: String, endpoint: String, milliseconds: Int)
  /// Nothing could be sent within the deadline: no connection, or nobody takes what was sent before.
  case cannotSend(peer: String, endpoint: String, milliseconds: Int)
  /// The process was asked to end while it waited.
  case stopped(peer: String, endpoint: String)
  /// The peer that asked has left before its answer.
  case peerGone(peer: String, endpoint: String)
  /// The peer answered that it cannot do what was asked.
  case failed(peer: String, endpoint: String, reason: String)
  /// The peer sent bytes that are no message, or a message to it is too long.
  case badMessage(peer: String, endpoint: String, MessageError)
  /// A message is longer than the buffer for it [bytes].
  case tooLong(peer: String, endpoint: String, bytes: Int, limit: Int)
  /// An operation of the library failed for another reason.
  case system(operation: String, reason: String)
}

extension WireError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .badEndpoint(let text):
      "'\(text)' is no endpoint; write ipc://PATH, tcp://127.0.0.1:PORT or tcp://[::1]:PORT"
    case .notLoopback(let text):
      "'\(text)' would open the session to the network; without keys only ipc:// and the loopback "
        + "addresses 127.0.0.1 and [::1] are allowed; `kinglet keys new FOLDER` makes keys and "
        + "security.keys=FOLDER uses them"
    case .pathTooLong(let text, let bytes, let limit):
      "the path of '\(text)' has \(bytes) bytes and the system allows \(limit); "
        + "choose a shorter folder"
    case .endpointInUse(let text):
      "'\(text)' is in use by another process; end that process or choose another endpoint"
    case .cannotOpen(let text, let reason):
      "'\(text)' cannot be opened: \(reason)"
    case .timedOut(let peer, let endpoint, let milliseconds):
      "nothing came from the \(peer) at \(endpoint) within \(milliseconds) ms; is it running?"
    case .cannotSend(let peer, let endpoint, let milliseconds):
      "nothing could be sent to the \(peer) at \(endpoint) within \(milliseconds) ms; "
        + "is it running?"
    case .stopped(let peer, let endpoint):
      "asked to stop while waiting for the \(peer) at \(endpoint)"
    case .peerGone(let peer, let endpoint):
      "the \(peer) at \(endpoint) left before its answer"
    case .failed(let peer, let endpoint, let reason):
      "the \(peer) at \(endpoint) failed: \(reason)"
    case .badMessage(let peer, let endpoint, let error):
      "bad message between here and the \(peer) at \(endpoint): \(error)"
    case .tooLong(let peer, let endpoint, let bytes, let limit):
      "the \(peer) at \(endpoint) sent \(bytes) bytes where at most \(limit) are expected"
    case .system(let operation, let reason):
      "\(operation) failed: \(reason)"
    }
  }
}
