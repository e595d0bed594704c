import Catalogue
import ControlLoop
import Foundation
import Fuzzing
import ImpedanceControl
import Metrics
import NeuralNetworks
import OffPolicy
import Randomness
import Recipes
import Wire

extension FuzzTarget {
  /// What a learner leaves.
  static let learned: [FuzzTarget] = [
    FuzzTarget(name: "safetensors", form: .headed, weight: 80) { _ in
      (
        [smallLearner().checkpoint().encoded(), smallLearner().snapshot().encoded()],
        PlainReader { bytes in
          let file = try Safetensors(decoding: bytes)
          guard try Safetensors(decoding: file.encoded()).arrays.count == file.arrays.count else {
            throw FuzzFinding("a file is another after it was written and read")
          }
        }
      )
    },
    FuzzTarget(name: "policy", form: .headed, weight: 60) { _ in
      ([smallLearner().snapshot().encoded()], PlainReader(read: readPolicy))
    },
    FuzzTarget(name: "checkpoint", form: .headed, weight: 30) { _ in
      let saved = LearnerCheckpoint(
        steps: 40, updates: 60, stream: RandomStream(seed: 1, name: "replay"), demonstrations: 7)
      return ([saved.file(with: smallLearner()).encoded()], CheckpointReader())
    },
  ]

  private static let smallConfiguration = {
    var configuration = RLPDConfiguration(observationSize: 5, actionSize: 2)
    (configuration.width, configuration.batchRows, configuration.threads) = (4, 4, 1)
    configuration.fineWidths[1] = 0.5
    return configuration
  }()

  fileprivate static func smallLearner() -> RLPD { RLPD(smallConfiguration, seed: 3) }

  /// A policy that is accepted can act, on anything finite.
  private static func readPolicy(_ bytes: [UInt8]) throws {
    let policy = try GaussianPolicy(decoding: bytes)
    var carry = policy.start()
    var stream = RandomStream(seed: 1, name: "act")
    let observation = [Float](repeating: 0.5, count: policy.observationSize)
    let action = acted(policy, on: observation, &carry, &stream)
    guard action.count == policy.actionSize, action.allSatisfy({ abs($0) <= 1 || $0.isNaN }) else {
      throw FuzzFinding("a policy acted outside of -1…1: \(action)")
    }
  }

  private static func acted(
    _ policy: GaussianPolicy, on observation: [Float], _ carry: inout GaussianPolicy.Workspace,
    _ stream: inout RandomStream
  ) -> [Float] {
    var action = [Float](repeating: 0, count: policy.actionSize)
    var room = action.mutableSpan
    policy.act(&carry, on: observation.span, into: &room, using: &stream)
    return action
  }

  /// Files of text that a user writes.
  static let recipes: [FuzzTarget] = [
    recipe("recipe.launch", of: \.launch), recipe("recipe.robot", of: \.robot),
    recipe("recipe.task", of: \.task),
    FuzzTarget(name: "recipe.connector", form: .text, weight: 5) { place in
      let files = try RecipeCopy(place)
      let text = String(decoding: try files.bytes(of: files.task), as: UTF8.self)
      let (head, section, tail) = split(text, at: "connector:")
      let read = { (bytes: [UInt8]) in
        try Data(Data(head.utf8) + bytes + Data(tail.utf8))
          .write(to: URL(fileURLWithPath: files.task))
        try files.load()
      }
      return ([[UInt8](section.utf8)], PlainReader(read: read))
    },
    FuzzTarget(name: "recipe.resolved", form: .text, weight: 5) { place in
      let recipe = try SessionRecipe.load(launchFile: place.recipeFile)
      let path = place.file("resolved.yaml")
      let text = recipe.resolvedYAML(revision: "fuzz", date: "2026-01-01")
      return ([[UInt8](text.utf8)], FileReader(path: path) { try readResolved(path) })
    },
    FuzzTarget(name: "recipe.override", form: .text, weight: 5) { place in
      let samples = [
        "learner.batch=128", "task.connector.hole=0.0009", "robot.joints.home=[0,0,0,0,0,0,0]",
        "task=pcb-insertion-hidden", "endpoints=tcp://127.0.0.1:5000", "learner={width: 3}",
      ]
      let read = PlainReader { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try SessionRecipe.load(launchFile: place.recipeFile, overrides: [text])
      }
      return (samples.map { [UInt8]($0.utf8) }, read)
    },
    FuzzTarget(name: "endpoint", form: .text, weight: 40) { _ in
      let samples = ["ipc://runs/a/sockets/arm", "tcp://127.0.0.1:5555", "tcp://[::1]:*"]
      let read = PlainReader { _ = try Endpoint(String(decoding: $0, as: UTF8.self)) }
      return (samples.map { [UInt8]($0.utf8) }, read)
    },
    keys("keys.secret", in: "secret.key"), keys("keys.allowed", in: "allowed/other.key"),
  ]

