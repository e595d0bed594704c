/// Writes an MCAP file of chunks compressed with zstd, by one owner of its descriptor.
///
/// Until `finish` the file has the name that was asked for with `.part` behind it; a writer that
/// goes without `finish` leaves that file, of which `MCAPFile.recover` makes a whole one. Each chunk
/// holds the schemas and channels of its messages, so it is of use even when others are lost.
///
/// A call that fails leaves the file as it was: the messages are kept, and a later `flush` tries
/// again. Names, times and numbers are the caller's; no clock is read.
public struct MCAPWriter: ~Copyable {
  var file: PartFile
  var contents = Contents()
  private var chunk: ByteBuffer
  private var messages = MessageIndexes()
  private var compressor: Compressor
  private var output: ByteBuffer
  private let chunkBytes: Int
  /// Size at which the chunk is written; after a failure, when to try again.
  private var closeSize: Int

  /// Creates `path + ".part"`; nothing stands under `path` until `finish`.
  ///
  /// `library` names the program and its version. A chunk is written when its messages take
  /// `chunkBytes` uncompressed. `compressionLevel` is zstd's: up to 22, higher is smaller and
  /// slower; on sensor values, which hardly compress, -1 takes half the time of 1. Throws `exists`
  /// where a file has one of the two names, and `refused`.
  public init(
    creating path: String, library: String, chunkBytes: Int = 1 << 20, compressionLevel: Int32 = -1
  ) throws(MCAPError) {
    let header = MCAPHeader(profile: "", library: library)
    try self.init(
      creating: path, suffix: ".part", header: header, chunkBytes: chunkBytes,
      compressionLevel: compressionLevel)
  }

  init(
    creating path: String, suffix: String, header: MCAPHeader, chunkBytes: Int,
    compressionLevel: Int32
  ) throws(MCAPError) {
    precondition(
      chunkBytes > 0 && chunkBytes <= Format.maximumChunk, "chunks of \(chunkBytes) bytes")
    let compressor = try Compressor(level: compressionLevel)
    let file = try PartFile(path, suffix: suffix, first: Format.magic + header.record)
    self.compressor = compressor
    self.file = file
    chunk = ByteBuffer()
    output = ByteBuffer()
    self.chunkBytes = chunkBytes
    closeSize = chunkBytes
  }

  /// Whether there are messages that the system does not have yet.
  public var hasPending: Bool { messages.count > 0 }

  /// Adds a schema and gives its number; a file holds up to 65535.
  ///
  /// For the encoding `protobuf` the data is a serialised `FileDescriptorSet` with all that it
  /// imports.
  public mutating func addSchema(name: String, encoding: String, data: [UInt8]) -> UInt16 {
    guard let id = contents.nextSchema else { preconditionFailure("a file has 65535 schemas") }
    contents.add(MCAPSchema(id: id, name: name, encoding: encoding, data: data))
    return id
  }

  /// Adds a channel and gives its number; a file holds up to 65535, and schema 0 is none.
  public mutating func addChannel(
    topic: String, schema: UInt16, messageEncoding: String, metadata: [String: String] = [:]
  ) -> UInt16 {
    guard let id = contents.nextChannel else { preconditionFailure("a file has 65535 channels") }
    precondition(schema == 0 || contents.hasSchema(schema), "schema \(schema) was not added")
    contents.add(
      MCAPChannel(
        id: id, schema: schema, topic: topic, messageEncoding: messageEncoding,
        metadata: metadata))
    return id
  }

  /// Adds a message, numbered in its channel from 0; times are in ns.
  ///
  /// The chunk is compressed and written when it has reached its size. Throws `tooLarge` for a
  /// message that no chunk can hold, which is not added; with `refused` it is added, and what waits
  /// is written by a later call. When 1 GiB waits, messages are not added.
  public mutating func write(
    channel: UInt16, logTime: UInt64, publishTime: UInt64, data: UnsafeRawBufferPointer
  ) throws(MCAPError) {
    precondition(contents.hasChannel(channel), "channel \(channel) was not added")
    try makeRoom(for: channel, dataBytes: data.count)
    let sequence = contents.takeSequence(of: channel)
    append(channel, sequence, logTime, publishTime, data)
    if chunk.count >= closeSize { try closeChunk() }
  }

  /// Adds a message with its number as it stands in another file.
  mutating func copy(_ message: MCAPMessage) throws(MCAPError) {
    try makeRoom(for: message.channel, dataBytes: message.data.count)
    append(
      message.channel, message.sequence, message.logTime, message.publishTime, message.data)
    if chunk.count >= closeSize { try closeChunk() }
  }

  private mutating func makeRoom(for channel: UInt16, dataBytes: Int) throws(MCAPError) {
    let bytes = Format.recordHead + Format.messageHead + dataBytes
    if chunk.count + bytes + contents.missingLength(for: channel) > Format.maximumChunk {
      try flush()
    }
    let needed = bytes + contents.missingLength(for: channel)
    guard chunk.count + needed <= Format.maximumChunk else {
      throw .tooLarge(bytes: dataBytes, limit: Format.maximumChunk)
    }
    try chunk.reserve(needed)
  }

