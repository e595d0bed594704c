public import Messages

/// Asks one server and gets its answers.
///
/// Every call carries a number that the answer brings back, so that an answer that comes after its
/// deadline is never taken for the next call's.
public struct Client: ~Copyable, Pollable {
  private var socket: Socket
  private var number: UInt64 = 0

  /// A client of the server with a role, such as "driver", at an endpoint.
  ///
  /// The server may start later; up to 64 messages wait for it.
  public init(
    to endpoint: Endpoint, role peer: String, in context: Context,
    stop: @escaping StopCheck = { false }
  ) throws(WireError) {
    var socket = try Socket(.dealer, peer: peer, in: context, stop: stop)
    try socket.connect(to: endpoint)
    self.socket = socket
  }

  /// For a `Poller`.
  public var handle: SocketHandle { socket.handle }

  /// Sends a message and waits for its answer; answers to earlier messages are dropped.
  ///
  /// Throws `cannotSend` or `timedOut` at the deadline and `failed` when the answer is a `failure`.
  public mutating func call(
    _ message: Message, within duration: Duration
  ) throws(WireError) -> Message {
    let deadline = Deadline(after: duration)
    try send(message, within: duration, until: deadline)
    while true {
      while let (number, body) = try socket.tryTakeCall() {
        if number == self.number { return try unwrap(body) }
      }
      guard try socket.wait(for: .input, until: deadline) else { throw socket.timedOut(duration) }
    }
  }

  /// Sends a message; its answer comes by `receive` or `next`.
  public mutating func send(_ message: Message, within duration: Duration) throws(WireError) {
    try send(message, within: duration, until: Deadline(after: duration))
  }

  /// The next answer to any message sent before.
  ///
  /// Throws as `call` does.
  public mutating func receive(within duration: Duration) throws(WireError) -> Message {
    guard let message = try next(within: duration) else { throw socket.timedOut(duration) }
    return message
  }

  /// The next answer to any message sent before, nil at the deadline.
  public mutating func next(within duration: Duration) throws(WireError) -> Message? {
    let deadline = Deadline(after: duration)
    while true {
      if let (_, body) = try socket.tryTakeCall() { return try unwrap(body) }
      guard try socket.wait(for: .input, until: deadline) else { return nil }
    }
  }

  private mutating func send(
    _ message: Message, within duration: Duration, until deadline: Deadline
  ) throws(WireError) {
    number += 1
    let bytes: [UInt8]
    do { bytes = try message.encodedForSending() } catch { throw socket.badMessage(error) }
    while try !socket.trySend(bytes, number: number) {
      guard try socket.wait(for: .output, until: deadline) else {
        throw .cannotSend(
          peer: socket.peer, endpoint: socket.place, milliseconds: duration.millisecondsRoundedUp)
      }
    }
  }

  private func unwrap(_ body: Result<Message, MessageError>) throws(WireError) -> Message {
    switch body {
    case .success(.failure(let reason)):
      throw .failed(peer: socket.peer, endpoint: socket.place, reason: reason)
    case .success(let message): return message
    case .failure(let error): throw socket.badMessage(error)
    }
  }
}
