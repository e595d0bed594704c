import CZeroMQ

/// ZeroMQ's threads and memory; one per process, made in the process that uses it and never carried
/// across a fork.
///
/// Sockets keep it alive; it ends when they are closed and have sent what lingers.
public final class Context: @unchecked Sendable {
  /// Safe from every thread: ZeroMQ's contexts are.
  let pointer: UnsafeMutableRawPointer
  /// Whom its sockets trust.
  public let security: Security
  /// Answers who may come in; nil without keys.
  let doorkeeper: Doorkeeper?

  /// Version of the loaded library, such as "4.3.4".
  public static var libraryVersion: String {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    zmq_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  /// The session of every socket of this process.
  public let session: SessionMark

  /// A context with one input-output thread.
  ///
  /// With keys, `log` hears in one line each, and not too often, who was refused; from any thread.
  public init(
    session: SessionMark = SessionMark(0), security: Security = .local,
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(WireError) {
    guard let pointer = zmq_ctx_new() else { throw .system("zmq_ctx_new") }
    do throws(WireError) {
      // Before any socket can listen: who comes before the handler would be refused.
      doorkeeper = try Doorkeeper(of: security, in: pointer, log: log)
    } catch {
      zmq_ctx_term(pointer)
      throw error
    }
    self.pointer = pointer
    self.session = session
    self.security = security
  }

  /// Handshakes that failed so far.
  public var refusals: Refusals { doorkeeper?.refusals ?? Refusals() }

  deinit {
    // Ends the doorkeeper's waiting, and waits until it has closed its sockets.
    while zmq_ctx_term(pointer) != 0 && zmq_errno() == EINTR {}
  }
}

extension WireError {
  /// The library's last error on this thread.
  static func system(_ operation: String) -> WireError {
    .system(operation: operation, reason: lastReason)
  }

  /// The text of the library's last error on this thread.
  static var lastReason: String { String(cString: zmq_strerror(zmq_errno())) }
}
