import CZeroMQ
public import Messages

/// Who asked.
public struct Peer: Sendable, Hashable {
  /// The routing identity that ZeroMQ gave the connection.
  let identity: [UInt8]
}

/// What a client asked.
public struct Request: Sendable {
  /// The question.
  public let message: Message
  /// Who asked.
  ///
  /// The same for every request of one connection.
  public let peer: Peer
  /// The client's number of the call.
  let number: UInt64
}

/// Answers many clients, one request after the other.
public struct Server: ~Copyable, Pollable {
  private var socket: Socket

  /// A server at an endpoint.
  ///
  /// `peer` is the role of those who ask, such as "actor", for errors.
  public init(
    at endpoint: Endpoint, role peer: String, in context: Context,
    stop: @escaping StopCheck = { false }
  ) throws(WireError) {
    var socket = try Socket(.router, peer: peer, in: context, stop: stop)
    try socket.bind(to: endpoint)
    self.socket = socket
  }

  /// For a `Poller`.
  public var handle: SocketHandle { socket.handle }

  /// Where the server listens, with the port that the system chose.
  public var endpoint: Endpoint? { socket.endpoint }

  /// The next request.
  ///
  /// Throws `timedOut` at the deadline.
  public mutating func receive(within duration: Duration) throws(WireError) -> Request {
    guard let request = try next(within: duration) else { throw socket.timedOut(duration) }
    return request
  }

  /// The next request, nil at the deadline.
  ///
  /// Bytes that are no message are answered with a `failure` that says why and are not returned.
  public mutating func next(within duration: Duration) throws(WireError) -> Request? {
    let deadline = Deadline(after: duration)
    while true {
      while let (peer, call) = try tryTake() {
        switch call.body {
        case .success(let message):
          return Request(message: message, peer: peer, number: call.number)
        case .failure(let error):
          try? send(.failure(reason: error.description), to: peer, number: call.number)
        }
      }
      guard try socket.wait(for: .input, until: deadline) else { return nil }
    }
  }

  /// Answers a request, without waiting.
  ///
  /// The answer is dropped when the client has left or does not take its answers: no client may end a
  /// server by that.
  public mutating func reply(_ message: Message, to request: Request) throws(WireError) {
    do {
      try send(message, to: request.peer, number: request.number)
    } catch .peerGone {
      return
    } catch .cannotSend {
      return
    }
  }

  private func tryTake() throws(WireError) -> (Peer, call: Call)? {
    guard let head = try socket.takePart({ [UInt8]($0) }) else { return nil }
    let call = head.isLast ? nil : try socket.tryTakeCall()
    return (Peer(identity: head.value), call ?? (0, .failure(.malformed("Envelope"))))
  }

  private func send(_ message: Message, to peer: Peer, number: UInt64) throws(WireError) {
    let bytes: [UInt8]
    do { bytes = try message.encodedForSending() } catch { throw socket.badMessage(error) }
    var isAddressed = try address(peer)
    if !isAddressed {
      // A client that has taken its answers may not have been noticed to: to look is to notice.
      _ = try socket.wait(for: .output, until: Deadline(after: .zero))
      isAddressed = try address(peer)
    }
    guard isAddressed, try socket.trySend(bytes, number: number) else {
      throw .cannotSend(peer: socket.peer, endpoint: socket.place, milliseconds: 0)
    }
  }

  private func address(_ peer: Peer) throws(WireError) -> Bool {
    try peer.identity.span.bytes.withUnsafeBytes { identity throws(WireError) in
      try socket.trySend(identity, flags: ZMQ_SNDMORE)
    }
  }
}

typealias Call = (number: UInt64, body: Result<Message, MessageError>)
