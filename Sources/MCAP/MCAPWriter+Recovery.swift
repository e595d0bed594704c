// What a recovery writes: records as they stand in another file.
extension MCAPWriter {
  /// A writer that keeps the header of another file.
  init(recovering header: MCAPHeader, to path: String, suffix: String) throws(MCAPError) {
    try self.init(
      creating: path, suffix: suffix, header: header, chunkBytes: 1 << 20, compressionLevel: 1)
  }

  /// Writes a schema between chunks, unless it is known.
  mutating func define(_ schema: MCAPSchema) throws(MCAPError) {
    guard !contents.hasSchema(schema.id) else { return }
    try file.append(schema.record)
    contents.add(schema, isInFile: true)
  }

  /// Writes a channel between chunks, unless it is known.
  mutating func define(_ channel: MCAPChannel) throws(MCAPError) {
    guard !contents.hasChannel(channel.id) else { return }
    try file.append(channel.record)
    contents.add(channel, isInFile: true)
  }

  /// Notes what a chunk defines that is to be copied.
  mutating func note(_ definitions: Definitions) {
    let statistics = contents.statistics
    guard
      definitions.schemas.count > statistics.schemas
        || definitions.channels.count > statistics.channels
    else { return }
    for schema in definitions.schemas.values where !contents.hasSchema(schema.id) {
      contents.add(schema, isInFile: true)
    }
    for channel in definitions.channels.values where !contents.hasChannel(channel.id) {
      contents.add(channel, isInFile: true)
    }
  }

  /// Writes a chunk's compressed records as they are; `records` are the same, uncompressed.
  mutating func copy(
    _ chunk: ChunkRecord, records: UnsafeRawBufferPointer, _ messages: MessageIndexes
  ) throws(MCAPError) {
    try flush()
    try writeChunk(
      chunk.records, compression: chunk.compression, uncompressedSize: records.count,
      sum: checksum(records), messages)
  }
}
