import Foundation
import MCAP
import Testing

@Suite struct RecoveryTests {
  /// The number of messages in each chunk, by the indexes that follow it.
  private func chunks(_ bytes: [UInt8]) throws -> [(place: RawFile.Place, messages: Int)] {
    var chunks: [(place: RawFile.Place, messages: Int)] = []
    for place in try RawFile.places(bytes) {
      if place.opcode == 6 { chunks.append((place, 0)) }
      if place.opcode == 7 { chunks[chunks.count - 1].messages += (place.content.count - 6) / 16 }
    }
    return chunks
  }

  @Test func `each cut keeps the messages of whole chunks, and no other`() throws {
    let scratch = try Scratch()
    let (recording, bytes) = try VerifyTests.small(scratch)
    let chunks = try chunks(bytes)
    #expect(chunks.count >= 3)
    let attachment = try #require(try RawFile.places(bytes).first { $0.opcode == 9 })
    for length in bytes.indices {
      try scratch.write(Array(bytes[..<length]), to: "cut")
      guard length >= 8 else {
        #expect(throws: MCAPError.foreign(file: scratch.path("cut"))) {
          _ = try MCAPFile.recover(scratch.path("cut"), to: scratch.path("whole"))
        }
        continue
      }
      let whole = chunks.filter { $0.place.range.upperBound <= length }
      let expected = Array(recording.sent.prefix(whole.reduce(0) { $0 + $1.messages }))
      let recovery = try MCAPFile.recover(scratch.path("cut"), to: scratch.path("whole"))
      #expect(recovery.chunksKept == whole.count && recovery.chunksLost == 0)
      #expect(recovery.statistics.messages == UInt64(expected.count))
      #expect(try MCAPFile.verify(scratch.path("whole")).problems == [], "\(length) bytes")
      let reader = try MCAPReader(opening: scratch.path("whole"))
      #expect(try reader.all() == expected)
      #expect(try reader.attached().count == (length < attachment.range.upperBound ? 0 : 1))
      let damaged = try MCAPReader(opening: scratch.path("cut"))
      #expect(try damaged.all(damage: .skip) == expected)
      #expect(try damaged.all(order: .time, damage: .skip).count == expected.count)
      try scratch.remove("whole")
    }
  }

  @Test func `a file that is being written is left alone`() throws {
    let scratch = try Scratch()
    let part = scratch.path("live.mcap") + ".part"
    func write() throws {
      var writer = try MCAPWriter(creating: scratch.path("live.mcap"), library: "test")
      let channel = writer.addChannel(topic: "/a", schema: 0, messageEncoding: "json")
      let data: [UInt8] = [1, 2, 3]
      try data.withUnsafeBytes {
        try writer.write(channel: channel, logTime: 1, publishTime: 2, data: $0)
      }
      try writer.flush()
      #expect(throws: MCAPError.self) {
        _ = try MCAPFile.recover(part, to: scratch.path("whole"))
      }
      #expect(writer.hasPending == false)
    }
    try write()
    let recovery = try MCAPFile.recover(part, to: scratch.path("whole"))
    #expect(recovery.statistics.messages == 1)
  }

  @Test func `a whole file is kept as it is`() throws {
    for seed in UInt64(0)..<12 {
      let scratch = try Scratch()
      let recording = Recording(seed: seed, messages: 150)
      _ = try recording.bytes(in: scratch, chunkBytes: 1200)
      let recovery = try MCAPFile.recover(scratch.path("recording"), to: scratch.path("b"))
      #expect(recovery.droppedBytes == 0 && recovery.problems == [])
      let before = try MCAPFile.verify(scratch.path("recording"))
      let after = try MCAPFile.verify(scratch.path("b"))
      #expect(after.isGood && after.statistics == before.statistics)
      let reader = try MCAPReader(opening: scratch.path("b"))
      #expect(try reader.all() == recording.sent)
      #expect(try reader.words() == recording.metadata)
      #expect(try reader.attached() == recording.attachments)
    }
  }

  @Test func `a damaged chunk is lost alone, with and without a summary`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 40, messages: 150)
    let bytes = try recording.bytes(in: scratch, chunkBytes: 2000)
    let dataEnd = try #require(try RawFile.places(bytes).first { $0.opcode == 15 })
    let all = try chunks(bytes)
    var first = 0
    for (number, chunk) in all.enumerated() {
      defer { first += chunk.messages }
      var kept = recording.sent
      kept.removeSubrange(first..<(first + chunk.messages))
      for hasSummary in [true, false] {
        var damaged = bytes
        damaged[chunk.place.range.lowerBound + 60] ^= 0x11
        if !hasSummary { damaged.removeSubrange(dataEnd.range.lowerBound...) }
        try scratch.write(damaged, to: "damaged")
        let recovery = try MCAPFile.recover(scratch.path("damaged"), to: scratch.path("b"))
        #expect((recovery.chunksKept, recovery.chunksLost) == (all.count - 1, 1))
        #expect(recovery.droppedBytes >= chunk.place.range.count)
        #expect(recovery.problems.first?.offset == chunk.place.range.lowerBound)
        #expect(try MCAPFile.verify(scratch.path("b")).problems == [], "chunk \(number)")
        #expect(try MCAPReader(opening: scratch.path("b")).all() == kept)
        let reader = try MCAPReader(opening: scratch.path("damaged"))
        #expect(try reader.all(damage: .skip) == kept)
        try scratch.remove("b")
      }
    }
  }

  /// What a length that is too large takes in besides is passed over, so such a chunk is kept.
  @Test func `a damaged length loses one chunk where there is a summary`() throws {
    let scratch = try Scratch()
    let recording = Recording(seed: 41, messages: 60)
    let bytes = try recording.bytes(in: scratch, chunkBytes: 1500)
    let all = try chunks(bytes)
    var first = 0
    for chunk in all {
      defer { first += chunk.messages }
      var kept = recording.sent
      kept.removeSubrange(first..<(first + chunk.messages))
      for byte in 1...8 {
        var damaged = bytes
        damaged[chunk.place.range.lowerBound + byte] ^= 0x11
        try scratch.write(damaged, to: "damaged")
        let recovery = try MCAPFile.recover(scratch.path("damaged"), to: scratch.path("b"))
        #expect(recovery.droppedBytes > 0)
        #expect(try MCAPFile.verify(scratch.path("b")).problems == [])
        let read = try MCAPReader(opening: scratch.path("b")).all()
        #expect(read == kept || read == recording.sent)
        let reader = try MCAPReader(opening: scratch.path("damaged"))
        #expect(try reader.all(damage: .skip) == read)
        try scratch.remove("b")
      }
    }
  }

  @Test func `definitions that a lost chunk held are taken from the summary`() throws {
    let scratch = try Scratch()
    let defined = RawFile.schema(3, "held") + RawFile.channel(8, schema: 3)
    let lost = RawFile.chunk(defined + RawFile.message(8, time: 1), from: 1, through: 1, sum: 1)
    let kept = RawFile.chunk(RawFile.message(8, time: 2), from: 2, through: 2)
    var file = RawFile()
    file.add(RawFile.header(), lost, kept, RawFile.record(15, little(UInt32(0))))
    let start = file.bytes.count
    file.add(defined, RawFile.record(2, little(UInt64(start)) + little(UInt64(0))))
    // The footer's length takes in the checksum.
    file.bytes[file.bytes.count - 24] = 20
    file.bytes += little(plainChecksum(file.bytes[start...])) + RawFile.magic
    try scratch.write(file.bytes, to: "a")
    let recovery = try MCAPFile.recover(scratch.path("a"), to: scratch.path("b"))
    #expect((recovery.chunksKept, recovery.chunksLost) == (1, 1))
    #expect(try MCAPFile.verify(scratch.path("b")).problems == [])
    let reader = try MCAPReader(opening: scratch.path("b"))
    #expect(try reader.all().map(\.logTime) == [2])
    let name = reader.schemas[3]?.name
    #expect(name == "held")
  }

  @Test func `bare messages end up in chunks`() throws {
    let scratch = try Scratch()
    var file = RawFile()
    file.add(RawFile.header(), RawFile.schema(9), RawFile.channel(700, schema: 9))
    for time in UInt64(0)..<50 { file.add(RawFile.message(700, time: time)) }
    file.add(RawFile.channel(2, schema: 0, "u"), RawFile.message(2, time: 60))
    try scratch.write(file.bytes + [5, 1], to: "a")
    let recovery = try MCAPFile.recover(scratch.path("a"), to: scratch.path("b"))
    #expect(recovery.droppedBytes == 2 && recovery.statistics.messages == 51)
    #expect(try MCAPFile.verify(scratch.path("b")).problems == [])
    let read = try MCAPReader(opening: scratch.path("b")).all()
    #expect(read.map(\.logTime) == Array(0..<50) + [60])
    #expect(read.allSatisfy { $0.sequence == 7 && $0.data == [1, 2] })
  }

  @Test func `nothing is replaced, and nothing is left behind`() throws {
    let scratch = try Scratch()
    _ = try Recording(seed: 1, messages: 5).bytes(in: scratch, chunkBytes: 100)
    let file = scratch.path("recording")
    #expect(throws: MCAPError.exists(file: file)) { _ = try MCAPFile.recover(file, to: file) }
    try scratch.write([1], to: "b.recovery.part")
    #expect(throws: MCAPError.exists(file: scratch.path("b.recovery.part"))) {
      _ = try MCAPFile.recover(file, to: scratch.path("b"))
    }
    #expect(try scratch.bytes("b.recovery.part") == [1])
    _ = try MCAPFile.recover(file, to: scratch.path("c"))
    #expect(scratch.names == ["b.recovery.part", "c", "recording"])
  }
}
