import Foundation
import Metrics
import Testing

/// One record of an event file, taken apart by a reader of its own.
private struct Event: Equatable {
  var wallTime = 0.0
  var step: UInt64 = 0
  var version: String?
  var sessionStatus: UInt64?
  var scalars: [String: Float] = [:]
}

/// Reads protobuf fields: number, and a varint, fixed bytes or a block.
private struct Fields {
  var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let byte = try take(1)[0]
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw CocoaError(.coderReadCorrupt)
  }

  mutating func take(_ count: Int) throws -> [UInt8] {
    try #require(rest.count >= count)
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func next() throws -> (field: UInt64, number: UInt64, bytes: [UInt8])? {
    guard !rest.isEmpty else { return nil }
    let key = try varint()
    switch key & 7 {
    case 0: return (key >> 3, try varint(), [])
    case 1: return (key >> 3, 0, try take(8))
    case 2: return (key >> 3, 0, try take(Int(try varint())))
    case 5: return (key >> 3, 0, try take(4))
    default: throw CocoaError(.coderReadCorrupt)
    }
  }
}

/// CRC-32C, a bit at a time: slow, and unlike the writer's.
private func crc32c(_ bytes: [UInt8]) -> UInt32 {
  var remainder: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    for bit in 0..<8 {
      let isSet = (remainder ^ UInt32(byte) >> UInt32(bit)) & 1 == 1
      remainder = remainder >> 1
      if isSet { remainder ^= 0x82F6_3B78 }
    }
  }
  return remainder ^ 0xFFFF_FFFF
}

private func number(_ bytes: [UInt8]) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

private func events(_ bytes: [UInt8]) throws -> [Event] {
  var file = Fields(bytes)
  var events: [Event] = []
  while !file.rest.isEmpty {
    let length = try file.take(8)
    let lengthSum = try file.take(4)
    let data = try file.take(Int(number(length)))
    let dataSum = try file.take(4)
    for (part, sum) in [(length, lengthSum), (data, dataSum)] {
      let crc = crc32c(part)
      let masked = UInt64((crc >> 15 | crc << 17) &+ 0xA282_EAD8)
      try #require(masked == number(sum))
    }
    events.append(try event(data))
  }
  return events
}

private func event(_ data: [UInt8]) throws -> Event {
  var event = Event()
  var fields = Fields(data)
  while let (field, value, bytes) = try fields.next() {
    switch field {
    case 1: event.wallTime = Double(bitPattern: number(bytes))
    case 2: event.step = value
    case 3: event.version = String(decoding: bytes, as: UTF8.self)
    case 5:
      var summary = Fields(bytes)
      while let (field, _, bytes) = try summary.next() {
        try #require(field == 1)
        var tag = ""
        var scalar = Fields(bytes)
        while let (field, _, bytes) = try scalar.next() {
          if field == 1 { tag = String(decoding: bytes, as: UTF8.self) }
          if field == 2 { event.scalars[tag] = Float(bitPattern: UInt32(number(bytes))) }
        }
      }
    case 7:
      var log = Fields(bytes)
      while let (field, value, _) = try log.next(), field == 1 { event.sessionStatus = value }
    default: throw CocoaError(.coderReadCorrupt)
    }
  }
  return event
}

@Suite struct EventFileTests {
  @Test func `the reader's checksum is Castagnoli's`() {
    #expect(crc32c(Array("123456789".utf8)) == 0xE306_9283)
  }

  @Test func `scalars read back with step, time and checksums`() throws {
    let scratch = try Scratch()
    var file = try EventFile(creating: scratch.path("e"), wallTime: 1_700_000_000.5)
    var expected = [Event(wallTime: 1_700_000_000.5, version: "brain.Event:2")]
    for step in [0, 1, 127, 128, 300, 16_384, 1 << 40] {
      let values = ["critic/loss": 0.1 * Double(step), "ü/\(step)": -1e-30, "a": 1e39]
      try file.append(step: step, wallTime: 1_700_000_001 + Double(step), values: values)
      expected.append(
        Event(
          wallTime: 1_700_000_001 + Double(step), step: UInt64(step),
          scalars: values.mapValues(Float.init)))
    }
    try file.append(step: 5, wallTime: 1, values: [:])
    try file.flush()
    #expect(try events(scratch.bytes("e")) == expected)
  }

  @Test func `a long event is framed as a whole`() throws {
    let scratch = try Scratch()
    var file = try EventFile(creating: scratch.path("e"), wallTime: 0)
    let values = Dictionary(uniqueKeysWithValues: (0..<500).map { ("tag/\($0)", Double($0)) })
    try file.append(step: 1, wallTime: 1, values: values)
    try file.flush()
    #expect(try events(scratch.bytes("e")).last?.scalars.count == 500)
  }

  @Test func `a run that goes on says from where`() throws {
    let scratch = try Scratch()
    var file = try EventFile(creating: scratch.path("e"), wallTime: 3, resumingAt: 400)
    try file.append(step: 401, wallTime: 4, values: ["a": 1])
    try file.flush()
    let read = try events(scratch.bytes("e"))
    #expect(read.count == 3)
    #expect(read[1] == Event(wallTime: 3, step: 400, sessionStatus: 1))
  }

  @Test func `events reach the file when the interval has passed, and at the end`() throws {
    let scratch = try Scratch()
    var counts: [Int] = []
    try { () throws in
      var file = try EventFile(creating: scratch.path("e"), wallTime: 100, flushInterval: 10)
      for time in [101.0, 109, 110, 115] {
        try file.append(step: 0, wallTime: time, values: ["a": 1])
        counts.append(try events(scratch.bytes("e")).count)
      }
    }()
    #expect(counts == [1, 1, 4, 4])
    #expect(try events(scratch.bytes("e")).count == 5)
  }

  @Test func `an existing file is not written over`() throws {
    let scratch = try Scratch()
    try scratch.write("old", to: "e")
    #expect(throws: MetricsError.self) { try create(scratch.path("e")) }
    #expect(try scratch.text("e") == "old")
  }

  private func create(_ path: String) throws { _ = try EventFile(creating: path, wallTime: 0) }
}
