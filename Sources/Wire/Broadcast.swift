public import Messages

/// Tells every subscriber the newest message.
public struct Publisher: ~Copyable {
  private var socket: Socket

  /// A publisher at an endpoint.
  public init(at endpoint: Endpoint, in context: Context) throws(WireError) {
    let options = SocketOptions(delivery: .newestOnly, lingerMilliseconds: 0)
    var socket = try Socket(.publisher, peer: "subscribers", options: options, in: context)
    try socket.bind(to: endpoint)
    self.socket = socket
  }

  /// Where the publisher listens, with the port that the system chose.
  public var endpoint: Endpoint? { socket.endpoint }

  /// Publishes a message, without waiting.
  ///
  /// Who subscribes later does not get it.
  public mutating func publish(_ message: Message) throws(WireError) {
    let bytes: [UInt8]
    do { bytes = try message.encodedForSending().sealed(in: socket.session) } catch {
      throw socket.badMessage(error)
    }
    try bytes.span.bytes.withUnsafeBytes { bytes throws(WireError) in
      try socket.send(bytes, within: .zero)
    }
  }
}

/// Hears the newest message of one publisher.
public struct Subscriber: ~Copyable, Pollable {
  private var socket: Socket

  /// A subscriber of the publisher with a role at an endpoint.
  ///
  /// The publisher may start later.
  public init(
    to endpoint: Endpoint, role peer: String, in context: Context,
    stop: @escaping StopCheck = { false }
  ) throws(WireError) {
    let options = SocketOptions(delivery: .newestOnly, lingerMilliseconds: 0)
    var socket = try Socket(.subscriber, peer: peer, options: options, in: context, stop: stop)
    try socket.connect(to: endpoint)
    self.socket = socket
  }

  /// For a `Poller`.
  public var handle: SocketHandle { socket.handle }

  /// The newest message not yet seen.
  ///
  /// Throws `timedOut` at the deadline.
  public mutating func receive(within duration: Duration) throws(WireError) -> Message {
    guard let message = try next(within: duration) else { throw socket.timedOut(duration) }
    return message
  }

  /// The newest message not yet seen, nil at the deadline.
  public mutating func next(within duration: Duration) throws(WireError) -> Message? {
    let deadline = Deadline(after: duration)
    while true {
      let session = socket.session
      let part = try socket.takePart { bytes -> Result<Message, MessageError>? in
        guard let content = bytes.unsealed(in: session) else { return nil }
        return Result { () throws(MessageError) in try Message(decoding: content) }
      }
      if let result = part?.value {
        do { return try result.get() } catch { throw socket.badMessage(error) }
      }
      if part != nil {
        socket.discarded.note(.damaged)
        continue
      }
      guard try socket.wait(for: .input, until: deadline) else { return nil }
    }
  }
}

extension [UInt8] {
  /// The bytes with their seal behind them.
  fileprivate func sealed(in session: SessionMark) -> [UInt8] {
    let count = count
    let seal = span.bytes.withUnsafeBytes { Seal($0, session: session) }
    var bytes = self + [UInt8](repeating: 0, count: Seal.shortLength)
    bytes.withUnsafeMutableBytes { seal.write(to: .init(rebasing: $0[count...])) }
    return bytes
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes before the seal behind them; nil where it does not fit.
  func unsealed(in session: SessionMark) -> UnsafeRawBufferPointer? {
    let length = count - Seal.shortLength
    guard length >= 0, let seal = Seal(.init(rebasing: self[length...])) else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: self[..<length])
    return seal.flaw(of: content, in: session) == nil ? content : nil
  }
}
