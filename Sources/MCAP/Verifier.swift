/// Checks a file from start to end; the summary is in `Verifier+Summary`.
struct Verifier: ~Copyable {
  let bytes: UnsafeRawBufferPointer
  var problems = ProblemList()
  /// What the data section holds.
  var counted = MCAPStatistics()
  var definitions = Definitions()
  var chunkIndexes: [ChunkIndex] = []
  var attachmentIndexes: [AttachmentIndex] = []
  var metadataIndexes: [MetadataIndex] = []
  private var decoder = ChunkDecoder()
  private var openChunk: OpenChunk?
  private var firstBareMessage: Int?

  /// A chunk whose message indexes follow.
  private struct OpenChunk {
    let offset: Int
    /// Where the chunk ends.
    let end: Int
    var indexesEnd: Int
    /// What the summary is to say; nil for a damaged chunk.
    var index: ChunkIndex?
    var messages = MessageIndexes()
  }

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func checkFile() {
    guard bytes.starts(with: Format.magic) else {
      problems.add(0, "the file does not start with the magic bytes of MCAP")
      return
    }
    var walk = RecordWalk(bytes, from: Format.magic.count)
    var isFirst = true
    do throws(Fault) {
      while let record = try walk.next() {
        if isFirst != (record.opcode == .header) {
          problems.add(record.offset, "the header is not the first record, or not the only one")
        }
        isFirst = false
        if record.opcode != .messageIndex { closeChunk() }
        if record.opcode == .dataEnd {
          checkDataEnd(record)
          checkSummary(from: record.end)
          return
        }
        check(record)
      }
      problems.add(walk.offset, "the file ends before the end of its data")
    } catch {
      problems.add(walk.offset, error.reason)
    }
    closeChunk()
  }

  private mutating func check(_ record: Record) {
    do throws(Fault) {
      try checkContent(record)
    } catch {
      problems.add(record.offset, error.reason)
    }
  }

  private mutating func checkContent(_ record: Record) throws(Fault) {
    let content = record.content
    switch record.opcode {
    case .header: _ = try MCAPHeader(content)
    case .schema: try definitions.add(try MCAPSchema(content))
    case .channel: try definitions.add(try MCAPChannel(content))
    case .message:
      let message = try MCAPMessage(content)
      try definitions.requireChannel(message.channel)
      counted.add(
        1, channel: message.channel, from: message.logTime, through: message.logTime)
      firstBareMessage = firstBareMessage ?? record.offset
    case .chunk: try checkChunk(record)
    case .messageIndex: try checkMessageIndex(record)
    case .attachment: try checkAttachment(record)
    case .metadata:
      counted.metadata += 1
      let name = try MCAPMetadata(content).name
      metadataIndexes.append(
        MetadataIndex(offset: UInt64(record.offset), length: UInt64(record.length), name: name))
    // Opcodes that are not the format's are to be passed over.
    case nil: break
    default: throw Fault("a record of opcode \(record.code) does not belong into the data")
    }
  }

  private mutating func checkAttachment(_ record: Record) throws(Fault) {
    counted.attachments += 1
    let attachment = try AttachmentRecord(record.content)
    attachmentIndexes.append(attachment.index(offset: record.offset, length: record.length))
    guard attachment.writtenSum == attachment.sum else {
      throw Fault("the checksum of the attachment \(attachment.name) is wrong")
    }
  }

  // MARK: Chunks

  private mutating func checkChunk(_ record: Record) throws(Fault) {
    counted.chunks += 1
    // Until it proves sound, the indexes that follow it are not looked at.
    openChunk = OpenChunk(offset: record.offset, end: record.end, indexesEnd: record.end)
    let chunk = try ChunkRecord(record.content)
    let records = try decoder.decode(chunk)
    guard chunk.sum == checksum(records) else { throw Fault("a chunk has no checksum") }
    var trial = definitions
    let messages = try trial.take(records)
    definitions = trial
    counted.add(messages)
    openChunk?.index = chunk.index(offset: record.offset, length: record.length)
    openChunk?.messages = messages
    guard chunk.start == messages.start, chunk.end == messages.end else {
      throw Fault(
        "a chunk says that it holds times from \(chunk.start) to \(chunk.end), and holds "
          + "\(messages.start) to \(messages.end)")
    }
  }

  private mutating func checkMessageIndex(_ record: Record) throws(Fault) {
    guard var chunk = openChunk else {
      throw Fault("a message index does not follow a chunk")
    }
    chunk.indexesEnd = record.end
    openChunk = chunk
    guard chunk.index != nil else { return }
    let (channel, entries) = try MessageIndexes.parse(record.content)
    guard chunk.index?.messageIndexes.updateValue(UInt64(record.offset), forKey: channel) == nil
    else { throw Fault("a chunk has two message indexes of channel \(channel)") }
    openChunk = chunk
    guard entries == chunk.messages.entries(of: channel) else {
      throw Fault("the message index of channel \(channel) does not give its messages by time")
    }
  }

  /// Notes what the summary is to say about the chunk whose indexes have been read.
  private mutating func closeChunk() {
    guard let chunk = openChunk else { return }
    openChunk = nil
    guard var index = chunk.index else { return }
    for channel in chunk.messages.channels where index.messageIndexes[channel] == nil {
      problems.add(chunk.offset, "a chunk has no message index of channel \(channel)")
    }
    index.messageIndexLength = UInt64(chunk.indexesEnd - chunk.end)
    chunkIndexes.append(index)
  }

  private mutating func checkDataEnd(_ record: Record) {
    if let firstBareMessage, counted.chunks > 0 {
      problems.add(firstBareMessage, "a message lies outside of the chunks that others lie in")
    }
    counted.schemas = UInt16(definitions.schemas.count)
    counted.channels = UInt32(definitions.channels.count)
    var fields = RecordFields(record.content)
    guard let sum: UInt32 = try? fields.integer() else {
      problems.add(record.offset, "the end of the data is cut off")
      return
    }
    guard sum == checksum(UnsafeRawBufferPointer(rebasing: bytes[..<record.offset])) else {
      problems.add(record.offset, "the checksum of the data is wrong")
      return
    }
  }
}
