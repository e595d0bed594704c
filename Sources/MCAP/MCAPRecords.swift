/// The first record of a file: who wrote it.
public struct MCAPHeader: Sendable, Equatable {
  /// Name of a set of conventions that the file keeps; empty for none.
  public let profile: String
  /// Name and version of the program that wrote the file.
  public let library: String
}

/// How the messages of channels are to be decoded.
public struct MCAPSchema: Sendable, Equatable {
  /// Number in the file, from 1.
  public let id: UInt16
  /// Name of the message type.
  public let name: String
  /// How `data` describes the type: `protobuf`, `jsonschema` and others.
  public let encoding: String
  /// The description of the type; for `protobuf` a serialised `FileDescriptorSet`.
  public let data: [UInt8]
}

/// A stream of messages of one type.
public struct MCAPChannel: Sendable, Equatable {
  /// Number in the file.
  public let id: UInt16
  /// Number of the schema; 0 for none.
  public let schema: UInt16
  /// Name of the stream.
  public let topic: String
  /// How messages are encoded: `protobuf`, `json` and others.
  public let messageEncoding: String
  /// Words about the stream.
  public let metadata: [String: String]
}

/// A message as it lies in memory that the reader lends.
public struct MCAPMessage {
  /// Number of its channel.
  public let channel: UInt16
  /// Place in its channel, as the writer counted.
  public let sequence: UInt32
  /// When it was recorded [ns].
  public let logTime: UInt64
  /// When it was sent [ns].
  public let publishTime: UInt64
  /// The encoded message, valid until the call that it was given to returns.
  public let data: UnsafeRawBufferPointer
}

/// Words about the recording.
public struct MCAPMetadata: Sendable, Equatable {
  /// What the words are about.
  public let name: String
  /// The words.
  public let entries: [String: String]
}

/// A file carried inside the log.
public struct MCAPAttachment: Sendable, Equatable {
  /// Name of the file.
  public let name: String
  /// Its media type, such as `text/plain`.
  public let mediaType: String
  /// When it was recorded [ns].
  public let logTime: UInt64
  /// When it was made [ns]; 0 where nobody knows.
  public let createTime: UInt64
  /// Its contents.
  public let data: [UInt8]
}

/// How much a log holds.
public struct MCAPStatistics: Sendable, Equatable {
  /// Number of messages.
  public internal(set) var messages: UInt64 = 0
  /// Number of schemas.
  public internal(set) var schemas: UInt16 = 0
  /// Number of channels.
  public internal(set) var channels: UInt32 = 0
  /// Number of attachments.
  public internal(set) var attachments: UInt32 = 0
  /// Number of metadata records.
  public internal(set) var metadata: UInt32 = 0
  /// Number of chunks.
  public internal(set) var chunks: UInt32 = 0
  /// Earliest log time [ns]; 0 without messages.
  public internal(set) var start: UInt64 = 0
  /// Latest log time [ns]; 0 without messages.
  public internal(set) var end: UInt64 = 0
  /// Number of messages of each channel that has some.
  public internal(set) var messagesOfChannel: [UInt16: UInt64] = [:]

  /// Counts messages recorded from `start` to `end`; returns without a change for none.
  mutating func add(_ count: Int, channel: UInt16, from start: UInt64, through end: UInt64) {
    guard count > 0 else { return }
    self.start = messages == 0 ? start : min(self.start, start)
    self.end = messages == 0 ? end : max(self.end, end)
    messages += UInt64(count)
    messagesOfChannel[channel, default: 0] += UInt64(count)
  }

  /// Counts the messages of a chunk.
  mutating func add(_ indexes: MessageIndexes) {
    for channel in indexes.channels {
      add(
        indexes.entries(of: channel).count, channel: channel, from: indexes.start,
        through: indexes.end)
    }
  }
}
