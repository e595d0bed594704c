import MCAP
import Testing

@Suite struct MutationTests {
  /// Whatever the bytes, everything comes to an end; what is recovered is good, and its messages
  /// are some of the first file's.
  @Test(arguments: UInt64(0)..<4) func `random damage does no harm`(seed: UInt64) throws {
    let scratch = try Scratch()
    let (recording, bytes) = try VerifyTests.small(scratch)
    let places = try RawFile.places(bytes)
    let sent = Set(recording.sent)
    var random = SplitMix(state: seed)
    for round in 0..<1500 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) { damage(&damaged, &random) }
      if Bool.random(using: &random), damaged.count == bytes.count {
        damaged = try RawFile.signed(damaged, places)
      }
      damaged.replaceSubrange(0..<min(8, damaged.count), with: RawFile.magic)
      try scratch.write(damaged, to: "a")
      _ = try MCAPFile.verify(scratch.path("a"))
      let reader = try MCAPReader(opening: scratch.path("a"))
      _ = try reader.all(damage: .skip)
      _ = try reader.all(order: .time, damage: .skip)
      _ = try? reader.all()
      _ = try? reader.words()
      _ = try? reader.attached()
      // Each recovery waits for the disk.
      guard round % 5 == 0 else { continue }
      _ = try MCAPFile.recover(scratch.path("a"), to: scratch.path("b"))
      let found = try MCAPFile.verify(scratch.path("b"))
      #expect(found.isGood, "round \(round): \(found.problems)")
      let kept = try MCAPReader(opening: scratch.path("b")).all()
      #expect(kept.allSatisfy { sent.contains($0) })
      try scratch.remove("b")
    }
  }

  private func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    let offset = Int.random(in: 8..<max(bytes.count, 9), using: &random)
    guard offset < bytes.count else { return }
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[offset] = .random(in: 0...255, using: &random)
    case 1: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2:
      let count = min(8, bytes.count - offset)
      bytes.replaceSubrange(
        offset..<(offset + count), with: [UInt8](repeating: 0xFF, count: count))
    case 3: bytes.remove(at: offset)
    case 4: bytes.insert(.random(in: 0...255, using: &random), at: offset)
    case 5:
      let from = Int.random(in: 0..<bytes.count, using: &random)
      let count = min(Int.random(in: 1...80, using: &random), bytes.count - max(offset, from))
      bytes.replaceSubrange(offset..<(offset + count), with: bytes[from..<(from + count)])
    default: bytes.removeSubrange(offset...)
    }
  }
}