  private mutating func append(
    _ channel: UInt16, _ sequence: UInt32, _ logTime: UInt64, _ publishTime: UInt64,
    _ data: UnsafeRawBufferPointer
  ) {
    contents.define(channel, in: &chunk)
    messages.add(channel: channel, time: logTime, offset: chunk.count)
    chunk.append(Opcode.message.rawValue)
    chunk.append(UInt64(Format.messageHead + data.count))
    chunk.append(channel)
    chunk.append(sequence)
    chunk.append(logTime)
    chunk.append(publishTime)
    chunk.append(data)
  }

  /// Closes the chunk under way and hands everything to the system, not to the disk.
  public mutating func flush() throws(MCAPError) {
    if hasPending { try closeChunk() }
  }

  private mutating func closeChunk() throws(MCAPError) {
    let end = file.end
    do throws(MCAPError) {
      try writeChunk()
    } catch {
      file.end = end
      closeSize = chunk.count + chunkBytes
      throw error
    }
    closeSize = chunkBytes
  }

  private mutating func writeChunk() throws(MCAPError) {
    messages.sort()
    output.removeAll()
    try compressor.compress(chunk.bytes, into: &output)
    try writeChunk(
      output.bytes, compression: Format.compression, uncompressedSize: chunk.count,
      sum: checksum(chunk.bytes), messages)
    chunk.removeAll()
    messages.removeAll()
    contents.startChunk()
  }

  /// Writes compressed records as a chunk with its message indexes, and notes it.
  mutating func writeChunk(
    _ records: UnsafeRawBufferPointer, compression: String, uncompressedSize: Int, sum: UInt32,
    _ messages: MessageIndexes
  ) throws(MCAPError) {
    let start = file.end.offset
    try file.append(
      ChunkRecord.head(
        start: messages.start, end: messages.end, uncompressedSize: uncompressedSize, sum: sum,
        compression: compression, compressedSize: records.count))
    try file.append(records)
    let chunkEnd = file.end.offset
    var indexes = ByteBuffer()
    let starts = try messages.write(into: &indexes)
    try file.append(indexes.bytes)
    var places: [UInt16: UInt64] = [:]
    for (channel, start) in starts { places[channel] = chunkEnd + UInt64(start) }
    let index = ChunkIndex(
      start: messages.start, end: messages.end, offset: start, length: chunkEnd - start,
      messageIndexes: places, messageIndexLength: UInt64(indexes.count), compression: compression,
      compressedSize: UInt64(records.count), uncompressedSize: UInt64(uncompressedSize))
    contents.addChunk(index, messages)
  }

  /// Writes a file into the log; `logTime` is in ns.
  public mutating func attach(
    name: String, mediaType: String, logTime: UInt64, data: [UInt8]
  ) throws(MCAPError) {
    try attach(
      MCAPAttachment(
        name: name, mediaType: mediaType, logTime: logTime, createTime: logTime, data: data))
  }

  mutating func attach(_ attachment: MCAPAttachment) throws(MCAPError) {
    let parts = attachment.parts
    let start = file.end
    do throws(MCAPError) {
      try file.append(parts.head)
      try file.append(attachment.data)
      try file.append(parts.tail)
    } catch {
      file.end = start
      throw error
    }
    contents.add(
      AttachmentIndex(
        offset: start.offset, length: file.end.offset - start.offset,
        logTime: attachment.logTime, createTime: attachment.createTime,
        dataSize: UInt64(attachment.data.count), name: attachment.name,
        mediaType: attachment.mediaType))
  }

  /// Writes words about the recording, in the order of their keys.
  public mutating func addMetadata(
    _ name: String, _ entries: [String: String]
  ) throws(MCAPError) {
    let record = MCAPMetadata(name: name, entries: entries).record
    let start = file.end.offset
    try file.append(record)
    contents.add(MetadataIndex(offset: start, length: UInt64(record.count), name: name))
  }

  /// Writes what waits and the summary, brings all to the disk and gives the file its name.
  ///
  /// Returns what the file holds. After an error the `.part` file stays for `MCAPFile.recover`.
  public consuming func finish() throws(MCAPError) -> MCAPStatistics {
    try contents.defineUnused(in: &chunk)
    if chunk.count > 0 { try closeChunk() }
    let dataSum = file.end.sum
    try file.append(RecordBytes.record(.dataEnd) { $0.integer(dataSum) })
    file.startSection()
    try file.append(contents.summary(at: file.end.offset))
    var tail = RecordBytes()
    tail.integer(file.end.sum)
    try file.append(tail.bytes + Format.magic)
    let statistics = contents.statistics
    try file.publish()
    return statistics
  }
}
