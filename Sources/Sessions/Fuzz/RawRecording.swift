import Episodes
import Foundation
import MCAP
import Messages

/// Recorded files to be damaged: small, and without the checksums that would hide what lies behind
/// them.
enum RawRecording {
  /// How the records of a file lie in it.
  enum Kind {
    /// In chunks that are not compressed.
    case plain
    /// In chunks of zstd.
    case compressed
  }

  private typealias Entry = (topic: Topic, bytes: [UInt8])

  /// The bytes of a file of two steps.
  static func bytes(
    of samples: inout FuzzSamples, _ kind: Kind, _ path: String,
    describing description: [String: String]
  ) throws -> [UInt8] {
    let entries = entries(&samples)
    switch kind {
    case .plain: return plain(entries, describing: description)
    case .compressed:
      try write(entries, to: path)
      defer { unlink(path) }
      return [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    }
  }

  private static func entries(_ samples: inout FuzzSamples) -> [Entry] {
    var all: [Entry] = [(.origin, samples.origin().encoded())]
    for _ in 0..<2 { all += [(.state, samples.state().bytes), (.torque, samples.torque().bytes)] }
    return all + samples.records().map { ($0.topic, $0.encoded()) }
  }

  private static func write(_ entries: [Entry], to path: String) throws {
    var writer = try MCAPWriter(creating: path, library: "kinglet", chunkBytes: 1500)
    var channels: [Topic: UInt16] = [:]
    for topic in Topic.allCases {
      let schema = writer.addSchema(name: topic.schemaName, encoding: "protobuf", data: [1, 2, 3])
      channels[topic] = writer.addChannel(
        topic: topic.rawValue, schema: schema, messageEncoding: "protobuf")
    }
    for (index, entry) in entries.enumerated() {
      guard let channel = channels[entry.topic] else { continue }
      try entry.bytes.withUnsafeBytes {
        try writer.write(
          channel: channel, logTime: UInt64(index), publishTime: UInt64(index), data: $0)
      }
    }
    _ = try writer.finish()
  }

  // MARK: By hand

  private static func plain(_ entries: [Entry], describing description: [String: String]) -> [UInt8]
  {
    let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]
    var definitions: [UInt8] = []
    for (index, topic) in Topic.allCases.enumerated() {
      let id = little(UInt16(index + 1))
      definitions += record(3, id + text(topic.schemaName) + text("protobuf") + text("abc"))
      definitions += record(4, id + id + text(topic.rawValue) + text("protobuf") + text(""))
    }
    var file = magic + record(1, text("") + text("kinglet"))
    file += metadata("session", description.merging(["robot": "panda"]) { said, _ in said })
    let recipe = [UInt8]("a: 1\n".utf8)
    file += record(
      9,
      little(UInt64(0)) + little(UInt64(0)) + text("recipe.yaml") + text("application/yaml")
        + little(UInt64(recipe.count)) + recipe + little(UInt32(0)))
    let half = entries.count / 2
    file += chunk(definitions, entries[..<half])
    file += chunk(definitions, entries[half...])
    file += metadata("episode", ["isRewarded": "true", "isInterrupted": "false", "steps": "2"])
    file += record(15, little(UInt32(0)))
    return file + record(2, [UInt8](repeating: 0, count: 20)) + magic
  }

  /// A chunk that is not compressed and has no checksum.
  private static func chunk(_ definitions: [UInt8], _ entries: ArraySlice<Entry>) -> [UInt8] {
    var inside = definitions
    for (index, entry) in zip(entries.indices, entries) {
      let channel = UInt16((Topic.allCases.firstIndex(of: entry.topic) ?? 0) + 1)
      let time = little(UInt64(index))
      inside += record(5, little(channel) + little(UInt32(index)) + time + time + entry.bytes)
    }
    let (start, end) = (little(UInt64(entries.startIndex)), little(UInt64(entries.endIndex)))
    let size = little(UInt64(inside.count))
    return record(6, start + end + size + little(UInt32(0)) + text("") + size + inside)
  }

  private static func metadata(_ name: String, _ entries: [String: String]) -> [UInt8] {
    let fields = entries.sorted { $0.key < $1.key }.flatMap { text($0.key) + text($0.value) }
    return record(12, text(name) + little(UInt32(fields.count)) + fields)
  }

  private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
  }

  private static func text(_ text: String) -> [UInt8] {
    little(UInt32(text.utf8.count)) + text.utf8
  }

  private static func record(_ opcode: UInt8, _ content: [UInt8]) -> [UInt8] {
    [opcode] + little(UInt64(content.count)) + content
  }
}
