import CZeroMQ

/// What libzmq tells of one socket's handshakes.
///
/// May be handed from thread to thread, but not shared.
struct Monitor: @unchecked Sendable {
  /// The receiving end; its reader closes it.
  let pointer: UnsafeMutableRawPointer
  /// Which end of a connection the socket is.
  let side: Doorkeeper.Side
  /// Role of those at the other end.
  let peer: String

  /// One piece of news.
  struct Event {
    /// `ZMQ_EVENT_…`.
    let kind: Int32
    /// A number that depends on the kind.
    let value: UInt32
    /// The endpoint of the socket.
    let place: String

    /// Why a handshake failed; nil for other news, and for what the doorkeeper itself decided.
    func refusal(seenBy side: Doorkeeper.Side) -> Refusal? {
      switch (kind, side) {
      case (ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, .client): .refusedThere
      case (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, .client),
        (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, .client):
        .strangeServer
      case (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, .server):
        value == UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) ? .keyless : .mistaken
      case (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, .server): .unfinished
      default: nil
      }
    }
  }

  /// Begins to follow a socket.
  init(
    of socket: SocketHandle, side: Doorkeeper.Side, peer: String, named name: String,
    in context: UnsafeMutableRawPointer
  ) throws(WireError) {
    let events =
      ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
      | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_MONITOR_STOPPED
    guard zmq_socket_monitor(socket.pointer, name, events) == 0 else {
      throw .system("zmq_socket_monitor")
    }
    guard let pointer = zmq_socket(context, ZMQ_PAIR) else { throw .system("zmq_socket") }
    // No limit: at a full queue the input-output thread, which the 1 kHz path needs, would wait.
    var (linger, limit): (Int32, Int32) = (0, 0)
    zmq_setsockopt(pointer, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
    zmq_setsockopt(pointer, ZMQ_RCVHWM, &limit, MemoryLayout<Int32>.size)
    guard zmq_connect(pointer, name) == 0 else {
      let error = WireError.system("zmq_connect(\(name))")
      zmq_close(pointer)
      throw error
    }
    self.pointer = pointer
    self.side = side
    self.peer = peer
  }

  /// The next news, if there is any.
  func next() -> Event? {
    guard let parts = Parts.receive(from: pointer), parts.count == 2, parts[0].count == 6 else {
      return nil
    }
    return parts[0].withUnsafeBytes { bytes in
      Event(
        kind: Int32(bytes.loadUnaligned(as: UInt16.self)),
        value: bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self),
        place: String(decoding: parts[1].prefix(256), as: UTF8.self))
    }
  }
}

/// Messages of the sockets that talk to libzmq itself, within one process.
enum Parts {
  /// A whole message, if one is there.
  static func receive(from socket: UnsafeMutableRawPointer) -> [[UInt8]]? {
    var parts: [[UInt8]] = []
    var isMore = true
    while isMore {
      var part = zmq_msg_t()
      zmq_msg_init(&part)
      defer { zmq_msg_close(&part) }
      while zmq_msg_recv(&part, socket, ZMQ_DONTWAIT) < 0 {
        guard zmq_errno() == EINTR else { return nil }
      }
      parts.append(
        [UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&part), count: zmq_msg_size(&part))))
      isMore = zmq_msg_more(&part) != 0
    }
    return parts
  }

  /// Sends a message; whoever asked may have gone, and then it is lost.
  static func send(_ parts: [[UInt8]], to socket: UnsafeMutableRawPointer) {
    for (index, part) in parts.enumerated() {
      let flags = ZMQ_DONTWAIT | (index < parts.count - 1 ? ZMQ_SNDMORE : 0)
      while zmq_send(socket, part, part.count, flags) < 0 && zmq_errno() == EINTR {}
    }
  }
}
