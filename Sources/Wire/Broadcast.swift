public import Messages

/// Tells every subscriber the newest message.
public struct Publisher: ~Copyable {
  private var socket: Socket
  private let outgoing: UnsafeMutableRawBufferPointer

  /// Longest of the messages of fixed length that are published [bytes].
  private static let longest = GrantedState.encodedLength

  /// A publisher at an endpoint.
  public init(at endpoint: Endpoint, in context: Context) throws(WireError) {
    let options = SocketOptions(delivery: .newestOnly, lingerMilliseconds: 0)
    var socket = try Socket(.publisher, peer: "subscribers", options: options, in: context)
    try socket.bind(to: endpoint)
    self.socket = socket
    outgoing = .allocate(byteCount: Self.longest + Seal.shortLength, alignment: 16)
  }

  deinit { outgoing.deallocate() }

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

extension Publisher {
  /// Publishes the arm at a tick as `Message.granted`, without waiting and without allocating.
  public mutating func publish(_ state: ArmState) throws(WireError) {
    let content = UnsafeMutableRawBufferPointer(rebasing: outgoing[..<GrantedState.encodedLength])
    GrantedState(state).encode(into: content)
    Seal(UnsafeRawBufferPointer(content), session: socket.session)
      .write(to: .init(rebasing: outgoing[GrantedState.encodedLength...]))
    try socket.send(UnsafeRawBufferPointer(outgoing), within: .zero)
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
      if let bytes = try takeNewest() {
        var discarded = socket.discarded
        let content = bytes.span.bytes.withUnsafeBytes { bytes in
          bytes.unsealed(in: socket.session, noting: &discarded).map { [UInt8]($0) }
        }
        socket.discarded = discarded
        guard let content else { continue }
        do { return try Message(decoding: content) } catch { throw socket.badMessage(error) }
      }
      guard try socket.wait(for: .input, until: deadline) else { return nil }
    }
  }

  /// The newest of what has come; no bytes for a message of several parts, which is none of ours.
  private func takeNewest() throws(WireError) -> [UInt8]? {
    var newest: [UInt8]?
    // Whoever publishes without a pause is not listened to for ever.
    for _ in 0..<4096 {
      guard let part = try socket.takePart({ [UInt8]($0) }) else { break }
      newest = part.isLast ? part.value : []
      if !part.isLast { try socket.dropRest() }
    }
    return newest
  }
}

extension [UInt8] {
  /// The bytes with their seal behind them.
  func sealed(in session: SessionMark) -> [UInt8] {
    let count = count
    let seal = span.bytes.withUnsafeBytes { Seal($0, session: session) }
    var bytes = self + [UInt8](repeating: 0, count: Seal.shortLength)
    bytes.withUnsafeMutableBytes { seal.write(to: .init(rebasing: $0[count...])) }
    return bytes
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes before the seal behind them; nil where it does not fit, which is counted.
  func unsealed(
    in session: SessionMark, noting discarded: inout Discarded
  ) -> UnsafeRawBufferPointer? {
    let length = count - Seal.shortLength
    guard length >= 0, let seal = Seal(.init(rebasing: self[length...])) else {
      discarded.note(.damaged)
      return nil
    }
    let content = UnsafeRawBufferPointer(rebasing: self[..<length])
    guard let flaw = seal.flaw(of: content, in: session) else { return content }
    discarded.note(flaw)
    return nil
  }
}
