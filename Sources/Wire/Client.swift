public import Messages

/// Asks one server and gets its answers.
///
/// Every call carries a number that the answer brings back, so that an answer that comes after its
/// deadline is never taken for the next call's. A call whose answer stays away is sent again under its
/// number until the deadline; the server acts on it once.
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

  /// Answers that were not looked into.
  public var discarded: Discarded { socket.discarded }

  /// Sends a message and waits for its answer; answers to earlier messages are dropped.
  ///
  /// Throws `cannotSend` or `timedOut` at the deadline and `failed` when the answer is a `failure`.
  public mutating func call(
    _ message: Message, within duration: Duration
  ) throws(WireError) -> Message {
    let deadline = Deadline(after: duration)
    let bytes = try encode(message)
    try send(bytes, within: duration, until: deadline)
    var pause = Duration.milliseconds(250)
    while true {
      while let answer = try socket.tryTakeCall() {
        if answer.number == number { return try unwrap(answer.body) }
      }
      if try socket.wait(for: .input, until: deadline.orSooner(in: pause)) { continue }
      if deadline.isOver { throw socket.timedOut(duration) }
      // The question or its answer may have been lost; the server knows the number, should it come
      // twice.
      pause = min(pause * 2, .seconds(1))
      _ = try trySend(bytes)
    }
  }

  /// Sends a message; its answer comes by `receive` or `next`.
  public mutating func send(_ message: Message, within duration: Duration) throws(WireError) {
    try send(try encode(message), within: duration, until: Deadline(after: duration))
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
      if let answer = try socket.tryTakeCall() { return try unwrap(answer.body) }
      guard try socket.wait(for: .input, until: deadline) else { return nil }
    }
  }

  /// The next answer to any message sent before, if one is there; does not wait, and so goes on where
  /// the process was told to end.
  public mutating func answer() throws(WireError) -> Message? {
    guard let answer = try socket.tryTakeCall() else { return nil }
    return try unwrap(answer.body)
  }

  private func encode(_ message: Message) throws(WireError) -> [UInt8] {
    do { return try message.encodedForSending() } catch { throw socket.badMessage(error) }
  }

  private mutating func trySend(_ bytes: [UInt8]) throws(WireError) -> Bool {
    try socket.trySend(bytes, number: number)
  }

  private mutating func send(
    _ bytes: [UInt8], within duration: Duration, until deadline: Deadline
  ) throws(WireError) {
    number += 1
    while try !trySend(bytes) {
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
