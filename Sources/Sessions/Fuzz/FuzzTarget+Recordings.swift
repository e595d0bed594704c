import Episodes
import Foundation
import Fuzzing
import MCAP
import Messages
import Recipes
import Replay

extension FuzzTarget {
  /// Recorded files, by each of their readers.
  static let recordings: [FuzzTarget] = [
    files("mcap.read", weight: 20, of: .plain, read: readFile),
    files("mcap.zstd", weight: 15, of: .compressed, read: readFile),
    files("mcap.verify", weight: 20, of: .plain) { _ = try MCAPFile.verify($0) },
    files("mcap.recover", weight: 3, of: .plain, read: recoverFile),
    files("episode", weight: 20, of: .plain, read: readEpisode),
    FuzzTarget(name: "demonstrations", form: .records, weight: 8) { place in
      let recipe = try SessionRecipe.load(launchFile: place.recipeFile)
      let folder = try newFolder(place, "demonstrations")
      let entries = DemonstrationFormat(recipe).entries
      let samples = try samples(of: .plain, place, describing: entries)
      let read = FileReader(path: folder + "/demonstration-000000.mcap") {
        var buffer = emptyBuffer(recipe.launch)
        for step in try DemonstrationFolder(folder, for: recipe).steps { buffer.append(step) }
      }
      return (samples, read)
    },
    FuzzTarget(name: "resume", form: .records, weight: 8) { place in
      var launch = try SessionRecipe.load(launchFile: place.recipeFile).launch
      launch.run = place.folder
      _ = try newFolder(place, "episodes")
      let samples = try samples(of: .plain, place, describing: ["isInterrupted": "false"])
      let read = FileReader(path: RecordSession.file(of: 0, in: place.folder)) { [launch] in
        try readResumePoint(launch)
      }
      return (samples, read)
    },
    FuzzTarget(name: "spool", form: .binary, weight: 30) { place in
      let launch = try SessionRecipe.load(launchFile: place.recipeFile).launch
      let read = FileReader(path: place.file(TransitionSpool.name)) {
        var buffer = emptyBuffer(launch)
        for step in try TransitionSpool.transitions(of: place.folder) ?? [] { buffer.append(step) }
      }
      return (try spools(place), read)
    },
  ]

  /// Spools of some transitions, as an actor leaves them.
  private static func spools(_ place: FuzzPlace) throws -> [[UInt8]] {
    var samples = FuzzSamples(seed: place.seed)
    return try (0..<3).map { _ in
      let steps = (0..<4).map { number in
        var step = samples.transition()
        step.sequence = UInt64(number)
        return step
      }
      _ = try TransitionSpool(of: place.folder, after: steps)
      let path = place.file(TransitionSpool.name)
      return [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    }
  }

  private static func files(
    _ name: String, weight: Int, of kind: RawRecording.Kind,
    read: @escaping @Sendable (String) throws -> Void
  ) -> FuzzTarget {
    FuzzTarget(name: name, form: .records, weight: weight) { place in
      let path = place.file("a.mcap")
      return (
        try samples(of: kind, place, describing: [:]), FileReader(path: path) { try read(path) }
      )
    }
  }

  private static func newFolder(_ place: FuzzPlace, _ name: String) throws -> String {
    let folder = place.file(name)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  private static func samples(
    of kind: RawRecording.Kind, _ place: FuzzPlace, describing entries: [String: String]
  ) throws -> [[UInt8]] {
    var samples = FuzzSamples(seed: place.seed)
    return try (0..<4).map { _ in
      try RawRecording.bytes(of: &samples, kind, place.file("sample.mcap"), describing: entries)
    }
  }

  /// A buffer such as a learner puts into what it reads.
  private static func emptyBuffer(_ launch: LaunchRecipe) -> ReplayBuffer {
    ReplayBuffer(
      capacity: 100, observationSize: ObservationLayout.size,
      actionSize: ObservationLayout.actionSize, lookahead: Lookahead(launch.learner))
  }

  private static func readFile(_ path: String) throws {
    let reader = try MCAPReader(opening: path)
    for order in [MCAPReader.Order.file, .time] {
      try reader.forEachMessage(order: order, damage: .skip) { _, _ in }
    }
    _ = try reader.metadata()
    _ = try reader.attachments()
    try reader.forEachMessage { _, _ in }
  }

  /// What is recovered is a good file.
  private static func recoverFile(_ path: String) throws {
    let output = path + ".recovered"
    defer { unlink(output) }
    _ = try MCAPFile.recover(path, to: output)
    let found = try MCAPFile.verify(output)
    guard found.isGood else {
      throw FuzzFinding("what was recovered is damaged: \(found.problems.first?.description ?? "")")
    }
  }

  private static func readEpisode(_ path: String) throws {
    _ = try? EpisodeDescription(of: path)
    let episode = try RecordedEpisode(reading: path)
    _ = (episode.steps, episode.isSuccess, episode.truths)
    _ = try RecordedEpisode(reading: path, .steps).steps
  }

  private static func readResumePoint(_ launch: LaunchRecipe) throws {
    guard let point = try ResumePoint(of: launch) else { throw SessionFailure("no episode") }
    _ = point.isOfThisProgram()
    var buffer = emptyBuffer(launch)
    for step in try point.transitions() { buffer.append(step) }
    // That of a training that has gone on before.
    let (file, origin) = (RecordSession.file(of: 0, in: launch.run), launch.run + "/resume.origin")
    guard rename(file, origin) == 0 else { return }
    defer { unlink(origin) }
    _ = try ResumePoint(of: launch, before: 0).start()
  }
}
