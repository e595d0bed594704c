import Foundation
import MCAP
import Testing

@Suite struct ReaderTests {
  @Test func `topics choose the messages`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 11, messages: 400, channels: 6)
    _ = try recording.bytes(in: scratch, chunkBytes: 1500)
    let reader = try MCAPReader(opening: scratch.path("recording"))
    for topics: Set<String> in [[], ["/topic/1"], ["/topic/0", "/topic/3"], ["/no"]] {
      let wanted = recording.sent.filter { topics.contains($0.topic) }
      #expect(try reader.all(topics: topics) == wanted)
      #expect(try reader.all(topics: topics, order: .time).count == wanted.count)
    }
  }

  @Test func `chunks that overlap in time are put in order`() throws {
    let scratch = try Scratch()
    var file = RawFile()
    var random = SplitMix(state: 3)
    file.add(RawFile.header(), RawFile.schema(1), RawFile.channel(1, schema: 1))
    var times: [UInt64] = []
    for _ in 0..<30 {
      let chunk = (0..<20).map { _ in UInt64.random(in: 0...500, using: &random) }
      let records = chunk.flatMap { RawFile.message(1, time: $0) }
      file.add(RawFile.chunk(records, from: chunk.min() ?? 0, through: chunk.max() ?? 0))
      times += chunk
    }
    file.end()
    try scratch.write(file.bytes, to: "a")
    let reader = try MCAPReader(opening: scratch.path("a"))
    #expect(try reader.all().map(\.logTime) == times)
    #expect(try reader.all(order: .time).map(\.logTime) == times.sorted())
  }

  @Test func `files of other writers are read`() throws {
    let scratch = try Scratch()
    var bare = RawFile()
    bare.add(RawFile.header(), RawFile.record(0x90, [1, 2, 3]), RawFile.schema(1))
    bare.add(RawFile.channel(5, schema: 1), RawFile.message(5, time: 9))
    bare.add(RawFile.record(12, RawFile.text("m") + little(UInt32(0)) + [9, 9]))
    bare.add(RawFile.message(5, time: 4), RawFile.message(5, time: 6, []))
    bare.end()
    try scratch.write(bare.bytes, to: "bare")
    let reader = try MCAPReader(opening: scratch.path("bare"))
    #expect(try reader.all().map(\.logTime) == [9, 4, 6])
    #expect(try reader.all(order: .time).map(\.logTime) == [4, 6, 9])
    #expect(try reader.words() == [Words(name: "m", entries: [:])])
    let (statistics, channels, schemas) = (reader.statistics, reader.channels, reader.schemas)
    #expect(statistics.messages == 3 && statistics.chunks == 0)
    #expect(channels[5]?.topic == "t" && schemas[1]?.name == "s")
  }

  @Test func `records of a tebibyte are passed over, many large ones are refused`() throws {
    let scratch = try Scratch()
    let start = RawFile.magic + RawFile.header()
    // An attachment, metadata and a message that go on to the end of the file.
    for code in [9, 12, 5] as [UInt8] {
      let bytes = start + [code] + little(UInt64((1 << 40) - start.count - 9))
      try scratch.write(bytes, to: "a")
      try #require(truncate(scratch.path("a"), 1 << 40) == 0)
      let reader = try MCAPReader(opening: scratch.path("a"))
      #expect(reader.problem?.offset == start.count)
      #expect(try reader.attachments().isEmpty && reader.metadata().isEmpty)
      #expect(try reader.all(damage: .skip).isEmpty)
    }
    try scratch.write(start, to: "b")
    for number in 0..<3 {
      let head = [9] + little(UInt64(1 << 29))
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path("b")))
      try file.seek(toOffset: UInt64(start.count + number * (9 + (1 << 29))))
      try file.write(contentsOf: head)
      try file.truncate(atOffset: UInt64(start.count + (number + 1) * (9 + (1 << 29))))
    }
    let reader = try MCAPReader(opening: scratch.path("b"))
    #expect(throws: MCAPError.self) { try reader.attachments() }
  }

  @Test func `damage is refused or passed over`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 21, messages: 200)
    var bytes = try recording.bytes(in: scratch, chunkBytes: 2500)
    let chunks = try RawFile.places(bytes).filter { $0.opcode == 6 }
    let damaged = chunks[2]
    bytes[damaged.content.upperBound - 5] ^= 4
    try scratch.write(bytes, to: "a")
    let reader = try MCAPReader(opening: scratch.path("a"))
    let whole = try reader.all(damage: .skip)
    #expect(whole.count < 200 && whole.count > 100)
    #expect(whole == recording.sent.filter { whole.contains($0) })
    #expect(try reader.all(order: .time, damage: .skip).count == whole.count)
    var count = 0
    var offset: Int?
    do {
      try reader.forEachMessage { _, _ in count += 1 }
    } catch let error as MCAPError {
      if case .damaged(_, let place, _) = error { offset = place }
    }
    #expect(offset == damaged.range.lowerBound)
    #expect(count > 0 && Array(recording.sent.prefix(count)) == Array(whole.prefix(count)))
    #expect(throws: MCAPError.self) { try reader.forEachMessage(order: .time) { _, _ in } }
  }

  @Test func `what the body throws comes out`() throws {
    let scratch = try Scratch()
    _ = try Recording(seed: 4, messages: 9).bytes(in: scratch, chunkBytes: 100)
    let reader = try MCAPReader(opening: scratch.path("recording"))
    for order in [MCAPReader.Order.file, .time] {
      #expect(throws: CocoaError.self) {
        try reader.forEachMessage(order: order) { _, _ in throw CocoaError(.featureUnsupported) }
      }
    }
  }

  @Test(arguments: [150 << 20, 1 << 40, .max] as [UInt64])
  func `chunks that name more than a file of its length holds are refused`(size: UInt64) throws {
    let scratch = try Scratch()
    let message = RawFile.message(1, time: 5)
    // Two of the first size are too much, one is not.
    let named = RawFile.chunk(message, from: 5, through: 5, size: size, compression: "zstd")
    let sound = RawFile.chunk(message, from: 5, through: 5)
    var file = RawFile()
    file.add(RawFile.header(), RawFile.schema(1), RawFile.channel(1, schema: 1))
    file.add(sound, named, named, sound)
    file.end()
    try scratch.write(file.bytes, to: "a")
    let reader = try MCAPReader(opening: scratch.path("a"))
    #expect(reader.problem?.reason.contains("names \(size) bytes") == true)
    #expect(throws: MCAPError.self) { try reader.all() }
    #expect(try reader.all(damage: .skip).count == 2)
  }

  @Test func `what is no such file is said to be none`() throws {
    let scratch = try Scratch()
    try scratch.write([], to: "empty")
    try scratch.write(Array("hello world".utf8), to: "text")
    for name in ["empty", "text"] {
      #expect(throws: MCAPError.foreign(file: scratch.path(name))) {
        _ = try MCAPReader(opening: scratch.path(name))
      }
      #expect(throws: MCAPError.foreign(file: scratch.path(name))) {
        _ = try MCAPFile.recover(scratch.path(name), to: scratch.path("out"))
      }
      #expect(try !MCAPFile.verify(scratch.path(name)).isGood)
    }
    for path in [scratch.path("none"), scratch.path("")] {
      #expect(throws: MCAPError.self) { _ = try MCAPFile.verify(path) }
      #expect(throws: MCAPError.self) { _ = try MCAPReader(opening: path) }
    }
    #expect(scratch.names == ["empty", "text"])
  }
}
