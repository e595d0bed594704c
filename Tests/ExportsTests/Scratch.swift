import Exports
import Foundation
import Testing

/// A folder for one test, removed with the value.
final class Scratch {
  private let root: String

  init() throws {
    var template = Array((NSTemporaryDirectory() + "exports-XXXXXX").utf8CString)
    try #require(mkdtemp(&template) != nil)
    root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { root + "/" + name }

  func names(_ folder: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []).sorted()
  }

  /// Every file below a folder.
  func files(_ folder: String) -> [String] {
    let below = (try? FileManager.default.subpathsOfDirectory(atPath: path(folder))) ?? []
    return below.filter { names(folder + "/" + $0).isEmpty }.sorted()
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  func json(_ name: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(bytes(name)))
    return try #require(value as? [String: Any])
  }
}

/// SplitMix64: equal seeds give equal draws.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  mutating func rows(_ count: Int, _ width: Int) -> [[Float]] {
    var rows: [[Float]] = []
    for _ in 0..<count {
      var row: [Float] = []
      for _ in 0..<width { row.append(Float.random(in: -1...1, using: &self)) }
      rows.append(row)
    }
    return rows
  }

  mutating func text() -> String {
    let letters = Array("ab,\"\n\r\\ äß漢😀\t;'{}")
    var text = ""
    for _ in 0..<Int.random(in: 0...12, using: &self) {
      text.append(letters[Int.random(in: letters.indices, using: &self)])
    }
    return text
  }

  mutating func episode(
    _ description: ExportDescription, steps: Int, ending: ExportedEpisode.Ending = .terminal,
    hasStates: Bool = true
  ) -> ExportedEpisode {
    let observations = rows(steps + 1, description.observationNames.count)
    let states = rows(steps, 5).map { $0.map(Double.init) }
    return ExportedEpisode(
      task: "task " + text(), source: "runs/" + text() + ".mcap",
      observations: Array(observations.dropLast()),
      nextObservations: Array(observations.dropFirst()),
      actions: rows(steps, description.actionNames.count), rewards: rows(1, steps)[0],
      ending: ending, isSuccess: ending == .terminal,
      robotSeconds: (0..<steps).map { Double($0) / 10 + 0.001 },
      wallSeconds: (0..<steps).map { 1.76e9 + Double($0) / 9 },
      states: hasStates ? states : [], modelXML: hasStates ? "<mujoco>\(text().count)</mujoco>" : ""
    )
  }
}

extension ExportDescription {
  static func sized(_ observations: Int, _ actions: Int) -> ExportDescription {
    ExportDescription(
      robotType: "panda", framesPerSecond: 10,
      observationNames: (0..<observations).map { "joint, \($0)" },
      actionNames: (0..<actions).map { "a\($0)" }, environment: "kinglet/Test-v0")
  }
}
