import Foundation
import MCAP
import Testing

@Suite struct VerifyTests {
  /// A file with every kind of record that the writer makes.
  static func small(_ scratch: Scratch) throws -> (recording: Recording, bytes: [UInt8]) {
    var recording = Recording(seed: 30, messages: 9, channels: 2, bytes: 12)
    recording.schemas = [("s", "jsonschema", [7])]
    recording.channels = [("/topic/0", 1, ["a": "b"]), ("/topic/1", 0, [:])]
    recording.metadata = [Words(name: "m", entries: ["a": "1", "b": "2"])]
    recording.attachments = [
      Attached(name: "f", mediaType: "t", logTime: 3, data: [1, 2, 3])
    ]
    return (recording, try recording.bytes(in: scratch, chunkBytes: 180))
  }

  @Test func `each flipped bit is noticed`() throws {
    let scratch = try Scratch()
    let (_, bytes) = try Self.small(scratch)
    #expect(bytes.count < 2000)
    #expect(Set(try RawFile.places(bytes).map(\.opcode)).count == 14)
    for offset in bytes.indices {
      for mask: UInt8 in [1 << (offset % 8), 0xFF] {
        var flipped = bytes
        flipped[offset] ^= mask
        try scratch.write(flipped, to: "flipped")
        #expect(try !MCAPFile.verify(scratch.path("flipped")).isGood, "byte \(offset)")
      }
    }
  }

  /// With the checksums made right again, the other checks must see it.
  ///
  /// Free are the words of the header and of metadata, and bits that zstd does not use.
  @Test func `each flipped bit under right checksums is noticed, but for free words`() throws {
    let scratch = try Scratch()
    let (recording, bytes) = try Self.small(scratch)
    let places = try RawFile.places(bytes)
    for place in places where place.opcode != 2 && place.opcode != 15 {
      for offset in place.range {
        var flipped = bytes
        flipped[offset] ^= 1 << (offset % 8)
        try scratch.write(try RawFile.signed(flipped, places), to: "flipped")
        guard try MCAPFile.verify(scratch.path("flipped")).isGood else { continue }
        let isInside = place.content.contains(offset)
        switch place.opcode {
        case 1, 12: #expect(isInside, "byte \(offset) of record \(place)")
        case 6:
          let read = try MCAPReader(opening: scratch.path("flipped")).all()
          #expect(isInside && read == recording.sent, "byte \(offset) of record \(place)")
        default: Issue.record("byte \(offset) of record \(place)")
        }
      }
    }
  }

  @Test func `each cut is noticed`() throws {
    let scratch = try Scratch()
    let (_, bytes) = try Self.small(scratch)
    for length in bytes.indices {
      try scratch.write(Array(bytes[..<length]), to: "cut")
      #expect(try !MCAPFile.verify(scratch.path("cut")).isGood, "\(length) bytes")
    }
    try scratch.write(bytes + [0], to: "longer")
    #expect(try !MCAPFile.verify(scratch.path("longer")).isGood)
  }

  /// Files whose data section is wrong in one way, and a word of what is to be said about it.
  static let faults: [(records: [[UInt8]], word: String)] = {
    let defined = [RawFile.header(), RawFile.schema(1), RawFile.channel(1, schema: 1)]
    let message = RawFile.message(1, time: 5)
    let chunk = RawFile.chunk(message, from: 5, through: 5)
    let index = RawFile.index(1, [(5, 0)])
    let two = RawFile.chunk(message + RawFile.message(1, time: 4), from: 4, through: 5)
    let huge = UInt64(1) << 30 + 1
    return [
      ([RawFile.schema(1)], "header"), (defined + [RawFile.header()], "header"),
      (defined + [RawFile.schema(1, "other")], "not alike"),
      (defined + [RawFile.channel(1, schema: 1, "other")], "not alike"),
      (defined + [RawFile.schema(0)], "number 0"),
      (defined + [RawFile.channel(2, schema: 9)], "schema 9"),
      (defined + [RawFile.message(2, time: 1)], "channel 2"),
      (defined + [chunk, index, message], "outside"),
      (defined + [chunk], "no message index"), (defined + [index], "does not follow"),
      (defined + [chunk, index, index], "two message indexes"),
      (defined + [chunk, RawFile.index(1, [(5, 1)])], "by time"),
      (defined + [chunk, RawFile.index(1, [(6, 0)])], "by time"),
      (defined + [chunk, RawFile.index(1, [(5, 0), (5, 0)])], "by time"),
      (defined + [two, RawFile.index(1, [(5, 0), (4, message.count)])], "by time"),
      (defined + [RawFile.chunk(message, from: 4, through: 5), index], "holds times"),
      (defined + [RawFile.chunk(message, from: 5, through: 6), index], "holds times"),
      (defined + [RawFile.chunk(message, from: 5, through: 5, sum: 9), index], "checksum"),
      (defined + [RawFile.chunk(message, from: 5, through: 5, sum: 0), index], "no checksum"),
      (defined + [RawFile.chunk(message, from: 5, through: 5, size: 2), index], "says that"),
      (defined + [RawFile.chunk(message, from: 5, through: 5, size: huge), index], "larger"),
      (defined + [RawFile.chunk(message + [5], from: 5, through: 5), index], "cut off"),
      (defined + [RawFile.chunk(chunk, from: 0, through: 0)], "into a chunk"),
      (defined + [RawFile.chunk(message, from: 5, through: 5, compression: "lz4")], "lz4"),
      (defined + [RawFile.chunk(message, from: 5, through: 5, compression: "zstd")], "zstd"),
      (defined + [RawFile.record(11, [])], "into the data"),
      (defined + [RawFile.record(12, RawFile.text("m") + little(UInt32(3)) + [0, 0, 0])], "cut"),
      (defined + [RawFile.record(12, little(UInt32(2)) + [0xC3, 0x28, 0, 0, 0, 0])], "UTF-8"),
    ]
  }()

  @Test(arguments: faults.indices) func `a fault is named`(number: Int) throws {
    let (records, word) = Self.faults[number]
    let scratch = try Scratch()
    var file = RawFile()
    for record in records { file.add(record) }
    file.end()
    try scratch.write(file.bytes, to: "a")
    let found = try MCAPFile.verify(scratch.path("a"))
    #expect(found.problems.contains { "\($0)".contains(word) }, "\(word): \(found.problems)")
    // The reader and the recovery come to an end as well.
    _ = try MCAPReader(opening: scratch.path("a")).all(order: .time, damage: .skip)
    _ = try MCAPFile.recover(scratch.path("a"), to: scratch.path("b"))
    #expect(try MCAPFile.verify(scratch.path("b")).isGood)
  }

  @Test func `an empty file and bare messages are good`() throws {
    let scratch = try Scratch()
    var file = RawFile()
    file.add(RawFile.header())
    file.end()
    try scratch.write(file.bytes, to: "a")
    let reasons = try MCAPFile.verify(scratch.path("a")).problems.map(\.reason)
    #expect(reasons.count == 1 && reasons[0].contains("statistics"))
  }

  @Test func `many problems are counted, and some kept`() throws {
    let scratch = try Scratch()
    var file = RawFile()
    file.add(RawFile.header())
    for _ in 0..<500 { file.add(RawFile.message(1, time: 0)) }
    file.end()
    try scratch.write(file.bytes, to: "a")
    let found = try MCAPFile.verify(scratch.path("a"))
    #expect(found.problems.count == 100 && found.problemCount > 500)
  }
}
