import Foundation
import Testing

import Exports

/// Sizes of descriptions and episodes: each format's corners are in them.
private let shapes: [(observations: Int, actions: Int, episodes: Int, longest: Int)] = [
  (7, 4, 12, 20), (1, 1, 10, 3), (1, 3, 9, 1), (40, 1, 1, 90), (2, 2, 600, 2), (3, 3, 25, 9),
]

private func episodes(_ shape: Int) -> (ExportDescription, [ExportedEpisode]) {
  let (observations, actions, count, longest) = shapes[shape]
  let description = ExportDescription.sized(observations, actions)
  var generator = SplitMix(state: UInt64(shape))
  let list = (0..<count).map { index in
    generator.episode(
      description, steps: Int.random(in: 1...longest, using: &generator),
      ending: ExportedEpisode.Ending.allCases[index % 3], hasStates: index % 4 != 3)
  }
  return (description, list)
}

@Suite struct `Formats` {
  @Test(arguments: shapes.indices) func `LeRobot's frames are those of the episodes`(
    shape: Int
  ) throws {
    let scratch = try Scratch()
    let (description, list) = episodes(shape)
    var export = try LeRobotExport(creating: scratch.path("a"), description, largestFile: 60_000)
    for episode in list { try export.add(episode) }
    _ = try export.finish()
    let files = scratch.files("a").filter { $0.hasPrefix("data/") }
    let tables = try files.map { try ParquetReader(scratch.bytes("a/" + $0)) }
    if list.count == 600 { #expect(files.count > 10) }
    for file in files.dropLast() { #expect(try scratch.bytes("a/" + file).count < 80_000) }
    let groups = tables.flatMap(\.groups)
    #expect(groups.count == list.count)
    var first = 0
    for (index, (episode, group)) in zip(list, groups).enumerated() {
      #expect(group[0] == episode.observations.map { $0.map { .float($0) } })
      #expect(group[1] == episode.actions.map { $0.map { .float($0) } })
      #expect(group[2] == episode.rewards.map { [.float($0)] })
      let last = episode.steps - 1
      #expect(group[3].firstIndex(of: [.boolean(true)]) == (index % 3 == 0 ? last : nil))
      #expect(group[4].firstIndex(of: [.boolean(true)]) == (index % 3 == 0 ? nil : last))
      #expect(group[5].firstIndex(of: [.boolean(true)]) == (index % 3 == 0 ? last : nil))
      #expect(group[6] == episode.robotSeconds.map { [.double($0)] })
      #expect(group[7] == episode.wallSeconds.map { [.double($0)] })
      #expect(group[8] == (0...last).map { [.float(Float(Double($0) / 10))] })
      #expect(group[9] == (0...last).map { [.integer(Int64($0))] })
      #expect(group[10].allSatisfy { $0 == [.integer(Int64(index))] })
      #expect(group[11] == (0...last).map { [.integer(Int64(first + $0))] })
      first += episode.steps
    }
    let info = try scratch.json("a/meta/info.json")
    #expect(info["total_frames"] as? Int == first)
    #expect(info["total_tasks"] as? Int == Set(list.map(\.task)).count)
  }

  @Test func `files go on in the next chunk`() throws {
    let scratch = try Scratch()
    let columns = [ParquetColumn("a", .integer)]
    try FileManager.default.createDirectory(
      atPath: scratch.path("d"), withIntermediateDirectories: true)
    var folder = ParquetFolder(in: scratch.path("d"), columns, largestFile: 1, filesInChunk: 5)
    for index in 0..<12 {
      let place = try folder.place(forBytes: 9)
      #expect(place == .init(chunk: index / 5, file: index % 5))
      try folder.append(ParquetFile.pages(columns, [.integers([Int64(index)])]), rows: 1)
    }
    _ = try folder.finish()
    #expect(scratch.names("d") == ["chunk-000", "chunk-001", "chunk-002"])
    #expect(scratch.names("d/chunk-002") == ["file-000.parquet", "file-001.parquet"])
    let last = try ParquetReader(scratch.bytes("d/chunk-002/file-001.parquet"))
    #expect(last.groups == [[[[.integer(11)]]]])
  }

  @Test(arguments: shapes.indices) func `robomimic's values are those of the episodes`(
    shape: Int
  ) throws {
    let scratch = try Scratch()
    let (description, list) = episodes(shape)
    _ = try Format.robomimic.export(to: scratch.path("a"), description, list)
    let file = try HDF5File(opening: scratch.path("a"))
    for (index, episode) in list.enumerated() {
      let group = "data/demo_\(index)"
      let terminal: Int64 = episode.ending == .terminal ? 1 : 0
      var expected: [(String, HDF5File.Values)] = [
        ("actions", .rows(episode.actions)), ("rewards", .numbers(episode.rewards)),
        ("dones", .integers(Array(repeating: 0, count: episode.steps - 1) + [terminal])),
        ("obs/state", .rows(episode.observations)),
        ("next_obs/state", .rows(episode.nextObservations)),
      ]
      if !episode.states.isEmpty { expected.append(("states", .rows(episode.states))) }
      for (name, values) in expected {
        let found = try file.read(
          group + "/" + name, values.kind, shape: values.shape, byteCount: values.bytes.count)
        #expect(found == values.bytes)
      }
      #expect(try file.linkCount(in: group) == expected.count)
      if !episode.modelXML.isEmpty {
        #expect(try file.text(attribute: "model_file", of: group) == episode.modelXML)
      }
      #expect(try file.text(attribute: "task", of: group) == episode.task)
      #expect(try file.integer(attribute: "num_samples", of: group) == episode.steps)
    }
    let valid = list.indices.filter { $0 % 10 == 9 }.map { "demo_\($0)" }
    #expect(try file.linkCount(in: "mask") == (list.count >= 10 ? 3 : 1))
    if list.count >= 10 {
      let names = HDF5File.Values.texts(valid)
      let found = try file.read(
        "mask/valid", names.kind, shape: names.shape, byteCount: names.bytes.count)
      #expect(found == names.bytes)
    }
  }

  @Test func `HDF5 tells of other shapes, types and names`() throws {
    let scratch = try Scratch()
    var file = try HDF5File(creating: scratch.path("a"))
    try file.addGroup("g")
    try file.addGroup("g/h")
    try file.write(.rows([[Float(1), 2], [3, 4]]), to: "g/h/a")
    #expect(throws: ExportError.self) { try file.write(.numbers([1]), to: "g/h/a") }
    #expect(throws: ExportError.self) { try file.addGroup("g/h") }
    #expect(throws: ExportError.self) { try file.addGroup("no/h") }
    try file.close()
    let found = try HDF5File(opening: scratch.path("a"))
    #expect(try found.read("g/h/a", .float, shape: [2, 2], byteCount: 16).count == 16)
    for (kind, shape) in [
      (HDF5File.Kind.float, [2, 1]), (.float, [4]), (.float, [3, 2]), (.double, [2, 2]),
      (.integer, [2, 2]), (.text(width: 4), [2, 2]),
    ] {
      #expect(throws: ExportError.self) {
        try found.read("g/h/a", kind, shape: shape, byteCount: 64)
      }
    }
    #expect(throws: ExportError.self) { try found.text(attribute: "no", of: "g") }
    #expect(throws: ExportError.self) { _ = try HDF5File(opening: scratch.path("b")) }
    #expect(throws: ExportError.self) { _ = try HDF5File(creating: scratch.path("a")) }
  }

  @Test func `every flipped byte of HDF5 values is found`() throws {
    let scratch = try Scratch()
    var file = try HDF5File(creating: scratch.path("a"))
    let values = HDF5File.Values.numbers((0..<60).map { Float($0) * 1.25 })
    try file.write(values, to: "a")
    try file.close()
    let bytes = try scratch.bytes("a")
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: values.bytes) })
    for index in values.bytes.indices {
      var damaged = bytes
      damaged[place + index] ^= 1 << UInt8(index % 8)
      try scratch.write(damaged, to: "b")
      let found = try HDF5File(opening: scratch.path("b"))
      #expect(throws: ExportError.self) {
        try found.read("a", values.kind, shape: values.shape, byteCount: values.bytes.count)
      }
    }
  }

  @Test(arguments: shapes.indices) func `CSV holds the numbers of the episodes`(shape: Int) throws {
    let scratch = try Scratch()
    let (description, list) = episodes(shape)
    _ = try Format.csv.export(to: scratch.path("a"), description, list)
    let rows = try table(scratch.bytes("a/episodes.csv"))
    var steps = try table(scratch.bytes("a/steps.csv"))[...]
    #expect(steps.removeFirst().suffix(1) == ["action.a\(shapes[shape].actions - 1)"])
    #expect(rows.count == list.count + 1)
    for (episode, row) in zip(list, rows.dropFirst()) {
      #expect(row[1...3] == [episode.task, episode.source, String(episode.steps)])
      for step in 0..<episode.steps {
        let record = steps.removeFirst()
        let numbers =
          episode.observations[step] + episode.nextObservations[step] + episode.actions[step]
        #expect(record.dropFirst(8).map { Float($0) } == numbers)
        #expect(Double(record[2]) == episode.robotSeconds[step])
        #expect(Double(record[3]) == episode.wallSeconds[step])
        #expect(Float(record[4]) == episode.rewards[step])
      }
    }
    #expect(steps.isEmpty)
  }

  /// The records of CSV bytes, by RFC 4180.
  private func table(_ bytes: [UInt8]) throws -> [[String]] {
    var records: [[String]] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        while let next = rest.popFirst() {
          if next == UInt8(ascii: "\"") {
            guard rest.first == UInt8(ascii: "\"") else { break }
            rest.removeFirst()
          }
          field.append(next)
        }
      case UInt8(ascii: ","), UInt8(ascii: "\r"):
        fields.append(String(decoding: field, as: UTF8.self))
        field = []
        if byte == UInt8(ascii: "\r") {
          try #require(rest.popFirst() == UInt8(ascii: "\n"))
          records.append(fields)
          fields = []
        }
      default: field.append(byte)
      }
    }
    try #require(field.isEmpty && fields.isEmpty)
    return records
  }
}

