// How the records of the data section lie in a file.

extension MCAPHeader {
  var record: [UInt8] {
    RecordBytes.record(.header) {
      $0.text(profile)
      $0.text(library)
    }
  }

  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(profile: try fields.text(), library: try fields.text())
  }
}

extension MCAPSchema {
  var record: [UInt8] {
    RecordBytes.record(.schema) {
      $0.integer(id)
      $0.text(name)
      $0.text(encoding)
      $0.block(data)
    }
  }

  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      id: try fields.integer(), name: try fields.text(), encoding: try fields.text(),
      data: Array(try fields.block()))
  }
}

extension MCAPChannel {
  var record: [UInt8] {
    RecordBytes.record(.channel) {
      $0.integer(id)
      $0.integer(schema)
      $0.text(topic)
      $0.text(messageEncoding)
      $0.map(metadata)
    }
  }

  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      id: try fields.integer(), schema: try fields.integer(), topic: try fields.text(),
      messageEncoding: try fields.text(), metadata: try fields.texts())
  }
}

extension MCAPMessage {
  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(
      channel: try fields.integer(), sequence: try fields.integer(),
      logTime: try fields.integer(), publishTime: try fields.integer(), data: fields.rest())
  }
}

extension MCAPMetadata {
  var record: [UInt8] {
    RecordBytes.record(.metadata) {
      $0.text(name)
      $0.map(entries)
    }
  }

  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    self.init(name: try fields.text(), entries: try fields.texts())
  }
}

extension MCAPStatistics {
  var record: [UInt8] {
    RecordBytes.record(.statistics) {
      $0.integer(messages)
      $0.integer(schemas)
      $0.integer(channels)
      $0.integer(attachments)
      $0.integer(metadata)
      $0.integer(chunks)
      $0.integer(start)
      $0.integer(end)
      $0.map(messagesOfChannel)
    }
  }

  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    self.init()
    var fields = RecordFields(content)
    messages = try fields.integer()
    schemas = try fields.integer()
    channels = try fields.integer()
    attachments = try fields.integer()
    metadata = try fields.integer()
    chunks = try fields.integer()
    start = try fields.integer()
    end = try fields.integer()
    // Some writers list the channels that have no messages, too.
    messagesOfChannel = try fields.numbers().filter { $0.value > 0 }
  }
}

extension MCAPAttachment {
  /// The record before and behind the data.
  var parts: (head: [UInt8], tail: [UInt8]) {
    var fields = RecordBytes()
    fields.integer(logTime)
    fields.integer(createTime)
    fields.text(name)
    fields.text(mediaType)
    fields.integer(UInt64(data.count))
    let fieldSum = fields.bytes.withUnsafeBytes { checksum($0) }
    var head = RecordBytes()
    head.integer(Opcode.attachment.rawValue)
    head.integer(UInt64(fields.bytes.count + data.count + 4))
    var tail = RecordBytes()
    tail.integer(data.withUnsafeBytes { checksum($0, after: fieldSum) })
    return (head.bytes + fields.bytes, tail.bytes)
  }
}

/// An attachment whose data still lies in the file.
struct AttachmentRecord {
  let logTime: UInt64
  let createTime: UInt64
  let name: String
  let mediaType: String
  let data: UnsafeRawBufferPointer
  /// The checksum that is written; 0 for none.
  let writtenSum: UInt32
  /// The checksum of the bytes.
  let sum: UInt32

  init(_ content: UnsafeRawBufferPointer) throws(Fault) {
    var fields = RecordFields(content)
    logTime = try fields.integer()
    createTime = try fields.integer()
    name = try fields.text()
    mediaType = try fields.text()
    data = try fields.longBlock()
    sum = checksum(fields.consumed())
    writtenSum = try fields.integer()
  }

  func index(offset: Int, length: Int) -> AttachmentIndex {
    AttachmentIndex(
      offset: UInt64(offset), length: UInt64(length), logTime: logTime, createTime: createTime,
      dataSize: UInt64(data.count), name: name, mediaType: mediaType)
  }
}
