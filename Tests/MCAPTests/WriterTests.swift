import Foundation
import MCAP
import Testing

@Suite struct WriterTests {
  @Test func `what is written is read, in the order of the file and of time`() throws {
    for seed in UInt64(0)..<40 {
      let scratch = try Scratch()
      let recording = Recording(seed: seed, messages: [0, 1, 7, 300][Int(seed % 4)])
      var writer = try MCAPWriter(
        creating: scratch.path("a"), library: "test \(seed)", chunkBytes: 1 + Int(seed) * 150,
        compressionLevel: Int32(seed % 5) - 2)
      try recording.write(to: &writer)
      let statistics = try writer.finish()
      #expect(try MCAPFile.verify(scratch.path("a")).problems == [])
      #expect(try MCAPFile.verify(scratch.path("a")).statistics == statistics)

      let reader = try MCAPReader(opening: scratch.path("a"))
      let (header, problem) = (reader.header, reader.problem)
      #expect((header.profile, header.library) == ("", "test \(seed)") && problem == nil)
      let stated = reader.statistics
      #expect(stated == statistics)
      #expect(try reader.words() == recording.metadata)
      #expect(try reader.attached() == recording.attachments)
      #expect(try reader.all() == recording.sent)
      let byTime = recording.sent.enumerated().sorted {
        ($0.element.logTime, $0.offset) < ($1.element.logTime, $1.offset)
      }
      // Of one time and one chunk the order is the file's, so is that of the chunks.
      #expect(try reader.all(order: .time) == byTime.map(\.element))
      try expectDefinitions(reader.schemas, reader.channels, recording)
      try expectCounts(statistics, recording)
    }
  }

  private func expectDefinitions(
    _ schemas: [UInt16: MCAPSchema], _ channels: [UInt16: MCAPChannel], _ recording: Recording
  ) throws {
    #expect(schemas.count == recording.schemas.count)
    for (number, schema) in recording.schemas.enumerated() {
      let read = try #require(schemas[UInt16(number + 1)])
      #expect((read.name, read.encoding) == (schema.name, schema.encoding))
      #expect(read.data == schema.data)
    }
    #expect(channels.count == recording.channels.count)
    for (number, channel) in recording.channels.enumerated() {
      let read = try #require(channels[UInt16(number + 1)])
      #expect((read.topic, read.schema) == (channel.topic, channel.schema))
      #expect(read.metadata == channel.metadata && read.messageEncoding == "raw")
    }
  }

  private func expectCounts(_ statistics: MCAPStatistics, _ recording: Recording) throws {
    let times = recording.sent.map(\.logTime)
    #expect(statistics.messages == UInt64(times.count))
    #expect(statistics.start == times.min() ?? 0 && statistics.end == times.max() ?? 0)
    for number in recording.channels.indices {
      let count = recording.messages.count { $0.channel == UInt16(number + 1) }
      #expect(statistics.messagesOfChannel[UInt16(number + 1)] ?? 0 == UInt64(count))
    }
    #expect(statistics.attachments == UInt32(recording.attachments.count))
    #expect(statistics.metadata == UInt32(recording.metadata.count))
  }

  @Test func `equal calls make equal bytes`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 5, messages: 200)
    let first = try recording.bytes(in: scratch, chunkBytes: 900, name: "a")
    #expect(try recording.bytes(in: scratch, chunkBytes: 900, name: "b") == first)
  }

  @Test func `the name stands for a whole file only`() throws {
    let scratch = try Scratch()
    var writer = try MCAPWriter(creating: scratch.path("a"), library: "")
    try Recording(seed: 1, messages: 20).write(to: &writer)
    let isPending = writer.hasPending
    try writer.flush()
    let isPendingStill = writer.hasPending
    #expect(isPending && !isPendingStill)
    #expect(scratch.names == ["a.part"])
    _ = try writer.finish()
    #expect(scratch.names == ["a"])
  }

  @Test func `a writer that goes leaves what was flushed`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 2, messages: 50)
    try { () throws in
      var writer = try MCAPWriter(creating: scratch.path("a"), library: "")
      try recording.write(to: &writer)
      try writer.flush()
      try Recording(seed: 3, messages: 10, channels: 1).write(to: &writer)
    }()
    #expect(scratch.names == ["a.part"])
    let recovery = try MCAPFile.recover(scratch.path("a.part"), to: scratch.path("a"))
    #expect(recovery.statistics.messages == 50 && recovery.droppedBytes == 0)
    #expect(try MCAPReader(opening: scratch.path("a")).all() == recording.sent)
    #expect(scratch.names == ["a", "a.part"])
  }

  @Test func `no file is replaced`() throws {
    let scratch = try Scratch()
    for name in ["a", "b.part"] { try scratch.write([1], to: name) }
    for (name, held) in [("a", "a"), ("b", "b.part")] {
      #expect(throws: MCAPError.exists(file: scratch.path(held))) {
        _ = try MCAPWriter(creating: scratch.path(name), library: "")
      }
    }
    // One that comes in between is left alone, too.
    let writer = try MCAPWriter(creating: scratch.path("c"), library: "")
    try scratch.write([7], to: "c")
    var caught: MCAPError?
    do throws(MCAPError) { _ = try writer.finish() } catch { caught = error }
    #expect(caught == .exists(file: scratch.path("c")))
    #expect(try scratch.bytes("c") == [7])
    #expect(throws: MCAPError.self) {
      _ = try MCAPWriter(creating: scratch.path("no/folder/d"), library: "")
    }
  }

  @Test func `each chunk defines the channels of its messages`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 9, messages: 120)
    let bytes = try recording.bytes(in: scratch, chunkBytes: 2000)
    let chunks = try RawFile.places(bytes).filter { $0.opcode == 6 }
    #expect(chunks.count > 3)
    var read: [Sent] = []
    for (number, chunk) in chunks.enumerated() {
      let alone = RawFile.magic + RawFile.header() + bytes[chunk.range]
      try scratch.write(alone, to: "alone\(number)")
      let reader = try MCAPReader(opening: scratch.path("alone\(number)"))
      read += try reader.all(damage: .skip)
    }
    #expect(read == recording.sent)
  }

  @Test func `message indexes are in order of time`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 13, messages: 500, channels: 3)
    let bytes = try recording.bytes(in: scratch, chunkBytes: 3000)
    var count = 0
    for place in try RawFile.places(bytes) where place.opcode == 7 {
      let starts = stride(from: place.content.lowerBound + 6, to: place.content.upperBound, by: 16)
      let times = starts.map { number(bytes[$0..<($0 + 8)]) }
      #expect(times == times.sorted())
      count += times.count
    }
    #expect(count == 500)
  }

  @Test func `errors are one line`() {
    let errors: [MCAPError] = [
      .exists(file: "a\nb"), .refused(file: "a", reason: "\n"), .foreign(file: "\n"),
      .damaged(file: "a", offset: 1, reason: "\n"), .tooLarge(bytes: 1, limit: 2),
      .noMemory(bytes: 1), .compression(reason: "\r\n"),
    ]
    for error in errors { #expect(!"\(error)".contains { $0.isNewline }) }
  }
}
