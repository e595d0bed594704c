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

  /// Sends a message under the seal of a call's number; false when the socket cannot take them now.
  func trySend(_ message: [UInt8], number: UInt64) throws(WireError) -> Bool {
    try message.span.bytes.withUnsafeBytes { bytes throws(WireError) in
      let seal = Seal(bytes, number: number, session: session).bytes
      let isHeadSent = try seal.span.bytes.withUnsafeBytes { head throws(WireError) in
        try trySend(head, flags: ZMQ_SNDMORE)
      }
      guard isHeadSent else { return false }
      return try trySend(bytes, flags: 0)
    }
  }

  /// Takes a call's number and a message, if they are there.
  ///
  /// What is damaged or of another session is dropped and counted; what is whole and yet no message is
  /// an error inside.
  mutating func tryTakeCall() throws(WireError) -> Call? {
    while let head = try takePart({ $0.count == Seal.length ? Seal($0) : nil }) {
      if let call = try takeBody(under: head.value, isThere: !head.isLast) { return call }
    }
    return nil
  }

  /// The rest of a call whose first part was a seal, or was none; nil where it is dropped.
  mutating func takeBody(under seal: Seal?, isThere: Bool) throws(WireError) -> Call? {
    guard isThere, let seal else {
      if isThere { try dropRest() }
      discarded.note(.damaged)
      return nil
    }
    let session = session
    let body = try takePart { bytes -> (Flaw?, Result<Message, MessageError>) in
      if let flaw = seal.flaw(of: bytes, in: session) {
        return (flaw, .failure(.malformed("Envelope")))
      }
      return (nil, Result { () throws(MessageError) in try Message(decoding: bytes) })
    }
    guard let body else { return nil }
    if !body.isLast { try dropRest() }
    if let flaw = body.isLast ? body.value.0 : .damaged {
      discarded.note(flaw)
      return nil
    }
    return Call(number: seal.number, body: body.value.1)
  }
}

/// What a client sent under a number.
struct Call {
  let number: UInt64
  /// The message, or why whole bytes are none.
  let body: Result<Message, MessageError>
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
