import CZeroMQ
import Foundation
import Synchronization

/// Answers, on a thread of its own, who may come in at the sockets of one context (ZeroMQ RFC 27), and
/// writes down whose handshakes failed.
///
/// It ends with the context: then its wait is interrupted and it closes what it holds. It keeps no
/// process from ending.
final class Doorkeeper: @unchecked Sendable {
  /// Which end of a connection a socket is.
  enum Side {
    case server, client
  }

  private let context: UnsafeMutableRawPointer
  /// The thread's own once it runs.
  private let questions: UnsafeMutableRawPointer
  private let own: PublicKey
  private let allowed: AllowList
  private let log: @Sendable (String) -> Void
  private let shared = Mutex(Shared())

  private struct Shared {
    var monitors = 0
    /// Not yet looked at by the thread.
    var arrivals: [Monitor] = []
    var refusals = Refusals()
    var lines = RefusalLog()
  }

  /// The doorkeeper of a context, already at its post; nil for one without keys.
  init?(
    of security: Security, in context: UnsafeMutableRawPointer,
    log: @escaping @Sendable (String) -> Void
  ) throws(WireError) {
    guard case .keys(let own, let allowed) = security else { return nil }
    guard let socket = zmq_socket(context, ZMQ_REP) else { throw .system("zmq_socket") }
    guard zmq_bind(socket, "inproc://zeromq.zap.01") == 0 else {
      let error = WireError.system("zmq_bind(inproc://zeromq.zap.01)")
      zmq_close(socket)
      throw error
    }
    self.context = context
    self.own = own.publicKey
    self.allowed = allowed
    self.log = log
    questions = socket
    Thread.detachNewThread { self.serve() }
  }

  /// Handshakes that failed so far.
  var refusals: Refusals { shared.withLock { $0.refusals } }

  /// Follows the handshakes of a socket that is about to listen or to connect.
  func watch(_ socket: SocketHandle, as side: Side, peer: String) throws(WireError) {
    let number = shared.withLock {
      $0.monitors += 1
      return $0.monitors
    }
    let monitor = try Monitor(
      of: socket, side: side, peer: peer, named: "inproc://kinglet.doorkeeper.\(number)",
      in: context)
    shared.withLock { $0.arrivals.append(monitor) }
  }

  // MARK: The thread

  private func serve() {
    var monitors: [Monitor] = []
    while true {
      monitors += takeArrivals()
      var items = ([questions] + monitors.map(\.pointer)).map {
        zmq_pollitem_t(socket: $0, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
      }
      let count = zmq_poll(&items, Int32(items.count), 100)
      // Nobody comes in any more once this thread is gone: that fails on the safe side.
      if count < 0 && zmq_errno() != EINTR { break }
      if items[0].revents != 0 { answer() }
      monitors = zip(monitors, items.dropFirst()).filter { monitor, item in
        item.revents == 0 || readEvents(of: monitor)
      }.map(\.0)
      writeLines()
    }
    for monitor in monitors + takeArrivals() { zmq_close(monitor.pointer) }
    zmq_close(questions)
  }

  private func takeArrivals() -> [Monitor] {
    shared.withLock { state in
      defer { state.arrivals = [] }
      return state.arrivals
    }
  }

  /// Answers one question: version, number, domain, address, identity, mechanism, key.
  private func answer() {
    guard let parts = Parts.receive(from: questions) else { return }
    let name = name(for: parts)
    if name == nil { note(.unlisted, Self.visitor(of: parts)) }
    let number = parts.count > 1 ? parts[1] : []
    let verdict = name == nil ? ("400", "not on the list") : ("200", "")
    Parts.send(
      [
        Array("1.0".utf8), number, Array(verdict.0.utf8), Array(verdict.1.utf8),
        Array((name ?? "").utf8), [],
      ], to: questions)
  }

  /// What the list calls who asks; nil for who may not come in.
  private func name(for parts: [[UInt8]]) -> String? {
    guard parts.count == 7, parts[0] == Array("1.0".utf8),
      parts[2] == Array(Security.domain.utf8), parts[5] == Array("CURVE".utf8),
      let key = PublicKey(bytes: parts[6])
    else { return nil }
    return key == own ? "own" : allowed.name(of: key)
  }

  private static func visitor(of parts: [[UInt8]]) -> String {
    guard parts.count == 7 else { return "who did not say who it is" }
    let key = PublicKey(bytes: parts[6])?.description ?? "none"
    let address = String(decoding: parts[3].prefix(64), as: UTF8.self)
    return "key \(key) at \(address.isEmpty ? "this machine" : address)"
  }

  /// Reads what there is to read; false once the watched socket is closed.
  private func readEvents(of monitor: Monitor) -> Bool {
    while let event = monitor.next() {
      if event.kind == ZMQ_EVENT_MONITOR_STOPPED {
        zmq_close(monitor.pointer)
        return false
      }
      if let reason = event.refusal(seenBy: monitor.side) {
        note(reason, "the \(monitor.peer) at \(event.place)")
      }
    }
    return true
  }

  private func note(_ reason: Refusal, _ place: String) {
    shared.withLock {
      $0.refusals.count(reason)
      $0.lines.note(reason, at: place)
    }
  }

  private func writeLines() {
    let lines = shared.withLock { $0.lines.lines(at: .now) }
    for line in lines { log(line) }
  }
}