  /// A folder of keys with one peer on its list, of which one file is damaged.
  private static func keys(_ name: String, in file: String) -> FuzzTarget {
    FuzzTarget(name: name, form: .text, weight: 20) { place in
      let folder = KeyFolder(place.file("keys"))
      let other = KeyFolder(place.file("others"))
      try folder.create()
      try other.create()
      let key = try other.keyPair().publicKey
      try folder.allow(AllowedPeer(name: "other", key: key, address: "192.168.7.20"))
      let path = folder.path + "/" + file
      let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
      return ([bytes], FileReader(path: path) { _ = try (folder.peers(), folder.security()) })
    }
  }

  private static func recipe(
    _ name: String, of file: any KeyPath<RecipeCopy, String> & Sendable
  ) -> FuzzTarget {
    FuzzTarget(name: name, form: .text, weight: 5) { place in
      let files = try RecipeCopy(place)
      let path = files[keyPath: file]
      return ([try files.bytes(of: path)], FileReader(path: path) { try files.load() })
    }
  }

  /// A section of YAML at the left margin, and what stands before and behind it.
  private static func split(_ text: String, at key: String) -> (String, String, String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0 + "\n" }
    let start = lines.firstIndex { $0.hasPrefix(key) } ?? 0
    let end = lines[(start + 1)...].firstIndex { !$0.hasPrefix(" ") } ?? lines.count
    let (tail, section) = (lines[end...].joined(), lines[start..<end].joined())
    lines.removeSubrange(start...)
    return (lines.joined(), section, tail)
  }

  /// What is accepted can be written down and read again.
  private static func readResolved(_ path: String) throws {
    let recipe = try SessionRecipe.load(launchFile: path)
    let again = path + ".again"
    defer { unlink(again) }
    try Data(recipe.resolvedYAML(revision: "fuzz", date: "2026-01-01").utf8)
      .write(to: URL(fileURLWithPath: again))
    guard try SessionRecipe(resolved: again) == recipe else {
      throw FuzzFinding("a recipe is another after it was written and read")
    }
  }

  /// Figures of enough episodes for every curve.
  private static let curve = [UInt8](
    (1...22).map { number in
      #"{"step":\#(number),"robotSeconds":\#(4 * number),"wallSeconds":\#(number),"#
        + #""values":{"success/last20":0.5,"episode/rewarded":1,"episode/seconds":\#(number)}}"#
        + "\n"
    }.joined().utf8)

  /// Draws a run's learning curves, as one run and as two; one that no episode has ended in has none.
  private static func draw(_ folder: String) {
    let groups = [1, 2].map {
      RunGroup(label: "\($0)", folders: Array(repeating: folder, count: $0))
    }
    _ = try? LearningCurves(groups).svg()
  }

  /// What a run leaves for people.
  static let results: [FuzzTarget] = [
    FuzzTarget(name: "metrics", form: .text, weight: 40) { place in
      let line =
        #"{"step":40,"robotSeconds":4,"wallSeconds":1.5,"#
        + #""values":{"actor1/episode/steps":9,"c":null},"notFinite":["c"]}"#
      let path = place.file("metrics.jsonl")
      let read = FileReader(path: path) {
        let records = try MetricsRecord.records(of: path)
        _ = JoinedEarlier(1, figures: records, steps: nil, robotSeconds: 0)
        draw(place.folder)
        try MetricsLog.cut(path, afterStep: 20)
        _ = try MetricsRecord.records(of: path)
      }
      return ([[UInt8]((line + "\n" + line + "\n").utf8), curve], read)
    },
    FuzzTarget(name: "summary", form: .text, weight: 20) { place in
      try Data("a: 1\n".utf8).write(to: URL(fileURLWithPath: place.file("resolved.yaml")))
      let folder = try RunFolder(opening: place.folder)
      let summary = Summary(
        seed: 1, robot: "panda", task: "pcb", finishReason: .success, steps: 100, episodes: 3,
        rewardedEpisodes: 2, updates: 400, updatesPerStep: 4, successLast20: 0.5,
        robotMinutes: 1.5, demonstrationMinutes: 0.5, wallMinutes: 2.5, replayDigest: "ab",
        weightsDigest: "cd")
      let text = try jsonText(summary, for: "a summary")
      let read = FileReader(path: folder.summary) { _ = try Summary(of: folder) }
      return ([[UInt8](text.utf8)], read)
    },
    FuzzTarget(name: "logs", form: .text, weight: 15) { place in
      let (session, folder) = try place.session()
      let processes = try SessionProcesses(session, folder: folder)
      let read = FileReader(path: folder.log(of: Role.reset.rawValue)) {
        let failure = processes.failure(of: ProcessName(.reset), .status(1))
        _ = processes.failure(of: ProcessName(.reset), .signal(SIGABRT))
        // A log may go on from the middle of a letter.
        let lines = lastLines(of: folder.log(of: Role.reset.rawValue), from: 3)
        guard lines.allSatisfy({ !$0.isEmpty && !$0.contains("\n") }) else {
          throw FuzzFinding("a log's lines are none")
        }
        if failure.description.contains("without a word") { throw SessionFailure("no word") }
      }
      let samples = [
        "a line, µm\nError: no such file\n", "a/b.swift:3: Fatal error: crash\n\n0 in f",
      ]
      return (samples.map { [UInt8]($0.utf8) }, read)
    },
    FuzzTarget(name: "catalogue", form: .binary, weight: 2) { place in
      let path = place.file("episodes.sqlite")
      _ = try Catalogue(path)
      let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
      let read = FileReader(path: path) {
        for rest in ["-wal", "-journal", "-shm"] { unlink(path + rest) }
        _ = try Catalogue(path).entries(CatalogueFilter())
      }
      return ([bytes], read)
    },
  ]
}

