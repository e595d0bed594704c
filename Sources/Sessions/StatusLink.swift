import Messages
import Wire

/// A process's line to `launch`: says that it is ready, how far it is, and hears when to finish.
///
/// A process started by hand has none, and every call does nothing.
struct StatusLink: ~Copyable {
  private var client: Client?
  private let role: String
  /// Set once `launch` has asked to finish.
  private(set) var isAskedToFinish = false

  init(role: String, session: SessionContext) throws {
    self.role = role
    guard session.isSupervised else {
      client = nil
      return
    }
    client = try Client(
      to: session.endpoint(of: .status), role: "launch", in: session.context,
      stop: session.stopCheck)
  }

  /// Says that every socket of this process is bound.
  mutating func ready() throws { try tell(.ready(role: role)) }

  /// Sends figures.
  mutating func report(_ status: Status) throws { try tell(.status(status)) }

  /// Sends figures that nothing waits for: they are lost where nobody takes them.
  mutating func tell(_ status: Status) { tellNow(.status(status)) }

  /// Says something, or leaves it where `launch` does not listen: for those who may not wait.
  mutating func tellNow(_ message: Message) { try? client?.send(message, within: .zero) }

  /// Says why this process gives up.
  mutating func fail(_ reason: String) {
    let known = reason.hasPrefix(role + ": ") ? "" : role + ": "
    try? tell(.failure(reason: known + reason))
  }

  /// Looks for a request to finish, without waiting.
  mutating func listen() {
    guard client != nil else { return }
    if let message = try? client?.next(within: .zero), case .stop = message {
      isAskedToFinish = true
    }
  }

  private mutating func tell(_ message: Message) throws {
    guard client != nil else { return }
    try client?.send(message, within: .seconds(5))
  }
}
