import Foundation
import Testing

import Exports

/// What the three exports have in common, so that laws can be stated for all.
private protocol EpisodeExport: ~Copyable {
  mutating func add(_ episode: ExportedEpisode) throws(ExportError)
  consuming func finish() throws(ExportError) -> ExportSummary
}

extension LeRobotExport: EpisodeExport {}
extension RobomimicExport: EpisodeExport {}
extension CSVExport: EpisodeExport {}

/// A format of exports.
enum Format: CaseIterable, Sendable {
  case leRobot, robomimic, csv

  func export(
    to path: String, _ description: ExportDescription, _ episodes: [ExportedEpisode]
  ) throws -> ExportSummary {
    let (errors, summary) = try run(path, description, episodes, largestFile: 1 << 20) { _ in }
    for error in errors { if let error { throw error } }
    return try #require(summary)
  }

  /// Adds episodes one by one and gives each one's error; the last is that of finishing.
  func errors(
    at path: String, _ description: ExportDescription, _ episodes: [ExportedEpisode],
    before: (Int) throws -> Void = { _ in }
  ) throws -> [ExportError?] {
    try run(path, description, episodes, largestFile: 1, before).0
  }

  private func run(
    _ path: String, _ description: ExportDescription, _ episodes: [ExportedEpisode],
    largestFile: Int, _ before: (Int) throws -> Void
  ) throws -> ([ExportError?], ExportSummary?) {
    switch self {
    case .leRobot:
      let export = try LeRobotExport(creating: path, description, largestFile: largestFile)
      return try Self.run(export, episodes, before)
    case .robomimic:
      return try Self.run(RobomimicExport(creating: path, description), episodes, before)
    case .csv:
      return try Self.run(CSVExport(creating: path, description), episodes, before)
    }
  }

  private static func run<Export: EpisodeExport & ~Copyable>(
    _ export: consuming Export, _ episodes: [ExportedEpisode], _ before: (Int) throws -> Void
  ) throws -> ([ExportError?], ExportSummary?) {
    var errors: [ExportError?] = []
    for (index, episode) in episodes.enumerated() {
      try before(index)
      do throws(ExportError) {
        try export.add(episode)
        errors.append(nil)
      } catch {
        errors.append(error)
      }
    }
    try before(episodes.count)
    do throws(ExportError) {
      let summary = try export.finish()
      return (errors + [nil], summary)
    } catch {
      return (errors + [error], nil)
    }
  }
}

@Suite struct `Exports of every format` {
  private let description = ExportDescription.sized(3, 2)

  private func episodes(_ count: Int) -> [ExportedEpisode] {
    var generator = SplitMix(state: 11)
    return (0..<count).map { generator.episode(description, steps: 4 + $0 % 3) }
  }

  @Test(arguments: Format.allCases) func `nothing but the export remains`(format: Format) throws {
    let scratch = try Scratch()
    let summary = try format.export(to: scratch.path("a"), description, episodes(3))
    #expect(scratch.names() == ["a"])
    #expect(summary.path == scratch.path("a"))
    #expect(summary.episodes == 3)
    #expect(summary.steps == 4 + 5 + 6)
    let files = format == .robomimic ? ["a"] : scratch.files("a").map { "a/" + $0 }
    #expect(try summary.byteCount == files.reduce(0) { try $0 + scratch.bytes($1).count })
  }

  @Test(arguments: Format.allCases) func `equal episodes give equal bytes`(format: Format) throws {
    let scratch = try Scratch()
    for name in ["a", "b"] {
      _ = try format.export(to: scratch.path(name), description, episodes(12))
      // Times in HDF5 would count whole seconds.
      if format == .robomimic { Thread.sleep(forTimeInterval: 1.1) }
    }
    if format == .robomimic {
      #expect(try scratch.bytes("a") == scratch.bytes("b"))
    } else {
      for file in scratch.files("a") {
        #expect(try scratch.bytes("a/" + file) == scratch.bytes("b/" + file), "\(file)")
      }
    }
  }

