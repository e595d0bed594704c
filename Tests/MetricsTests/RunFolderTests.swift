import Foundation
import Metrics
import Testing

@Suite struct RunFolderTests {
  @Test func `a run's folder has its places`() throws {
    let scratch = try Scratch()
    let run = try RunFolder(creating: scratch.path("a/b/run"), earlierRun: .refuse)
    #expect(scratch.names(in: "a/b/run") == ["checkpoints", "episodes", "logs", "sockets"])
    #expect(run.events(startedAt: 1_700_000_000).hasSuffix("tfevents.1700000000.kinglet.0.0"))
    #expect(run.log(of: "driver") == run.path + "/logs/driver.log")
  }

  @Test func `a folder in which one works is refused to others until the work is over`() throws {
    let scratch = try Scratch()
    let path = scratch.path("a/run")
    for _ in 0..<2 {
      try RunFolder.holding(path) {
        #expect(throws: MetricsError.inUse(folder: path)) { try RunFolder.holding(path) {} }
      }
    }
    #expect(throws: CancellationError.self) {
      try RunFolder.holding(path) { throw CancellationError() }
    }
    try RunFolder.holding(path) {}
  }

  @Test func `a folder without results may be taken again`() throws {
    let scratch = try Scratch()
    _ = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
    _ = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
  }

  @Test(arguments: ["resolved.yaml", "metrics.jsonl", "events.out.tfevents.1700000000.kinglet.0.0"])
  func `an earlier run is refused or replaced`(mark: String) throws {
    let scratch = try Scratch()
    let run = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
    try scratch.write("old", to: "run/" + mark)
    try scratch.write("old", to: "run/checkpoints/step-000000001.safetensors")
    try scratch.write("mine", to: "run/notes.txt")
    #expect(throws: MetricsError.earlierRun(folder: run.path)) {
      try RunFolder(creating: run.path, earlierRun: .refuse)
    }
    #expect(scratch.names(in: "run").contains(mark))
    _ = try RunFolder(creating: run.path, earlierRun: .replace)
    #expect(
      scratch.names(in: "run") == ["checkpoints", "episodes", "logs", "notes.txt", "sockets"])
    #expect(scratch.names(in: "run/checkpoints").isEmpty)
  }

  @Test(arguments: [RunFolder.EarlierRun.refuse, .replace])
  func `a folder of something else is left alone`(earlierRun: RunFolder.EarlierRun) throws {
    let scratch = try Scratch()
    try scratch.write("1", to: "project/logs/important.log")
    #expect(throws: MetricsError.foreignFolder(scratch.path("project"), contents: "logs")) {
      try RunFolder(creating: scratch.path("project"), earlierRun: earlierRun)
    }
    #expect(scratch.names(in: "project/logs") == ["important.log"])
  }

  @Test func `a place that is a file is refused`() throws {
    let scratch = try Scratch()
    try scratch.write("1", to: "file")
    for path in ["file", "file/run"] {
      #expect(throws: MetricsError.self) {
        try RunFolder(creating: scratch.path(path), earlierRun: .replace)
      }
    }
  }

  @Test func `only a folder with a resolved recipe opens`() throws {
    let scratch = try Scratch()
    let run = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
    #expect(throws: MetricsError.noRun(folder: run.path)) { try RunFolder(opening: run.path) }
    try run.write("recipe", to: run.resolvedRecipe)
    #expect(try RunFolder(opening: run.path) == run)
  }

  @Test func `a file is written whole and over the old one`() throws {
    let scratch = try Scratch()
    let run = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
    try scratch.write("left by a crash", to: "run/summary.json.part")
    for text in ["first, and longer", "second", ""] {
      try run.write(text, to: run.summary)
      #expect(try scratch.text("run/summary.json") == text)
    }
    #expect(!scratch.names(in: "run").contains("summary.json.part"))
    #expect(throws: MetricsError.self) { try run.write("x", to: run.path + "/none/file") }
  }

  @Test func `a summary reads back`() throws {
    let scratch = try Scratch()
    let run = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
    for success in [nil, 0.95] {
      let summary = Summary(
        seed: .max, robot: "panda", task: "pcb-insertion", finishReason: .robotTime, steps: 12_000,
        episodes: 151, rewardedEpisodes: 99, updates: 47_200, updatesPerStep: 4,
        successLast20: success, robotMinutes: 20.0001, demonstrationMinutes: 1.0 / 3,
        wallMinutes: 9.5, replayDigest: "0123", weightsDigest: "4567")
      try summary.write(to: run)
      #expect(try Summary(of: run) == summary)
      let first = try scratch.text("run/summary.json")
      try summary.write(to: run)
      #expect(try scratch.text("run/summary.json") == first)
      let keys = first.components(separatedBy: "\"").enumerated()
        .filter { $0.offset % 2 == 1 && $0.element.first?.isLetter == true }.map(\.element)
        .filter { !["panda", "pcb-insertion", "robotTime"].contains($0) }
      #expect(keys == keys.sorted() && keys.count == (success == nil ? 14 : 15))
    }
  }

  @Test func `a summary that is not finite, absent or damaged is refused`() throws {
    let scratch = try Scratch()
    let run = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
    #expect(throws: MetricsError.self) { try Summary(of: run) }
    try run.write("{\"seed\": 1}", to: run.summary)
    #expect(throws: MetricsError.self) { try Summary(of: run) }
    let summary = Summary(
      seed: 1, robot: "", task: "", finishReason: .fault, steps: 0, episodes: 0,
      rewardedEpisodes: 0, updates: 0, updatesPerStep: .nan, successLast20: nil, robotMinutes: 0,
      demonstrationMinutes: 0, wallMinutes: 0,
      replayDigest: "", weightsDigest: "")
    #expect(throws: MetricsError.self) { try summary.write(to: run) }
  }

  @Test func `an error is one line`() {
    let errors: [MetricsError] = [
      .earlierRun(folder: "a\nb"), .foreignFolder("a\nb", contents: "c\n"), .noRun(folder: "\r\n"),
      .refused(file: "f", reason: "no\nway"), .malformed(file: "f\u{2028}", reason: "bad"),
    ]
    for error in errors { #expect(!error.description.contains { $0.isNewline }) }
  }
}
