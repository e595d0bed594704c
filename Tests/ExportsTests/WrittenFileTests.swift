import Foundation
import Testing

import Exports

@Suite struct `Written files` {
  @Test func `CRC-32 is that of gzip`() {
    #expect(Checksum.of(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(Checksum.of([]) == 0)
    var generator = SplitMix(state: 1)
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      #expect(Checksum.of(bytes) == ParquetReader.crc32(bytes[...]))
      var parts = Checksum()
      let middle = Int.random(in: 0...length, using: &generator)
      parts.add(Array(bytes.prefix(middle)))
      parts.add(Array(bytes.dropFirst(middle)))
      #expect(parts.value == Checksum.of(bytes))
    }
  }

  @Test func `every flipped byte and every truncation is found`() throws {
    let scratch = try Scratch()
    let bytes = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var file = try OutputFile(creating: scratch.path("a"))
    try file.append(Array(bytes.prefix(150)))
    try file.append(Array(bytes.dropFirst(150)))
    let written = try file.finish()
    try written.check()
    #expect(try scratch.bytes("a") == bytes)
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      try scratch.write(damaged, to: "a")
      #expect(throws: ExportError.self) { try written.check() }
      try scratch.write(Array(bytes.prefix(index)), to: "a")
      #expect(throws: ExportError.self) { try written.check() }
    }
    try scratch.write(bytes + [0], to: "a")
    #expect(throws: ExportError.self) { try written.check() }
  }

  @Test func `large pieces arrive whole`() throws {
    let scratch = try Scratch()
    var file = try OutputFile(creating: scratch.path("a"))
    let piece = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for _ in 0..<4 { try file.append(piece) }
    try file.finish().check()
    #expect(try scratch.bytes("a") == piece + piece + piece + piece)
  }

  @Test func `a file that is there is not replaced`() throws {
    let scratch = try Scratch()
    try scratch.write([1], to: "a")
    #expect(throws: ExportError.refused(file: scratch.path("a"), reason: "File exists")) {
      _ = try OutputFile(creating: scratch.path("a"))
    }
    #expect(try scratch.bytes("a") == [1])
  }

  /// What the test of JSON writes.
  private struct Sample: Codable, Equatable {
    struct Deep: Codable, Equatable {
      var yes = true
      var none: Int?
      var integer = Int.min
    }

    var texts: [String]
    var numbers: [Double]
    var deep = Deep()
    var empty: [String: Int] = [:]
  }

  @Test func `JSON reads back`() throws {
    var generator = SplitMix(state: 6)
    for _ in 0..<200 {
      let texts = (0..<5).map { _ in generator.text() + "\u{1}\u{1F}\u{7F}\u{2028}" }
      let numbers = (0..<5).map { _ in Double(Int64(bitPattern: generator.next())) / 1e5 }
      let sample = Sample(texts: texts, numbers: numbers + [1e-300, 1e300, -0.5])
      let value = JSONText.object([
        ("texts", .texts(sample.texts)), ("numbers", .numbers(sample.numbers)),
        ("deep", .object([("yes", .boolean(true)), ("none", .null), ("integer", .integer(.min))])),
        ("empty", .object([])),
      ])
      for text in [value.oneLine, value.indented()] {
        #expect(try JSONDecoder().decode(Sample.self, from: Data(text.utf8)) == sample)
      }
      #expect(!value.oneLine.contains { $0.isNewline && $0 != "\u{2028}" })
      let key = JSONText.object([(texts[0], .integer(1))]).oneLine
      #expect(try JSONDecoder().decode([String: Int].self, from: Data(key.utf8)) == [texts[0]: 1])
    }
  }

  @Test func `statistics of parts make those of the whole`() {
    var generator = SplitMix(state: 7)
    for offset in [0, 1.76e9, -1e6] {
      for count in [2, 3, 50] {
        let values = (0..<count).map { _ in offset + Double.random(in: -1...1, using: &generator) }
        let whole = FeatureStatistics(.doubles(values))
        let first = Int.random(in: 1..<count, using: &generator)
        var parts = FeatureStatistics(.doubles(Array(values.prefix(first))))
        parts.merge(FeatureStatistics(.doubles(Array(values.dropFirst(first)))))
        #expect(parts.count == count)
        #expect(parts.lowest == whole.lowest)
        #expect(parts.highest == whole.highest)
        #expect(abs(parts.mean[0] - whole.mean[0]) < 1e-9 + 1e-15 * abs(offset))
        #expect(abs(parts.deviation[0] - whole.deviation[0]) < 1e-6)
        let shifted = values.map { $0 - offset }
        let mean = shifted.reduce(0, +) / Double(count)
        let variance = shifted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        #expect(abs(whole.deviation[0] - variance.squareRoot()) < 1e-6)
      }
    }
  }

  @Test func `quantiles lie between ranks`() {
    let values = FeatureStatistics(.integers([40, 10, 30, 20]))
    #expect(values.numbers("q50") == [25])
    #expect(abs(values.numbers("q10")[0] - 13) < 1e-12)
    #expect(FeatureStatistics(.booleans([true])).numbers("q99") == [1])
  }
}
