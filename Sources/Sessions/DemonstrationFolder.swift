import Episodes
import Foundation
import Messages
import Recipes
import Replay

/// Recorded episodes that a learner learns from: every `.mcap` file of a folder.
struct DemonstrationFolder {
  /// The steps, in the order of the files.
  private(set) var steps: [Demonstration] = []
  /// Robot time from the first reset to the end of the last episode [min].
  private(set) var robotMinutes = 0.0

  /// Whether a folder holds any.
  static func exists(_ path: String) -> Bool { !files(of: path).isEmpty }

  /// Reads a folder, for a session of a recipe.
  ///
  /// Throws with the first file that cannot be read or was made for something else.
  init(_ path: String, for recipe: SessionRecipe) throws {
    let cure = "record anew with `kinglet demonstrate`, or name another demonstrations.folder"
    for file in Self.files(of: path) {
      let episode: RecordedEpisode
      do {
        episode = try RecordedEpisode(reading: file, .steps)
      } catch {
        throw SessionFailure("\(error); \(cure)")
      }
      for (key, wanted) in DemonstrationFormat(recipe).entries.sorted(by: { $0.key < $1.key }) {
        let found = episode.description[key]
        guard found != wanted else { continue }
        throw SessionFailure(
          "\(file): made for \(key) \"\(found ?? "unknown")\", this session has \"\(wanted)\"; "
            + cure)
      }
      try add(episode, from: file, cure: cure)
    }
    guard !steps.isEmpty else {
      throw SessionFailure("\(path): holds no recorded episode; \(cure)")
    }
  }

  private mutating func add(_ episode: RecordedEpisode, from file: String, cure: String) throws {
    for recorded in episode.steps {
      let meant = recorded.action.intended
      var step = Demonstration(
        transition: recorded.transition,
        intendedAction: meant.isEmpty ? recorded.transition.action : meant)
      step.transition.sequence = UInt64(steps.count)
      if let fault = step.fault { throw SessionFailure("\(file): holds \(fault); \(cure)") }
      steps.append(step)
    }
    let end = episode.records.map(\.time.robot).max() ?? 0
    robotMinutes = max(robotMinutes, Double(end) * 1e-9 / 60)
  }

  private static func files(of path: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".mcap") }.sorted().map { path + "/" + $0 }
  }

  /// Throws unless demonstrations may be put at a path: nothing is there, or nothing but episodes.
  static func checkReplaceable(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let foreign = isFolder.boolValue ? names.sorted().first { !isOurs($0) } : path
    guard let foreign else { return }
    throw SessionFailure(
      "demonstrations.folder \(path): \(foreign) is no recorded episode and would be lost; "
        + "name another folder")
  }

  /// Whether a file of a folder is one that `keep` made, or the index of them.
  private static func isOurs(_ name: String) -> Bool {
    name.hasPrefix("demonstration-") && name.hasSuffix(".mcap") || name == "episodes.sqlite"
  }

  /// Puts recorded episodes where demonstrations are looked for, all at once.
  ///
  /// Files are linked where that is possible, else copied. An earlier folder is replaced.
  static func keep(_ files: [String], as path: String) throws {
    let manager = FileManager.default
    let draft = path + ".part"
    try? manager.removeItem(atPath: draft)
    try manager.createDirectory(atPath: draft, withIntermediateDirectories: true)
    for (index, file) in files.enumerated() {
      let place = draft + "/" + String(format: "demonstration-%06d.mcap", index)
      if (try? manager.linkItem(atPath: file, toPath: place)) == nil {
        try manager.copyItem(atPath: file, toPath: place)
      }
    }
    let earlier = path + ".earlier"
    try? manager.removeItem(atPath: earlier)
    if manager.fileExists(atPath: path) { try manager.moveItem(atPath: path, toPath: earlier) }
    try manager.moveItem(atPath: draft, toPath: path)
    try? manager.removeItem(atPath: earlier)
  }
}

extension Demonstration {
  /// Why this project's learners cannot take the step; nil when they can.
  var fault: String? {
    fault(observationSize: ObservationLayout.size, actionSize: ObservationLayout.actionSize)
  }
}

extension Transition {
  /// See `Demonstration.fault`.
  var fault: String? { Demonstration(transition: self, intendedAction: action).fault }
}

/// What an episode must share with a session to be of use to its learner.
struct DemonstrationFormat {
  /// Entries of an episode's description.
  let entries: [String: String]

  init(_ recipe: SessionRecipe) {
    let scale = recipe.task.observation.scale
    entries = [
      "robot": recipe.robot.name, "task": recipe.task.name, "rate": "\(recipe.task.rate)",
      "actionScale": "\(recipe.task.action.translation) \(recipe.task.action.rotation)",
      "observationScale": "\(scale.position) \(scale.rotation) \(scale.velocity) "
        + "\(scale.angularVelocity) \(scale.force) \(scale.torque)",
    ]
  }
}
