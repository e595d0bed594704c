// The records of the summary section that say where others lie.

struct ChunkIndex: Equatable {
  var start: UInt64
  var end: UInt64
  var offset: UInt64
  var length: UInt64
  /// Where the message index of each channel lies.
  var messageIndexes: [UInt16: UInt64]
  var messageIndexLength: UInt64
  var compression: String
  var compressedSize: UInt64
  var uncompressedSize: UInt64

  var record: [UInt8] {
    RecordBytes.record(.chunkIndex) {
      $0.integer(start)
      $0.integer(end)
      $0.integer(offset)
      $0.integer(length)
      $0.map(messageIndexes)
      $0.integer(messageIndexLength)
      $0.text(compression)
      $0.integer(compressedSize)
      $0.integer(uncompressedSize)
    }
  }
}

extension ChunkIndex {
  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      start: try fields.integer(), end: try fields.integer(), offset: try fields.integer(),
      length: try fields.integer(), messageIndexes: try fields.numbers(),
      messageIndexLength: try fields.integer(), compression: try fields.text(),
      compressedSize: try fields.integer(), uncompressedSize: try fields.integer())
  }
}

struct AttachmentIndex: Equatable {
  var offset: UInt64
  var length: UInt64
  var logTime: UInt64
  var createTime: UInt64
  var dataSize: UInt64
  var name: String
  var mediaType: String

  var record: [UInt8] {
    RecordBytes.record(.attachmentIndex) {
      $0.integer(offset)
      $0.integer(length)
      $0.integer(logTime)
      $0.integer(createTime)
      $0.integer(dataSize)
      $0.text(name)
      $0.text(mediaType)
    }
  }
}

extension AttachmentIndex {
  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      offset: try fields.integer(), length: try fields.integer(), logTime: try fields.integer(),
      createTime: try fields.integer(), dataSize: try fields.integer(), name: try fields.text(),
      mediaType: try fields.text())
  }
}

struct MetadataIndex: Equatable {
  var offset: UInt64
  var length: UInt64
  var name: String

  var record: [UInt8] {
    RecordBytes.record(.metadataIndex) {
      $0.integer(offset)
      $0.integer(length)
      $0.text(name)
    }
  }
}

extension MetadataIndex {
  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      offset: try fields.integer(), length: try fields.integer(), name: try fields.text())
  }
}

/// Where the summary's records of one kind lie.
struct SummaryOffset: Equatable {
  var code: UInt8
  var start: UInt64
  var length: UInt64

  var record: [UInt8] {
    RecordBytes.record(.summaryOffset) {
      $0.integer(code)
      $0.integer(start)
      $0.integer(length)
    }
  }
}

extension SummaryOffset {
  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      code: try fields.integer(), start: try fields.integer(), length: try fields.integer())
  }
}

struct Footer: Equatable {
  var summaryStart: UInt64
  var summaryOffsetStart: UInt64
  var summarySum: UInt32

  var record: [UInt8] {
    RecordBytes.record(.footer) {
      $0.integer(summaryStart)
      $0.integer(summaryOffsetStart)
      $0.integer(summarySum)
    }
  }
}

extension Footer {
  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      summaryStart: try fields.integer(), summaryOffsetStart: try fields.integer(),
      summarySum: try fields.integer())
  }
}
