import CZeroMQ
import Messages

/// Asked while a call waits, at least every 20 ms and when a signal arrives; true ends the wait
/// with `WireError.stopped`.
///
/// Must be quick and safe to call from the waiting thread.
public typealias StopCheck = @Sendable () -> Bool

/// Closes a ZeroMQ socket when its last holder goes.
public final class SocketHandle {
  let pointer: UnsafeMutableRawPointer
  let context: Context

  init(_ kind: SocketKind, in context: Context) throws(WireError) {
    guard let pointer = zmq_socket(context.pointer, kind.code) else {
      throw .system("zmq_socket")
    }
    self.pointer = pointer
    self.context = context
  }

  deinit { zmq_close(pointer) }
}

/// The owner of one ZeroMQ socket.
///
/// It may be handed from thread to thread but not shared. Each call that may wait takes a deadline;
/// a wait of zero only looks.
public struct Socket: ~Copyable, @unchecked Sendable {
  /// For a `Poller`.
  public let handle: SocketHandle
  /// Role of the process at the other end, for errors.
  public let peer: String
  /// Where the socket listens or is connected to; nil before.
  public private(set) var endpoint: Endpoint?
  /// What was not looked into.
  public internal(set) var discarded = Discarded()
  let stop: StopCheck

  /// A socket that neither listens nor is connected yet.
  ///
  /// `peer` is the role of the other end.
  public init(
    _ kind: SocketKind, peer: String, options: SocketOptions = SocketOptions(), in context: Context,
    stop: @escaping StopCheck = { false }
  ) throws(WireError) {
    let handle = try SocketHandle(kind, in: context)
    try handle.apply(options, kind: kind)
    self.handle = handle
    self.peer = peer
    self.stop = stop
  }

  /// Listens.
  ///
  /// Throws `endpointInUse`, `cannotOpen` or, where others could reach it without keys, `notLoopback`.
  public mutating func bind(to endpoint: Endpoint) throws(WireError) {
    try handle.context.checkReach(of: endpoint)
    try endpoint.checkFree()
    try handle.secureServer()
    try handle.context.doorkeeper?.watch(handle, as: .server, peer: peer)
    try handle.set(ZMQ_IPV6, Int32(endpoint.isVersion6 ? 1 : 0))
    guard zmq_bind(handle.pointer, endpoint.description) == 0 else {
      if zmq_errno() == EADDRINUSE { throw .endpointInUse(endpoint.description) }
      throw .cannotOpen(endpoint.description, reason: WireError.lastReason)
    }
    self.endpoint = try handle.lastEndpoint()
  }

  /// Connects, now or as soon as somebody listens there, and again whenever the connection breaks.
  public mutating func connect(to endpoint: Endpoint) throws(WireError) {
    try handle.context.checkReach(of: endpoint)
    try handle.secureClient(of: endpoint)
    try handle.context.doorkeeper?.watch(handle, as: .client, peer: peer)
    try handle.set(ZMQ_IPV6, Int32(endpoint.isVersion6 ? 1 : 0))
    guard zmq_connect(handle.pointer, endpoint.asSeenByCaller) == 0 else {
      throw .cannotOpen(endpoint.description, reason: WireError.lastReason)
    }
    self.endpoint = endpoint
  }

  /// Sends one message of one part.
  ///
  /// Throws `cannotSend` at the deadline.
  public mutating func send(
    _ bytes: UnsafeRawBufferPointer, within duration: Duration
  ) throws(WireError) {
    if try trySend(bytes, flags: 0) { return }
    let deadline = Deadline(after: duration)
    while try wait(for: .output, until: deadline) {
      if try trySend(bytes, flags: 0) { return }
    }
    throw .cannotSend(peer: peer, endpoint: place, milliseconds: duration.millisecondsRoundedUp)
  }

  /// Receives one message into a buffer and returns its length [bytes].
  ///
  /// Throws `timedOut` at the deadline and `tooLong` when the buffer is too short.
  public mutating func receive(
    into buffer: UnsafeMutableRawBufferPointer, within duration: Duration
  ) throws(WireError) -> Int {
    if let count = try tryReceive(into: buffer) { return count }
    let deadline = Deadline(after: duration)
    while try wait(for: .input, until: deadline) {
      if let count = try tryReceive(into: buffer) { return count }
    }
    throw timedOut(duration)
  }

  /// Receives one message if one is there, without waiting.
  public mutating func tryReceive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(WireError) -> Int? {
    let count = zmq_recv(handle.pointer, buffer.baseAddress, buffer.count, ZMQ_DONTWAIT)
    guard count >= 0 else {
      guard Self.mayRetry else { throw .system("zmq_recv") }
      return nil
    }
    guard count <= buffer.count else {
      throw .tooLong(peer: peer, endpoint: place, bytes: Int(count), limit: buffer.count)
    }
    return Int(count)
  }
}

extension Socket {
  /// The session of this process.
  var session: SessionMark { handle.context.session }

  /// The endpoint's text, for errors.
  var place: String { endpoint?.description ?? "an unknown endpoint" }

  func timedOut(_ duration: Duration) -> WireError {
    .timedOut(peer: peer, endpoint: place, milliseconds: duration.millisecondsRoundedUp)
  }

  func badMessage(_ error: MessageError) -> WireError {
    .badMessage(peer: peer, endpoint: place, error)
  }

  /// Sends one part without waiting; false when the socket cannot take it now.
  func trySend(_ bytes: UnsafeRawBufferPointer, flags: Int32) throws(WireError) -> Bool {
    if zmq_send(handle.pointer, bytes.baseAddress, bytes.count, flags | ZMQ_DONTWAIT) >= 0 {
      return true
    }
    if zmq_errno() == EHOSTUNREACH { throw .peerGone(peer: peer, endpoint: place) }
    guard Self.mayRetry else { throw .system("zmq_send") }
    return false
  }

  /// Waits for an event; false at the deadline.
  ///
  /// Throws `stopped` when asked to.
  func wait(for event: SocketEvent, until deadline: Deadline) throws(WireError) -> Bool {
    var item = zmq_pollitem_t(socket: handle.pointer, fd: 0, events: event.rawValue, revents: 0)
    while true {
      if stop() { throw .stopped(peer: peer, endpoint: place) }
      let slice = deadline.milliseconds(atMost: Self.stopCheckMilliseconds)
      let count = zmq_poll(&item, 1, slice)
      if count > 0 { return true }
      guard count == 0 || Self.mayRetry else { throw .system("zmq_poll") }
      if deadline.isOver { return false }
    }
  }

  /// Longest wait between two looks at the stop check.
  static let stopCheckMilliseconds = 20

  /// Whether the last call failed only for now: nothing there, or a signal.
  static var mayRetry: Bool { [EAGAIN, EINTR].contains(zmq_errno()) }
}

extension SocketHandle {
  /// Where the socket listens, with the port that the system chose.
  func lastEndpoint() throws(WireError) -> Endpoint {
    var text = [UInt8](repeating: 0, count: 256)
    var count = text.count
    guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else {
      throw .system("zmq_getsockopt")
    }
    return try Endpoint(
      String(decoding: text.prefix(max(0, count - 1)), as: UTF8.self), security: context.security)
  }
}

/// What a socket can be waited for.
enum SocketEvent: Int16 {
  /// A message is there.
  case input = 1
  /// A message can be sent.
  case output = 2
}
