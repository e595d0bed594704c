public import Messages

/// The driver's end of the 1 kHz path.
public typealias DriverPort = TickPort<ArmState, JointTorque>
/// The controller's end of the 1 kHz path.
public typealias ControllerPort = TickPort<JointTorque, ArmState>

/// One end of the 1 kHz path: sends messages of one fixed length and receives those of another,
/// each exactly once and in order.
///
/// Nothing is allocated after `init`.
public struct TickPort<Outgoing: FixedLengthMessage, Incoming: FixedLengthMessage>: ~Copyable,
  @unchecked Sendable, Pollable
{
  private var socket: Socket
  private var spin: Spin
  private let outgoing: UnsafeMutableRawBufferPointer
  private let incoming: UnsafeMutableRawBufferPointer

  /// The end that listens.
  ///
  /// `peer` is the other end's role. Before it sleeps, `receive` looks for a message without pause
  /// for up to `spin`: waking a halted virtual CPU costs more than a short wait.
  public init(
    bind endpoint: Endpoint, role peer: String, in context: Context, spin: Duration = .zero,
    stop: @escaping StopCheck = { false }
  ) throws(WireError) {
    var socket = try Socket(.pair, peer: peer, options: .tick, in: context, stop: stop)
    try socket.bind(to: endpoint)
    self.init(socket, spin: spin)
  }

  /// The end that connects; the rest as for the end that listens.
  public init(
    connect endpoint: Endpoint, role peer: String, in context: Context, spin: Duration = .zero,
    stop: @escaping StopCheck = { false }
  ) throws(WireError) {
    var socket = try Socket(.pair, peer: peer, options: .tick, in: context, stop: stop)
    try socket.connect(to: endpoint)
    self.init(socket, spin: spin)
  }

  private init(_ socket: consuming Socket, spin: Duration) {
    self.socket = socket
    self.spin = Spin(longest: spin)
    outgoing = .allocate(byteCount: Outgoing.encodedLength + Seal.shortLength, alignment: 16)
    incoming = .allocate(byteCount: 2 * Incoming.encodedLength, alignment: 16)
  }

  deinit {
    outgoing.deallocate()
    incoming.deallocate()
  }

  /// Parts that are no message of the other end and are passed over in one call.
  private static var mostDiscarded: Int { 256 }

  /// For a `Poller`.
  public var handle: SocketHandle { socket.handle }

  /// What has come that was no message of the other end of this session.
  public var discarded: Discarded { socket.discarded }

  /// Where the port listens or is connected to.
  public var endpoint: Endpoint? { socket.endpoint }

  /// Sends a message.
  ///
  /// Throws `cannotSend` at the deadline.
  public mutating func send(_ message: Outgoing, within duration: Duration) throws(WireError) {
    message.encode(into: outgoing)
    let content = UnsafeRawBufferPointer(rebasing: outgoing[..<Outgoing.encodedLength])
    Seal(content, session: socket.session)
      .write(to: .init(rebasing: outgoing[Outgoing.encodedLength...]))
    try socket.send(UnsafeRawBufferPointer(outgoing), within: duration)
  }

  /// The next message.
  ///
  /// What is none is passed over and counted. Throws `timedOut` at the deadline, and before it where
  /// far more than a queue of what is none has come.
  public mutating func receive(within duration: Duration) throws(WireError) -> Incoming {
    let deadline = Deadline(after: duration)
    var left = duration
    // Whoever sends without a pause what is none does not hold the loop.
    for _ in 0..<Self.mostDiscarded {
      do throws(WireError) {
        if let message = try next(within: left) { return message }
      } catch .timedOut { break }
      left = deadline.left
    }
    throw socket.timedOut(duration)
  }

  /// The next message; nil for something that is none.
  private mutating func next(within duration: Duration) throws(WireError) -> Incoming? {
    do throws(WireError) {
      let count = try fill(within: duration)
      let bytes = UnsafeRawBufferPointer(rebasing: incoming[..<count])
      guard let content = bytes.unsealed(in: socket.session, noting: &socket.discarded) else {
        return nil
      }
      if let message = try? Incoming(decoding: content) { return message }
      socket.discarded.note(.damaged)
      return nil
    } catch .tooLong {
      socket.discarded.note(.damaged)
      return nil
    }
  }

  private mutating func fill(within duration: Duration) throws(WireError) -> Int {
    if let count = try spin.receive(from: &socket, into: incoming) { return count }
    return try socket.receive(into: incoming, within: duration)
  }
}

extension SocketOptions {
  /// Longest message of the tick exchange [bytes].
  public static let longestTick: Int64 = 4096

  /// Lock-step has one message on its way; a few more cover a stall in real time.
  fileprivate static var tick: SocketOptions {
    SocketOptions(queueLength: 16, longestMessage: longestTick, lingerMilliseconds: 0)
  }
}

/// Looks for a message without pause for a while.
///
/// A look that finds nothing halves the next one, so that a slow peer does not burn a core; a find
/// restores the full length.
public struct Spin {
  private let longest: Duration
  private var current: Duration
  private var rests = 0

  /// Polling for at most so long; none for zero.
  public init(longest: Duration) {
    self.longest = longest
    current = longest
  }

  /// Receives one message if one comes while polling.
  public mutating func receive(
    from socket: inout Socket, into buffer: UnsafeMutableRawBufferPointer
  ) throws(WireError) -> Int? {
    guard longest > .zero else { return nil }
    let end = ContinuousClock.now + current
    repeat {
      if let count = try socket.tryReceive(into: buffer) {
        current = longest
        return count
      }
    } while ContinuousClock.now < end
    shorten()
    return nil
  }

  private mutating func shorten() {
    rests += 1
    // Now and then the full length again: the peer may have become quick.
    current = rests % 64 == 0 ? longest : current / 2
  }
}
