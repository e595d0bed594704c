import CZeroMQ

/// What becomes of a message on its way through a tap.
public enum TapFate: Sendable, Equatable {
  /// It goes on.
  case pass
  /// It is lost.
  case drop
  /// It comes twice.
  case duplicate
  /// It comes so much later; what follows may overtake it.
  case delay(Duration)
  /// One bit of its content is turned over; counted from the first, modulo its length.
  case flip(bit: UInt64)
}

/// Which way a message goes through a tap.
public enum TapDirection: Sendable {
  /// From who connects to who listens.
  case toListener
  /// From who listens to who connected.
  case fromListener
}

/// Stands between the two ends of a connection and hands on what is said, but for faults on purpose.
///
/// Calls keep the names of those who call, so that the server at the other end knows them.
public struct Tap: ~Copyable {
  /// What travels.
  public enum Traffic: Sendable {
    case calls
    case ticks
    case broadcasts
  }

  /// The fate of the next message that goes one way.
  public typealias Judge = (TapDirection) -> TapFate

  private typealias Parts = [[UInt8]]
  private let traffic: Traffic
  private let listener: Endpoint
  private let context: Context
  private static let options = SocketOptions(lingerMilliseconds: 0)
  /// Toward those who connect.
  private var front: Socket
  /// Toward who listens: one line for each that calls, one in all for anything else.
  private var backs: [[UInt8]: TapLine]
  private var waiting: [(due: ContinuousClock.Instant, direction: TapDirection, parts: Parts)] = []

  /// A tap that listens at `front` and connects to the listener.
  public init(
    _ traffic: Traffic, at front: Endpoint, to listener: Endpoint, in context: Context
  ) throws(WireError) {
    let kind: SocketKind =
      switch traffic {
      case .calls: .router
      case .ticks: .pair
      case .broadcasts: .publisher
      }
    var socket = try Socket(kind, peer: "caller", options: Self.options, in: context)
    try socket.bind(to: front)
    let back: TapLine? =
      traffic == .calls ? nil : try Self.line(traffic, named: [], to: listener, in: context)
    self.traffic = traffic
    self.listener = listener
    self.context = context
    self.front = socket
    backs = back.map { [[]: $0] } ?? [:]
  }

  /// Hands on what comes within a time.
  public mutating func run(for duration: Duration, _ judge: Judge) throws(WireError) {
    let end = ContinuousClock.now + duration
    repeat {
      var hasMoved = false
      while traffic != .broadcasts, let parts = try front.tryTakeParts() {
        hasMoved = true
        try meet(parts, .toListener, judge(.toListener))
      }
      for (name, back) in backs {
        while let parts = try back.take() {
          hasMoved = true
          try meet(traffic == .calls ? [name] + parts : parts, .fromListener, judge(.fromListener))
        }
      }
      try release()
      if !hasMoved { try rest() }
    } while ContinuousClock.now < end
  }

  private mutating func meet(
    _ parts: Parts, _ direction: TapDirection, _ fate: TapFate
  ) throws(WireError) {
    switch fate {
    case .pass: try hand(parts, direction)
    case .drop: break
    case .duplicate:
      try hand(parts, direction)
      try hand(parts, direction)
    case .delay(let time):
      waiting.append((ContinuousClock.now + time, direction, parts))
    case .flip(let bit): try hand(flipped(parts, bit), direction)
    }
  }

  /// The name of a caller is not content.
  private func flipped(_ parts: Parts, _ bit: UInt64) -> Parts {
    var parts = parts
    let first = traffic == .calls ? 1 : 0
    let bits = parts.dropFirst(first).reduce(0) { $0 + 8 * $1.count }
    guard bits > 0 else { return parts }
    var place = Int(bit % UInt64(bits))
    for index in first..<parts.count {
      if place < 8 * parts[index].count {
        parts[index][place / 8] ^= 1 << UInt8(place % 8)
        return parts
      }
      place -= 8 * parts[index].count
    }
    return parts
  }

  private mutating func release() throws(WireError) {
    let now = ContinuousClock.now
    let due = waiting.filter { $0.due <= now }
    waiting.removeAll { $0.due <= now }
    for message in due { try hand(message.parts, message.direction) }
  }

  /// Hands on; what the other end does not take is lost, as on any broken line.
  private mutating func hand(_ parts: Parts, _ direction: TapDirection) throws(WireError) {
    switch direction {
    case .fromListener: _ = try? front.trySend(parts: parts)
    case .toListener:
      guard traffic == .calls, let name = parts.first else {
        _ = try? backs[[]]?.send(parts)
        return
      }
      if backs[name] == nil {
        backs[name] = try Self.line(traffic, named: name, to: listener, in: context)
      }
      _ = try? backs[name]?.send(Array(parts.dropFirst()))
    }
  }

  private static func line(
    _ traffic: Traffic, named name: [UInt8], to listener: Endpoint, in context: Context
  ) throws(WireError) -> TapLine {
    let kind: SocketKind =
      switch traffic {
      case .calls: .dealer
      case .ticks: .pair
      case .broadcasts: .subscriber
      }
    var socket = try Socket(kind, peer: "listener", options: Self.options, in: context)
    if !name.isEmpty { try socket.handle.set(name: name) }
    try socket.connect(to: listener)
    return TapLine(socket)
  }

  /// Sleeps until something comes, for at most a millisecond.
  private func rest() throws(WireError) {
    var items = [zmq_pollitem_t(socket: front.handle.pointer, fd: 0, events: 1, revents: 0)]
    for back in backs.values {
      items.append(zmq_pollitem_t(socket: back.pointer, fd: 0, events: 1, revents: 0))
    }
    guard zmq_poll(&items, Int32(items.count), 1) >= 0 || Socket.mayRetry else {
      throw .system("zmq_poll")
    }
  }
}

/// One line of a tap, so that several can stand in a dictionary.
private final class TapLine {
  private var socket: Socket

  init(_ socket: consuming Socket) { self.socket = socket }

  var pointer: UnsafeMutableRawPointer { socket.handle.pointer }

  func take() throws(WireError) -> [[UInt8]]? { try socket.tryTakeParts() }

  func send(_ parts: [[UInt8]]) throws(WireError) { _ = try socket.trySend(parts: parts) }
}

extension Socket {
  /// The next message, all of its parts, if one is there.
  fileprivate func tryTakeParts() throws(WireError) -> [[UInt8]]? {
    var parts: [[UInt8]] = []
    while let part = try takePart({ [UInt8]($0) }) {
      parts.append(part.value)
      if part.isLast { return parts }
    }
    return nil
  }
}
