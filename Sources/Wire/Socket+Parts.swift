import CZeroMQ
import Messages

/// A message of several parts is sent and received whole or not at all.
extension Socket {
  /// Takes the next part if one is there; the closure sees its bytes in place.
  func takePart<T>(
    _ body: (UnsafeRawBufferPointer) -> T
  ) throws(WireError) -> (value: T, isLast: Bool)? {
    var part = zmq_msg_t()
    zmq_msg_init(&part)
    defer { zmq_msg_close(&part) }
    while zmq_msg_recv(&part, handle.pointer, ZMQ_DONTWAIT) < 0 {
      // A signal must not part what belongs together.
      if zmq_errno() == EINTR { continue }
      guard zmq_errno() == EAGAIN else { throw .system("zmq_msg_recv") }
      return nil
    }
    let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(&part), count: zmq_msg_size(&part))
    return (body(bytes), zmq_msg_more(&part) == 0)
  }

  /// Drops the parts of the current message that are left.
  func dropRest() throws(WireError) {
    while let (_, isLast) = try takePart({ _ in }), !isLast {}
  }

  /// Sends one message of parts; false when the socket cannot take it now.
  ///
  /// For what speaks to others than this room's own ends.
  public mutating func trySend(parts: [[UInt8]]) throws(WireError) -> Bool {
    for (place, part) in parts.enumerated() {
      let flags = place < parts.count - 1 ? ZMQ_SNDMORE : 0
      let isSent = try part.span.bytes.withUnsafeBytes { bytes throws(WireError) in
        try trySend(bytes, flags: flags)
      }
      // Only the first part can find no room.
      guard isSent else { return false }
    }
    return true
  }

  /// Sends a call's number and a message; false when the socket cannot take them now.
  func trySend(_ message: [UInt8], number: UInt64) throws(WireError) -> Bool {
    var number = number.littleEndian
    let head = try Swift.withUnsafeBytes(of: &number) { bytes throws(WireError) in
      try trySend(bytes, flags: ZMQ_SNDMORE)
    }
    guard head else { return false }
    return try message.span.bytes.withUnsafeBytes { bytes throws(WireError) in
      try trySend(bytes, flags: 0)
    }
  }

  /// Takes a call's number and a message, if they are there.
  ///
  /// What is no message is an error inside.
  func tryTakeCall() throws(WireError) -> (number: UInt64, body: Result<Message, MessageError>)? {
    guard let head = try takePart({ $0.count == 8 ? $0.loadUnaligned(as: UInt64.self) : nil })
    else { return nil }
    guard !head.isLast, let number = head.value else {
      if !head.isLast { try dropRest() }
      return (0, .failure(.malformed("Envelope")))
    }
    let body = try takePart { bytes in
      Result { () throws(MessageError) in try Message(decoding: bytes) }
    }
    guard let body else { return (0, .failure(.malformed("Envelope"))) }
    if !body.isLast { try dropRest() }
    return (UInt64(littleEndian: number), body.value)
  }
}

extension Message {
  /// The encoding, refused when a receiver would refuse it for its length.
  func encodedForSending() throws(MessageError) -> [UInt8] {
    let bytes = encoded()
    guard bytes.count <= Message.longest else {
      throw .tooLong("Envelope", bytes: bytes.count, limit: Message.longest)
    }
    return bytes
  }
}
