import Foundation
import Fuzzing
import Randomness
import Testing

/// Inputs are what seed and number say, whatever else happened, and each form's mutations keep to it.
@Suite struct FuzzingTests {
  private static let forms: [InputForm] = [.binary, .text, .protobuf, .headed, .records, .framed]
  private static let samples: [[UInt8]] = [
    // 08 96 01: field 1 = 150; 12 05 ...: field 2 of a message; 19 ...: a fixed64.
    [0x08, 0x96, 0x01, 0x12, 0x05, 0x0a, 0x03, 1, 2, 3, 0x19, 1, 2, 3, 4, 5, 6, 7, 8],
    [UInt8]("a: 1.5\nb: [2, 3]\nc:\n  d: text\n".utf8), [],
    [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A, 5, 2, 0, 0, 0, 0, 0, 0, 0, 9, 9],
    Frames([[1], [1, 2, 3, 4, 5, 6, 7, 8], [0x08, 0x01]]).bytes,
  ]

  private func series(
    _ form: InputForm, seed: UInt64 = 1, name: String = "a", from first: UInt64 = 0
  ) -> InputSeries {
    InputSeries(seed: seed, name: name, form: form, samples: Self.samples, from: first)
  }

  @Test(arguments: forms) func `an input is the same wherever its series begins`(
    form: InputForm
  ) {
    var whole = series(form)
    let inputs = (0..<200).map { _ in whole.next() }
    for first in [1, 15, 16, 17, 100, 199] {
      var late = series(form, from: UInt64(first))
      #expect(late.number == UInt64(first))
      #expect(late.next() == inputs[first])
    }
  }

  @Test(arguments: forms) func `seeds and names give other inputs, rounds begin with a sample`(
    form: InputForm
  ) {
    var (first, second, third) = (series(form), series(form, seed: 2), series(form, name: "b"))
    var different = Set<[UInt8]>()
    var same = [0, 0]
    for number in 0..<1600 {
      let input = first.next()
      if number % 16 == 0 { #expect(Self.samples.contains(input)) }
      different.insert(input)
      same[0] += input == second.next() ? 1 : 0
      same[1] += input == third.next() ? 1 : 0
      #expect(input.count <= InputSeries.longest)
    }
    // Half of them are of no sample and of no other input.
    #expect(different.count > 800)
    #expect(same.allSatisfy { $0 < 200 })
  }

  @Test func `what doubles again and again stays within the limit`() {
    let block = [0x0a, 100] + [UInt8](repeating: 7, count: 100)
    for seed in UInt64(0)..<20 {
      var series = InputSeries(
        seed: seed, name: "long", form: .protobuf,
        samples: [[UInt8](repeatElement(block, count: 300).joined())])
      for _ in 0..<64 { #expect(series.next().count <= InputSeries.longest) }
    }
  }

  @Test func `most mutations of protobuf are protobuf`() {
    var mutator = Mutator(RandomStream(seed: 4, name: "test"))
    let whole = Self.samples[0]
    var sound = 0
    for _ in 0..<1000 where isProtobuf(mutator.mutated(whole, .protobuf, beside: whole)) {
      sound += 1
    }
    #expect(sound > 600)
    sound = 0
    for _ in 0..<1000 where isProtobuf(mutator.mutated(whole, .binary, beside: whole)) {
      sound += 1
    }
    #expect(sound < 500)
  }

  @Test func `parts of a message come back, and any bytes have some`() {
    var stream = RandomStream(seed: 5, name: "test")
    for _ in 0..<500 {
      let parts = (0..<stream.index(below: 9)).map { _ in
        (0..<stream.index(below: 20)).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
      }
      #expect(Frames(decoding: Frames(parts).bytes) == Frames(parts))
      let noise = (0..<stream.index(below: 40)).map { _ in UInt8(truncatingIfNeeded: stream.next())
      }
      #expect(Frames(decoding: noise).parts.count <= Frames.most)
    }
  }

  @Test func `a journal is read by whoever maps it`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { unlink(path) }
    let (written, read) = (try #require(Journal(path)), try #require(Journal(path)))
    #expect(read.stage == .starting && read.input.isEmpty)
    written.begin([1, 2, 3], number: 77)
    written[.accepted] += 5
    #expect(read.stage == .running && read[.number] == 77 && read.input == [1, 2, 3])
    #expect(read[.accepted] == 5 && read[.refused] == 0)
    written.begin([], number: 78)
    #expect(read.input.isEmpty && read[.number] == 78)
  }

  /// Whether bytes are whole fields: varints, fixed words and blocks with their length.
  private func isProtobuf(_ bytes: [UInt8]) -> Bool {
    var at = 0
    func varint() -> Int? {
      var value = 0
      for shift in stride(from: 0, to: 56, by: 7) {
        guard at < bytes.count else { return nil }
        value |= Int(bytes[at] & 0x7f) << shift
        at += 1
        if bytes[at - 1] < 0x80 { return value }
      }
      return at < bytes.count
        ? {
          at += 2; return value
        }() : nil
    }
    while at < bytes.count {
      guard let tag = varint() else { return false }
      switch tag & 7 {
      case 0: if varint() == nil { return false }
      case 1: at += 8
      case 2:
        guard let length = varint() else { return false }
        at += length
      case 5: at += 4
      default: return false
      }
      if at > bytes.count { return false }
    }
    return true
  }
}
