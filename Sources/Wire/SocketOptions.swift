import CZeroMQ
import Glibc
public import Messages
import Synchronization

/// ZeroMQ's pattern that a socket speaks.
public enum SocketKind: Sendable {
  /// One peer, both ways; for the ticks of the control path.
  case pair
  /// Asks a `router`.
  case dealer
  /// Answers many `dealer`s.
  case router
  /// Tells every `subscriber`.
  case publisher
  /// Hears one `publisher`, everything that it says.
  case subscriber

  var code: Int32 {
    switch self {
    case .pair: ZMQ_PAIR
    case .dealer: ZMQ_DEALER
    case .router: ZMQ_ROUTER
    case .publisher: ZMQ_PUB
    case .subscriber: ZMQ_SUB
    }
  }
}

/// What reaches a receiver that is slower than its sender.
public enum Delivery: Sendable {
  /// Every message in order; a full queue blocks the sender (a publisher's drops).
  case everyMessage
  /// The newest message; those before it are dropped. For messages of one part.
  case newestOnly
}

/// A socket's settings.
///
/// They are taken when the socket is made, because ZeroMQ ignores most of them silently once a
/// socket listens or connects.
public struct SocketOptions: Sendable {
  /// What a slow receiver gets.
  public var delivery: Delivery
  /// Messages that wait at each end, per peer, before a sender blocks.
  public var queueLength: Int32
  /// Longest message that is accepted [bytes]; a peer that sends a longer one is disconnected.
  public var longestMessage: Int64
  /// How long a closed socket goes on sending what is queued [ms].
  public var lingerMilliseconds: Int32

  /// The settings of their parts.
  public init(
    delivery: Delivery = .everyMessage, queueLength: Int32 = 64,
    longestMessage: Int64 = Int64(Message.longest), lingerMilliseconds: Int32 = 200
  ) {
    self.delivery = delivery
    self.queueLength = queueLength
    self.longestMessage = longestMessage
    self.lingerMilliseconds = lingerMilliseconds
  }
}

extension SocketHandle {
  /// Applies everything, in a socket's first moment.
  func apply(_ options: SocketOptions, kind: SocketKind) throws(WireError) {
    try set(ZMQ_SNDHWM, options.queueLength)
    try set(ZMQ_RCVHWM, options.queueLength)
    try set(ZMQ_LINGER, options.lingerMilliseconds)
    try set(ZMQ_MAXMSGSIZE, options.longestMessage + context.security.overhead)
    try set(ZMQ_HANDSHAKE_IVL, Security.handshakeMilliseconds)
    try set(ZMQ_BACKLOG, Int32(64))
    try set(ZMQ_RECONNECT_IVL, Int32(20))
    if options.delivery == .newestOnly { try keepNewest(kind) }
    switch kind {
    case .dealer:
      try set(name: Self.freshName())
    case .router:
      try set(ZMQ_ROUTER_HANDOVER, Int32(1))
      // Without it an answer to a peer that left vanishes without a word.
      try set(ZMQ_ROUTER_MANDATORY, Int32(1))
    case .pair:
      // A tick for a peer that is not there is not queued: its absence shows when sending. A dealer
      // must not have this: it would lose the unread answers of a server that answers and ends.
      try set(ZMQ_IMMEDIATE, Int32(1))
    case .publisher: break
    case .subscriber:
      guard zmq_setsockopt(pointer, ZMQ_SUBSCRIBE, nil, 0) == 0 else {
        throw .system("zmq_setsockopt")
      }
    }
  }

  /// A sender's queue holds the newest message alone.
  ///
  /// A receiver drains its own instead: the library's
  /// own way ends the process when a message of several parts comes.
  private func keepNewest(_ kind: SocketKind) throws(WireError) {
    guard kind == .subscriber else { return try set(ZMQ_CONFLATE, Int32(1)) }
    try set(ZMQ_RCVHWM, Int32(256))
  }

  /// A name of its own by which a router knows a dealer again after a broken connection: nothing that a
  /// result depends on.
  private static func freshName() -> [UInt8] {
    let parts: [UInt64] = [
      UInt64(getpid()), UInt64(bitPattern: Int64(ContinuousClock.now.hashValue)),
      names.add(1, ordering: .relaxed).newValue,
    ]
    return [1] + parts.flatMap { part in withUnsafeBytes(of: part) { [UInt8]($0) } }
  }

  private static let names = Atomic<UInt64>(0)

  /// Gives a dealer the name by which a router knows it.
  func set(name: [UInt8]) throws(WireError) {
    guard zmq_setsockopt(pointer, ZMQ_ROUTING_ID, name, name.count) == 0 else {
      throw .system("zmq_setsockopt")
    }
  }

  func set<T: BitwiseCopyable>(_ option: Int32, _ value: T) throws(WireError) {
    var value = value
    guard zmq_setsockopt(pointer, option, &value, MemoryLayout<T>.size) == 0 else {
      throw .system("zmq_setsockopt(\(option))")
    }
  }
}
