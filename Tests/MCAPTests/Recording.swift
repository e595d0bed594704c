import MCAP

/// Numbers of a seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

/// A message with its topic and memory of its own.
struct Sent: Hashable {
  var topic: String
  var sequence: UInt32
  var logTime: UInt64
  var publishTime: UInt64
  var data: [UInt8]
}

/// Words about a recording.
struct Words: Equatable {
  var name: String
  var entries: [String: String]
}

/// A file in the log.
struct Attached: Equatable {
  var name: String
  var mediaType: String
  var logTime: UInt64
  var data: [UInt8]
}

/// Everything that a file is to hold, made up from a seed.
struct Recording {
  var schemas: [(name: String, encoding: String, data: [UInt8])] = []
  var channels: [(topic: String, schema: UInt16, metadata: [String: String])] = []
  var messages: [(channel: UInt16, sent: Sent)] = []
  var metadata: [Words] = []
  var attachments: [Attached] = []

  /// Schemas and messages have up to `bytes` bytes.
  init(seed: UInt64, messages count: Int, channels channelCount: Int? = nil, bytes: Int = 200) {
    var random = SplitMix(state: seed)
    let schemaCount = Int.random(in: 0...4, using: &random)
    for number in 0..<schemaCount {
      let data = Self.bytes(Int.random(in: 0...bytes, using: &random), &random)
      schemas.append(("type ü \(number)", ["protobuf", "jsonschema", ""][number % 3], data))
    }
    for number in 0..<(channelCount ?? Int.random(in: 1...12, using: &random)) {
      let schema = UInt16.random(in: 0...UInt16(schemaCount), using: &random)
      let words = [String: String](
        uniqueKeysWithValues: (0..<Int.random(in: 0...5, using: &random)).map { ("k\($0)", "v\n") })
      channels.append(("/topic/\(number)", schema, words))
    }
    var sequences = [UInt32](repeating: 0, count: channels.count)
    var time: UInt64 = .random(in: 0...(1 << 62), using: &random)
    for _ in 0..<count {
      // Mostly forwards, at times back, at times equal.
      time = time &+ UInt64.random(in: 0...40, using: &random)
      if Int.random(in: 0..<10, using: &random) == 0 {
        time -= min(time, .random(in: 0...200, using: &random))
      }
      // The last channel stays silent where there are several.
      let channel = Int.random(in: 0..<max(channels.count - 1, 1), using: &random)
      let data = Self.bytes(Int.random(in: 0...bytes, using: &random), &random)
      let sent = Sent(
        topic: channels[channel].topic, sequence: sequences[channel], logTime: time,
        publishTime: time / 2, data: data)
      messages.append((UInt16(channel + 1), sent))
      sequences[channel] += 1
    }
    for number in 0..<Int.random(in: 0...3, using: &random) {
      metadata.append(Words(name: "m\(number)", entries: ["b": "1", "a": "\(number)"]))
      attachments.append(
        Attached(
          name: "f\(number)", mediaType: "text/plain", logTime: 3,
          data: Self.bytes(number * 50, &random)))
    }
  }

  /// Bytes of which some runs repeat, so that compression has something to do.
  private static func bytes(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
    (0..<count).map { $0 % 3 == 0 ? .random(in: 0...255, using: &random) : UInt8($0 % 7) }
  }

  func write(to writer: inout MCAPWriter) throws {
    for schema in schemas {
      _ = writer.addSchema(name: schema.name, encoding: schema.encoding, data: schema.data)
    }
    for channel in channels {
      _ = writer.addChannel(
        topic: channel.topic, schema: channel.schema, messageEncoding: "raw",
        metadata: channel.metadata)
    }
    for metadata in metadata { try writer.addMetadata(metadata.name, metadata.entries) }
    for (number, message) in messages.enumerated() {
      try message.sent.data.withUnsafeBytes {
        try writer.write(
          channel: message.channel, logTime: message.sent.logTime,
          publishTime: message.sent.publishTime, data: $0)
      }
      if number == messages.count / 2 {
        for attachment in attachments {
          try writer.attach(
            name: attachment.name, mediaType: attachment.mediaType, logTime: attachment.logTime,
            data: attachment.data)
        }
      }
    }
    if messages.isEmpty {
      for attachment in attachments {
        try writer.attach(
          name: attachment.name, mediaType: attachment.mediaType, logTime: attachment.logTime,
          data: attachment.data)
      }
    }
  }

  /// The bytes of a finished file.
  func bytes(in scratch: Scratch, chunkBytes: Int, name: String = "recording") throws -> [UInt8] {
    var writer = try MCAPWriter(
      creating: scratch.path(name), library: "test", chunkBytes: chunkBytes)
    try write(to: &writer)
    _ = try writer.finish()
    return try scratch.bytes(name)
  }

  var sent: [Sent] { messages.map(\.sent) }
}

extension MCAPReader {
  func words() throws -> [Words] {
    try metadata().map { Words(name: $0.name, entries: $0.entries) }
  }

  func attached() throws -> [Attached] {
    try attachments().map {
      Attached(name: $0.name, mediaType: $0.mediaType, logTime: $0.logTime, data: $0.data)
    }
  }

  /// All messages.
  func all(
    topics: Set<String>? = nil, order: Order = .file, damage: Damage = .refuse
  ) throws -> [Sent] {
    var all: [Sent] = []
    try forEachMessage(topics: topics, order: order, damage: damage) { channel, message in
      all.append(
        Sent(
          topic: channel.topic, sequence: message.sequence, logTime: message.logTime,
          publishTime: message.publishTime, data: Array(message.data)))
    }
    return all
  }
}
