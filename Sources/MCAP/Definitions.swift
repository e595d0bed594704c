/// The schemas and channels that a file has defined so far.
struct Definitions {
  private(set) var schemas: [UInt16: MCAPSchema] = [:]
  private(set) var channels: [UInt16: MCAPChannel] = [:]

  mutating func add(_ schema: MCAPSchema) throws(Fault) {
    guard schema.id != 0 else { throw Fault("a schema has the number 0, which means none") }
    guard schemas[schema.id].map({ $0 == schema }) ?? true else {
      throw Fault("schema \(schema.id) is defined twice, and not alike")
    }
    schemas[schema.id] = schema
  }

  mutating func add(_ channel: MCAPChannel) throws(Fault) {
    guard channel.schema == 0 || schemas[channel.schema] != nil else {
      throw Fault("channel \(channel.id) has schema \(channel.schema), which is not defined")
    }
    guard channels[channel.id].map({ $0 == channel }) ?? true else {
      throw Fault("channel \(channel.id) is defined twice, and not alike")
    }
    channels[channel.id] = channel
  }

  func requireChannel(_ id: UInt16) throws(Fault) {
    guard channels.index(forKey: id) != nil else {
      throw Fault("a message is of channel \(id), which is not defined")
    }
  }

  /// Goes through the records of a chunk: takes its definitions and gives the places of its messages
  /// by time.
  ///
  /// Channels that the chunk lacks are taken from `fallback`; their numbers end up in `borrowed`.
  /// After a fault these definitions are not to be used.
  mutating func take(
    _ records: UnsafeRawBufferPointer, fallback: Definitions, borrowed: inout [UInt16]
  ) throws(Fault) -> MessageIndexes {
    var messages = MessageIndexes()
    var walk = RecordWalk(records)
    while let record = try walk.next() {
      switch record.opcode {
      case .schema: try add(try MCAPSchema(record.content))
      case .channel: try add(try MCAPChannel(record.content))
      case .message:
        let message = try MCAPMessage(record.content)
        if channels.index(forKey: message.channel) == nil {
          try borrow(message.channel, from: fallback)
          borrowed.append(message.channel)
        }
        messages.add(
          channel: message.channel, time: message.logTime, offset: record.offset)
      case nil: break
      default: throw Fault("a record of opcode \(record.code) does not belong into a chunk")
      }
    }
    messages.sort()
    return messages
  }

  /// As above, for a chunk that only may use what was defined before and what it defines itself.
  mutating func take(_ records: UnsafeRawBufferPointer) throws(Fault) -> MessageIndexes {
    var borrowed: [UInt16] = []
    return try take(records, fallback: Definitions(), borrowed: &borrowed)
  }

  private mutating func borrow(_ id: UInt16, from other: Definitions) throws(Fault) {
    try other.requireChannel(id)
    guard let channel = other.channels[id] else { return }
    if let schema = other.schemas[channel.schema] { try add(schema) }
    try add(channel)
  }
}

/// What the end of a file says about it, where the checksum vouches for it.
struct SoundSummary {
  private(set) var definitions = Definitions()
  private(set) var statistics: MCAPStatistics?
  /// Where records start that have an index, in order.
  private(set) var boundaries: [Int] = []

  /// Nothing.
  init() {}

  /// Nil where the end is missing or damaged, or has no checksum.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let (footer, start, end) = Self.section(of: bytes) else { return nil }
    let checked = UnsafeRawBufferPointer(
      rebasing: bytes[start..<(end + Format.checkedFooterLength)])
    guard footer.summarySum != 0, checksum(checked) == footer.summarySum else { return nil }
    do throws(Fault) {
      try read(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    } catch {
      return nil
    }
    boundaries = boundaries.filter { $0 < start }.sorted()
  }

  /// The footer, and where the summary starts and the footer stands.
  private static func section(
    of bytes: UnsafeRawBufferPointer
  ) -> (footer: Footer, start: Int, end: Int)? {
    let end = bytes.count - Format.magic.count - Format.footerLength
    guard end > 0, bytes[(end + Format.footerLength)...].elementsEqual(Format.magic) else {
      return nil
    }
    var walk = RecordWalk(bytes, from: end)
    guard let record = try? walk.next(), record.opcode == .footer,
      record.length == Format.footerLength, let footer = try? Footer(record.content),
      footer.summaryStart > 0, footer.summaryStart <= UInt64(end)
    else { return nil }
    return (footer, Int(footer.summaryStart), end)
  }

  private mutating func read(_ section: UnsafeRawBufferPointer) throws(Fault) {
    var channels: [MCAPChannel] = []
    var walk = RecordWalk(section)
    while let record = try walk.next() {
      switch record.opcode {
      case .schema: try definitions.add(try MCAPSchema(record.content))
      case .channel: channels.append(try MCAPChannel(record.content))
      case .statistics: statistics = try MCAPStatistics(record.content)
      case .chunkIndex: addBoundary(try ChunkIndex(record.content).offset)
      case .attachmentIndex: addBoundary(try AttachmentIndex(record.content).offset)
      case .metadataIndex: addBoundary(try MetadataIndex(record.content).offset)
      default: break
      }
    }
    for channel in channels { try definitions.add(channel) }
  }

  private mutating func addBoundary(_ offset: UInt64) {
    if let offset = Int(exactly: offset) { boundaries.append(offset) }
  }
}
