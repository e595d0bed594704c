import CZeroMQ

/// Something that a `Poller` can wait for.
public protocol Pollable: ~Copyable {
  /// The socket to look at.
  var handle: SocketHandle { get }
}

extension Socket: Pollable {}

/// Waits until any of several sockets has a message.
///
/// Lives on the thread of its sockets.
public struct Poller: ~Copyable {
  private var items: [zmq_pollitem_t] = []
  private var handles: [SocketHandle] = []
  private let stop: StopCheck

  /// A poller of nothing yet.
  public init(stop: @escaping StopCheck = { false }) { self.stop = stop }

  /// Adds a socket, and returns its place among those added.
  public mutating func add(_ source: borrowing some Pollable & ~Copyable) -> Int {
    handles.append(source.handle)
    items.append(
      zmq_pollitem_t(
        socket: source.handle.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    return items.count - 1
  }

  /// Waits; false at the deadline.
  ///
  /// Throws `stopped` when asked to.
  public mutating func wait(within duration: Duration) throws(WireError) -> Bool {
    let deadline = Deadline(after: duration)
    while true {
      if stop() { throw .stopped(peer: "peers", endpoint: "\(items.count) sockets") }
      let slice = deadline.milliseconds(atMost: Socket.stopCheckMilliseconds)
      let count = zmq_poll(&items, Int32(items.count), slice)
      if count > 0 { return true }
      guard count == 0 || Socket.mayRetry else { throw .system("zmq_poll") }
      if deadline.isOver { return false }
    }
  }

  /// Whether the last wait found a message at a place.
  public func isReady(_ place: Int) -> Bool { items[place].revents & Int16(ZMQ_POLLIN) != 0 }
}
