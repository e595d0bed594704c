/// Copies what is whole from a damaged file to a new one.
struct Recoverer: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  private let summary: SoundSummary
  private var writer: MCAPWriter
  private var definitions = Definitions()
  private var decoder = ChunkDecoder()
  private var problems = ProblemList()
  private var chunksKept = 0
  private var chunksLost = 0
  private var droppedBytes = 0
  private var isBehindLostChunk = false

  /// A record that is worth keeping.
  private enum Kept {
    case schema(MCAPSchema)
    case channel(MCAPChannel)
    case message(MCAPMessage)
    /// The channels of `borrowed` are defined in the summary only.
    case chunk(
      ChunkRecord, records: UnsafeRawBufferPointer, MessageIndexes, borrowed: [UInt16])
    case attachment(AttachmentRecord)
    case metadata(MCAPMetadata)
    /// It is written anew, or belongs to what is lost.
    case nothing
  }

  init(
    _ bytes: UnsafeRawBufferPointer, output: String, suffix: String
  ) throws(MCAPError) {
    var walk = RecordWalk(bytes, from: Format.magic.count)
    var header = MCAPHeader(profile: "", library: "")
    if let first = try? walk.next(), first.opcode == .header {
      header = (try? MCAPHeader(first.content)) ?? header
    }
    writer = try MCAPWriter(recovering: header, to: output, suffix: suffix)
    self.bytes = bytes
    summary = SoundSummary(bytes) ?? SoundSummary()
  }

  mutating func copy() throws(MCAPError) {
    var walk = DataWalk(bytes, boundaries: summary.boundaries)
    while let step = walk.next() {
      switch step {
      case .gap(let range, let reason):
        drop(range.count, at: range.lowerBound, reason)
      case .record(let record):
        switch examine(record) {
        case .success(let kept): try write(kept)
        case .failure(let fault):
          if record.opcode == .chunk { chunksLost += 1 }
          let end = record.opcode == nil ? record.end : walk.distrust(record)
          drop(end - record.offset, at: record.offset, fault.reason)
        }
      }
    }
    if !walk.isComplete { problems.add(bytes.count, "the file ends before the end of its data") }
  }

  consuming func finish() throws(MCAPError) -> MCAPRecovery {
    let (kept, lost, dropped, found) = (chunksKept, chunksLost, droppedBytes, problems.kept)
    let statistics = try writer.finish()
    return MCAPRecovery(
      statistics: statistics, chunksKept: kept, chunksLost: lost, droppedBytes: dropped,
      problems: found)
  }

  private mutating func drop(_ count: Int, at offset: Int, _ reason: String) {
    droppedBytes += count
    problems.add(offset, reason)
  }

  private mutating func examine(_ record: Record) -> Result<Kept, Fault> {
    do throws(Fault) {
      let kept = try kept(record)
      if record.opcode == .messageIndex {
        droppedBytes += isBehindLostChunk ? record.length : 0
      } else {
        isBehindLostChunk = false
      }
      return .success(kept)
    } catch {
      isBehindLostChunk = record.opcode == .chunk
      return .failure(error)
    }
  }

  private mutating func kept(_ record: Record) throws(Fault) -> Kept {
    let content = record.content
    switch record.opcode {
    case .schema:
      let schema = try MCAPSchema(content)
      try definitions.add(schema)
      return .schema(schema)
    case .channel:
      let channel = try MCAPChannel(content)
      try definitions.add(channel)
      return .channel(channel)
    case .message:
      let message = try MCAPMessage(content)
      try definitions.requireChannel(message.channel)
      return .message(message)
    case .chunk: return try keptChunk(content)
    case .attachment:
      let attachment = try AttachmentRecord(content)
      guard attachment.writtenSum == 0 || attachment.writtenSum == attachment.sum else {
        throw Fault("the checksum of the attachment \(attachment.name) is wrong")
      }
      return .attachment(attachment)
    case .metadata: return .metadata(try MCAPMetadata(content))
    case .header:
      _ = try MCAPHeader(content)
      return .nothing
    case .messageIndex: return .nothing
    case nil: throw Fault("a record of opcode \(record.code) is not known")
    default: throw Fault("a record of opcode \(record.code) does not belong into the data")
    }
  }

  private mutating func keptChunk(_ content: UnsafeRawBufferPointer) throws(Fault) -> Kept {
    let chunk = try ChunkRecord(content)
    let records = try decoder.decode(chunk)
    var trial = definitions
    var borrowed: [UInt16] = []
    let messages = try trial.take(records, fallback: summary.definitions, borrowed: &borrowed)
    definitions = trial
    return .chunk(chunk, records: records, messages, borrowed: borrowed)
  }

  private mutating func write(_ kept: Kept) throws(MCAPError) {
    switch kept {
    case .schema(let schema): try writer.define(schema)
    case .channel(let channel): try writer.define(channel)
    case .message(let message): try writer.copy(message)
    case .chunk(let chunk, let records, let messages, let borrowed):
      for id in borrowed {
        guard let channel = definitions.channels[id] else { continue }
        if let schema = definitions.schemas[channel.schema] { try writer.define(schema) }
        try writer.define(channel)
      }
      writer.note(definitions)
      try writer.copy(chunk, records: records, messages)
      chunksKept += 1
    case .attachment(let attachment):
      try writer.attach(
        MCAPAttachment(
          name: attachment.name, mediaType: attachment.mediaType, logTime: attachment.logTime,
          createTime: attachment.createTime, data: Array(attachment.data)))
    case .metadata(let metadata): try writer.addMetadata(metadata.name, metadata.entries)
    case .nothing: break
    }
  }
}