/// Reads checkpoints into a learner that stays the same one.
private struct CheckpointReader: FuzzReader {
  func take(_ input: [UInt8]) throws {
    let file = try Safetensors(decoding: input)
    _ = try LearnerCheckpoint(file)
    var learner = FuzzTarget.smallLearner()
    try learner.restore(file)
  }
}

/// A copy of a session's three files.
private struct RecipeCopy {
  let launch: String
  let robot: String
  let task: String

  init(_ place: FuzzPlace) throws {
    let recipe = try SessionRecipe.load(launchFile: place.recipeFile)
    launch = place.file("Launch/a.yaml")
    robot = place.file("Robots/\(recipe.launch.robot)/robot.yaml")
    task = place.file("Tasks/\(recipe.launch.task)/task.yaml")
    try Self.copy(place.recipeFile, to: launch)
    try Self.copy(recipe.robotFolder + "/robot.yaml", to: robot)
    try Self.copy(recipe.taskFolder + "/task.yaml", to: task)
  }

  func bytes(of path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Reads all three; what is accepted makes a control loop or says why not.
  func load() throws {
    let recipe = try SessionRecipe.load(launchFile: launch)
    _ = TaskGeometry(recipe)
    _ = try ControlLoop<CartesianImpedance>(recipe)
  }

  private static func copy(_ file: String, to place: String) throws {
    let url = URL(fileURLWithPath: place)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(contentsOf: URL(fileURLWithPath: file)).write(to: url)
  }
}