  @Test(arguments: Format.allCases) func `what is there is not replaced`(format: Format) throws {
    let scratch = try Scratch()
    try scratch.write([7], to: "file")
    try FileManager.default.createDirectory(
      atPath: scratch.path("folder"), withIntermediateDirectories: true)
    for name in ["file", "folder", "folder/"] {
      let path = scratch.path(name == "folder/" ? "folder" : name)
      #expect(throws: ExportError.exists(target: path)) {
        _ = try format.export(to: scratch.path(name), description, episodes(1))
      }
    }
    #expect(scratch.names() == ["file", "folder"])
    #expect(try scratch.bytes("file") == [7])
  }

  @Test(arguments: Format.allCases) func `what comes there meanwhile is not replaced`(
    format: Format
  ) throws {
    let scratch = try Scratch()
    let errors = try format.errors(at: scratch.path("a"), description, episodes(2)) { index in
      if index == 2 { try scratch.write([7], to: "a") }
    }
    #expect(errors == [nil, nil, .exists(target: scratch.path("a"))])
    #expect(scratch.names() == ["a"])
    #expect(try scratch.bytes("a") == [7])
  }

  @Test(arguments: Format.allCases) func `without a finish nothing remains`(format: Format) throws {
    let scratch = try Scratch()
    func abandon() throws {
      var leRobot = try LeRobotExport(creating: scratch.path("a"), description)
      var robomimic = try RobomimicExport(creating: scratch.path("b"), description)
      var csv = try CSVExport(creating: scratch.path("c"), description)
      for episode in episodes(3) {
        try leRobot.add(episode)
        try robomimic.add(episode)
        try csv.add(episode)
      }
      let names = scratch.names().map { $0.split(separator: ".").map(String.init) }
      #expect(names.map { $0[0] } == ["a", "b", "c"])
      #expect(names.allSatisfy { $0[1].hasPrefix("part-") && $0[1].count == 11 })
    }
    try abandon()
    #expect(scratch.names() == [])
  }

  @Test(arguments: Format.allCases) func `an export needs an episode`(format: Format) throws {
    let scratch = try Scratch()
    #expect(throws: ExportError.empty(target: scratch.path("a"))) {
      _ = try format.export(to: scratch.path("a"), description, [])
    }
    #expect(scratch.names() == [])
  }

  @Test(arguments: Format.allCases) func `a missing parent folder is one line`(
    format: Format
  ) throws {
    let scratch = try Scratch()
    let path = scratch.path("no/a")
    #expect(throws: ExportError.refused(file: path, reason: "No such file or directory")) {
      _ = try format.export(to: path, description, episodes(1))
    }
  }

  @Test(arguments: Format.allCases) func `a lost temporary is an error that stays`(
    format: Format
  ) throws {
    let scratch = try Scratch()
    let errors = try format.errors(at: scratch.path("a"), description, episodes(3)) { index in
      guard index == 2 else { return }
      for name in scratch.names() { try FileManager.default.removeItem(atPath: scratch.path(name)) }
    }
    #expect(errors[0] == nil && errors[1] == nil)
    let last = try #require(errors[3])
    if format == .leRobot { #expect(errors[2] == last) }
    #expect("\(last)".contains("No such file") || "\(last)".contains("unable to open"), "\(last)")
    #expect(scratch.names() == [])
  }

  @Test func `a changed temporary is found`() throws {
    let scratch = try Scratch()
    let errors = try Format.csv.errors(at: scratch.path("a"), description, episodes(2)) { index in
      guard index == 2 else { return }
      let name = try #require(scratch.names().first)
      try scratch.write(Array(repeating: 1, count: 100_000), to: name + "/steps.csv")
    }
    // The writer goes on at the start of a file that has grown behind its back.
    guard case .differs(let file, let reason) = errors[2] else {
      Issue.record("\(errors)")
      return
    }
    #expect(file.hasSuffix("/steps.csv"))
    #expect(reason.hasPrefix("100000 bytes in place of"))
    #expect(scratch.names() == [])
  }

  @Test func `a changed HDF5 temporary is found`() throws {
    let scratch = try Scratch()
    let list = episodes(2)
    let errors = try Format.robomimic.errors(at: scratch.path("a"), description, list) { index in
      guard index == 2 else { return }
      let name = try #require(scratch.names().first)
      let actions = HDF5File.Values.rows(list[1].actions).bytes
      var bytes = try scratch.bytes(name)
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: actions) })
      bytes[place + 3] ^= 0x80
      let descriptor = open(scratch.path(name), O_WRONLY)
      _ = pwrite(descriptor, [bytes[place + 3]], 1, off_t(place + 3))
      close(descriptor)
    }
    guard case .differs(_, let reason) = errors[2] else {
      Issue.record("\(errors)")
      return
    }
    #expect(reason.hasPrefix("data/demo_1/actions: HDF5: "), "\(reason)")
    #expect(scratch.names() == [])
  }

  @Test(arguments: Format.allCases) func `refused episodes leave no trace`(format: Format) throws {
    let scratch = try Scratch()
    var mixed = episodes(4)
    mixed[1].actions[2][0] = 1.5
    mixed[3].rewards.removeLast()
    let errors = try format.errors(at: scratch.path("a"), description, mixed)
    #expect(errors.map { $0 == nil } == [true, false, true, false, true])
    for (name, list) in [("b", [mixed[0], mixed[2]])] {
      #expect(try format.errors(at: scratch.path(name), description, list) == [nil, nil, nil])
    }
    let files = format == .robomimic ? [""] : scratch.files("a").map { "/" + $0 }
    for file in files {
      #expect(try scratch.bytes("a" + file) == scratch.bytes("b" + file), "\(file)")
    }
  }
}
