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
///
/// A request that comes again under its number is acted on once: it gets its answer again, or none
/// while the first is being worked at.
public struct Server: ~Copyable, Pollable {
  private var socket: Socket
  private var memory = PeerMemory()

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

  /// Requests that were not looked into.
  public var discarded: Discarded { socket.discarded }

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
        if let answer = memory.note(call.number, of: peer) {
          socket.discarded.repeated += 1
          if let answer { _ = try? trySend(answer, to: peer, number: call.number) }
          continue
        }
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

  private mutating func tryTake() throws(WireError) -> (Peer, call: Call)? {
    while let head = try socket.takePart({ [UInt8]($0) }) {
      guard !head.isLast else {
        socket.discarded.note(.damaged)
        continue
      }
      guard let seal = try socket.takePart({ $0.count == Seal.length ? Seal($0) : nil }) else {
        continue
      }
      if let call = try socket.takeBody(under: seal.value, isThere: !seal.isLast) {
        return (Peer(identity: head.value), call)
      }
    }
    return nil
  }

  private mutating func send(
    _ message: Message, to peer: Peer, number: UInt64
  ) throws(WireError) {
    let bytes: [UInt8]
    do { bytes = try message.encodedForSending() } catch { throw socket.badMessage(error) }
    memory.keep(bytes, for: number, of: peer)
    var isSent = try trySend(bytes, to: peer, number: number)
    if !isSent {
      // A client that has taken its answers may not have been noticed to: to look is to notice.
      _ = try socket.wait(for: .output, until: Deadline(after: .zero))
      isSent = try trySend(bytes, to: peer, number: number)
    }
    guard isSent else {
      throw .cannotSend(peer: socket.peer, endpoint: socket.place, milliseconds: 0)
    }
  }

  private func trySend(
    _ bytes: [UInt8], to peer: Peer, number: UInt64
  ) throws(WireError) -> Bool {
    let isAddressed = try peer.identity.span.bytes.withUnsafeBytes { identity throws(WireError) in
      try socket.trySend(identity, flags: ZMQ_SNDMORE)
    }
    guard isAddressed else { return false }
    return try socket.trySend(bytes, number: number)
  }
}

/// The newest call of each client, and its answer.
struct PeerMemory {
  private static let most = 256
  private var calls: [Peer: (number: UInt64, answer: [UInt8]?)] = [:]
  private var order: [Peer] = []

  /// Notes a call: nil for a new one, else the answer that it was given, nil inside where there is none
  /// yet or no more.
  mutating func note(_ number: UInt64, of peer: Peer) -> [UInt8]?? {
    if let newest = calls[peer], number <= newest.number {
      return .some(number == newest.number ? newest.answer : nil)
    }
    if calls.updateValue((number, nil), forKey: peer) == nil {
      order.append(peer)
      if order.count > Self.most { calls[order.removeFirst()] = nil }
    }
    return nil
  }

  /// Keeps the answer to a client's newest call.
  mutating func keep(_ answer: [UInt8], for number: UInt64, of peer: Peer) {
    guard calls[peer]?.number == number else { return }
    calls[peer]?.answer = answer
  }
}