/// What outside programs say; `KINGLET_FORMATS_PYTHON` names a Python that has the packages of
/// `Tests/Formats/requirements.txt`.
@Suite struct `Outside programs` {
  private static let python = ProcessInfo.processInfo.environment["KINGLET_FORMATS_PYTHON"]

  private static func run(_ script: String, _ arguments: [String]) throws -> (Int32, String) {
    let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Formats")
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: python ?? "")
    process.arguments = ["-B", scripts.appendingPathComponent(script).path] + arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let words = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: words, as: UTF8.self))
  }

  @Test(.enabled(if: python != nil), arguments: Format.allCases)
  func `every export passes its check`(format: Format) throws {
    let scripts: [Format: String] = [
      .leRobot: "check_lerobot.py", .robomimic: "check_robomimic.py", .csv: "check_csv.py",
    ]
    for shape in shapes.indices {
      let scratch = try Scratch()
      let (description, list) = episodes(shape)
      _ = try format.export(to: scratch.path("a"), description, list)
      let (status, words) = try Self.run(scripts[format] ?? "", [scratch.path("a")])
      #expect(status == 0, "\(words)")
      #expect(words.split(separator: "\n").count == 1)
    }
  }

  @Test(.enabled(if: python != nil)) func `a check fails with one line`() throws {
    let scratch = try Scratch()
    for script in ["check_lerobot.py", "check_robomimic.py", "check_csv.py"] {
      let (status, words) = try Self.run(script, [scratch.path("none")])
      #expect(status == 1)
      #expect(words.split(separator: "\n").count == 1, "\(words)")
    }
  }
}
