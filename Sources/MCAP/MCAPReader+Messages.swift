extension MCAPReader {
  /// The order in which messages are given.
  public enum Order: Sendable {
    /// As they lie in the file.
    case file
    /// By log time, and for one time as they lie in the file.
    case time
  }

  /// What to do where the data is damaged.
  public enum Damage: Sendable {
    /// Throw `damaged`, once everything before it was given.
    case refuse
    /// Go on with the next chunk that is whole; a chunk is given whole or not at all.
    case skip
  }

  /// Gives each message to `body` with its channel; `topics` is nil for all.
  ///
  /// Up to two chunks are uncompressed at a time. Throws `damaged`, see `Damage`, and what `body`
  /// throws.
  public func forEachMessage(
    topics: Set<String>? = nil, order: Order = .file, damage: Damage = .refuse,
    _ body: (MCAPChannel, MCAPMessage) throws -> Void
  ) throws {
    var pass = MessagePass(file: path, segments: segments, damage: damage, known: definitions)
    switch order {
    case .file: try pass.inFile(topics, body)
    case .time: try pass.byTime(topics, body)
    }
    if damage == .refuse, let problem {
      throw MCAPError.damaged(file: path, offset: problem.offset, reason: problem.reason)
    }
  }
}

/// One time through the messages of a file.
private struct MessagePass: ~Copyable {
  let file: String
  let segments: [Segment]
  let damage: MCAPReader.Damage
  var known: Definitions
  var records = SegmentRecords()

  init(
    file: String, segments: [Segment], damage: MCAPReader.Damage, known: Definitions
  ) {
    self.file = file
    self.segments = segments
    self.damage = damage
    self.known = known
  }

  mutating func inFile(
    _ topics: Set<String>?, _ body: (MCAPChannel, MCAPMessage) throws -> Void
  ) throws {
    for number in segments.indices {
      guard let opened = try open(number) else { continue }
      var offset = 0
      while let record = try record(of: opened.records, at: offset, in: number) {
        offset = record.end
        if record.opcode == .message { try give(record, topics, body) }
      }
    }
  }

  mutating func byTime(
    _ topics: Set<String>?, _ body: (MCAPChannel, MCAPMessage) throws -> Void
  ) throws {
    var waiting = segments.indices.sorted {
      (segments[$0].start, $0) > (segments[$1].start, $1)
    }
    var order = TimeOrder()
    while true {
      // A segment is opened when it may hold the earliest message.
      if let number = waiting.last, segments[number].start <= order.earliest?.time ?? .max {
        waiting.removeLast()
        guard let opened = try open(number) else { continue }
        do throws(Fault) {
          try order.add(opened.messages, of: number)
        } catch {
          throw damaged(error, number)
        }
        continue
      }
      guard let place = order.earliest else { return }
      order.removeEarliest()
      let found = try records(of: place.segment)
      if let record = try record(of: found, at: place.offset, in: place.segment) {
        try give(record, topics, body)
      }
    }
  }

  /// A segment's records and the places of its messages; nil for a damaged one that is skipped.
  private mutating func open(
    _ number: Int
  ) throws(MCAPError) -> (records: UnsafeRawBufferPointer, messages: MessageIndexes)? {
    do throws(Fault) {
      var trial = known
      let found = try records.of(number, segments[number])
      let messages = try trial.take(found)
      guard messages.count == 0 || messages.start >= segments[number].start else {
        throw Fault("a chunk holds a message from before its start")
      }
      known = trial
      return (found, messages)
    } catch {
      guard damage == .refuse else { return nil }
      throw damaged(error, number)
    }
  }

  /// The records of a segment that was opened.
  private mutating func records(of number: Int) throws(MCAPError) -> UnsafeRawBufferPointer {
    do throws(Fault) {
      return try records.of(number, segments[number])
    } catch {
      throw damaged(error, number)
    }
  }

  private func record(
    of bytes: UnsafeRawBufferPointer, at offset: Int, in number: Int
  ) throws(MCAPError) -> Record? {
    var walk = RecordWalk(bytes, from: offset)
    do throws(Fault) {
      return try walk.next()
    } catch {
      throw damaged(error, number)
    }
  }

  private func give(
    _ record: Record, _ topics: Set<String>?,
    _ body: (MCAPChannel, MCAPMessage) throws -> Void
  ) throws {
    // Both are there, for the segment was gone through when it was opened.
    guard let message = try? MCAPMessage(record.content),
      let channel = known.channels[message.channel]
    else { return }
    if topics?.contains(channel.topic) ?? true { try body(channel, message) }
  }

  private func damaged(_ fault: Fault, _ number: Int) -> MCAPError {
    .damaged(file: file, offset: segments[number].offset, reason: fault.reason)
  }
}
