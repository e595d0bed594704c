/// What a writer has put into its file, for the summary section.
struct Contents: Sendable {
  private(set) var statistics = MCAPStatistics()
  private var schemas: [UInt16: Definition] = [:]
  private var channels: [Channel] = []
  private var chunkIndexes: [UInt8] = []
  private var attachmentIndexes: [UInt8] = []
  private var metadataIndexes: [UInt8] = []

  /// The record of a schema or channel and where it stands already.
  private struct Definition {
    var record: [UInt8] = []
    var isInChunk = false
    var isInFile = false
  }

  private struct Channel {
    var definition = Definition()
    var schema: UInt16 = 0
    var nextSequence: UInt32 = 0
  }

  // MARK: Schemas and channels

  func hasSchema(_ id: UInt16) -> Bool { schemas[id] != nil }

  func hasChannel(_ id: UInt16) -> Bool {
    Int(id) < channels.count && !channels[Int(id)].definition.record.isEmpty
  }

  /// The number for the next schema; nil when all are taken.
  var nextSchema: UInt16? { statistics.schemas < .max ? statistics.schemas + 1 : nil }

  /// The number for the next channel; nil when all are taken.
  var nextChannel: UInt16? {
    statistics.channels < UInt16.max ? UInt16(statistics.channels + 1) : nil
  }

  /// Notes a schema; `isInFile` tells that its record stands in the file already.
  mutating func add(_ schema: MCAPSchema, isInFile: Bool = false) {
    schemas[schema.id] = Definition(record: schema.record, isInFile: isInFile)
    statistics.schemas = UInt16(schemas.count)
  }

  /// Notes a channel; `isInFile` tells that its record stands in the file already.
  mutating func add(_ channel: MCAPChannel, isInFile: Bool = false) {
    while channels.count <= Int(channel.id) { channels.append(Channel()) }
    channels[Int(channel.id)] = Channel(
      definition: Definition(record: channel.record, isInFile: isInFile), schema: channel.schema)
    statistics.channels += 1
  }

  mutating func takeSequence(of channel: UInt16) -> UInt32 {
    defer { channels[Int(channel)].nextSequence &+= 1 }
    return channels[Int(channel)].nextSequence
  }

  /// Length of the definitions that the chunk under way lacks for a message of the channel.
  func missingLength(for channel: UInt16) -> Int {
    let channel = channels[Int(channel)]
    guard !channel.definition.isInChunk else { return 0 }
    let schema = schemas[channel.schema].map { $0.isInChunk ? 0 : $0.record.count }
    return (schema ?? 0) + channel.definition.record.count
  }

  /// Appends the definitions that the chunk under way lacks for a message of the channel.
  ///
  /// Each chunk holds the schemas and channels of its messages, so it can be read when others are
  /// lost. Room must have been reserved.
  mutating func define(_ channel: UInt16, in chunk: inout ByteBuffer) {
    guard !channels[Int(channel)].definition.isInChunk else { return }
    channels[Int(channel)].definition.isInChunk = true
    if var schema = schemas[channels[Int(channel)].schema], !schema.isInChunk {
      schema.isInChunk = true
      schemas[channels[Int(channel)].schema] = schema
      chunk.append(schema.record)
    }
    chunk.append(channels[Int(channel)].definition.record)
  }

  /// Appends the definitions that no chunk holds yet.
  mutating func defineUnused(in chunk: inout ByteBuffer) throws(MCAPError) {
    for id in schemas.keys.sorted() {
      guard var schema = schemas[id], !schema.isInChunk, !schema.isInFile else { continue }
      schema.isInChunk = true
      schemas[id] = schema
      try chunk.reserve(schema.record.count)
      chunk.append(schema.record)
    }
    for id in channels.indices where hasChannel(UInt16(id)) {
      let channel = channels[id].definition
      guard !channel.isInChunk, !channel.isInFile else { continue }
      try chunk.reserve(missingLength(for: UInt16(id)))
      define(UInt16(id), in: &chunk)
    }
  }

  // MARK: Records written

  /// Notes that the chunk under way stands in the file.
  mutating func addChunk(_ index: ChunkIndex, _ messages: MessageIndexes) {
    chunkIndexes += index.record
    statistics.chunks += 1
    statistics.add(messages)
  }

  /// Notes that the next chunk is under way, which holds nothing yet.
  mutating func startChunk() {
    for id in schemas.keys {
      guard var schema = schemas[id], schema.isInChunk else { continue }
      schema.isInChunk = false
      schema.isInFile = true
      schemas[id] = schema
    }
    for id in channels.indices where channels[id].definition.isInChunk {
      channels[id].definition.isInChunk = false
      channels[id].definition.isInFile = true
    }
  }

  mutating func add(_ index: AttachmentIndex) {
    attachmentIndexes += index.record
    statistics.attachments += 1
  }

  mutating func add(_ index: MetadataIndex) {
    metadataIndexes += index.record
    statistics.metadata += 1
  }

  // MARK: The summary section

  /// Everything from the summary section to the footer's own checksum.
  func summary(at start: UInt64) -> [UInt8] {
    var summary: [UInt8] = []
    var offsets: [UInt8] = []
    let groups: [(Opcode, [UInt8])] = [
      (.schema, Array(schemas.sorted { $0.key < $1.key }.map(\.value.record).joined())),
      (.channel, Array(channels.map(\.definition.record).joined())),
      (.statistics, statistics.record),
      (.chunkIndex, chunkIndexes),
      (.attachmentIndex, attachmentIndexes),
      (.metadataIndex, metadataIndexes),
    ]
    for (opcode, records) in groups where !records.isEmpty {
      let place = SummaryOffset(
        code: opcode.rawValue, start: start + UInt64(summary.count), length: UInt64(records.count))
      offsets += place.record
      summary += records
    }
    let footer = Footer(
      summaryStart: start, summaryOffsetStart: start + UInt64(summary.count), summarySum: 0)
    return summary + offsets + footer.record.dropLast(4)
  }
}
