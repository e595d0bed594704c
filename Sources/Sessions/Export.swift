import Episodes
import Exports
import Foundation
import Messages
import Metrics
import Recipes

/// A format that other programs read.
public enum ExportFormat: String, CaseIterable, Sendable {
  /// LeRobotDataset v3.0, a folder.
  case lerobot
  /// robomimic's HDF5, a file.
  case robomimic
  /// Two tables, a folder.
  case csv
}

/// What was exported.
public struct ExportReport: Report {
  /// Where it stands.
  public var path: String
  /// Its format.
  public var format: String
  /// Episodes.
  public var episodes: Int
  /// Steps.
  public var steps: Int
  /// Its size [bytes].
  public var bytes: Int
  /// Episodes that were left out, and why.
  public var leftOut: [String]

  /// The report for a person.
  public var text: String {
    let lines = [
      "\(path): \(episodes) episodes, \(steps) steps as \(format), "
        + "\(decimal(Double(bytes) * 1e-6, 2)) MB, checked"
    ]
    return (lines + leftOut.map { "left out: \($0)" }).joined(separator: "\n")
  }
}

/// Which episodes of those named are exported.
public enum ExportChoice: Sendable {
  /// All that came to their end.
  case all
  /// Those that succeeded: truly where that is known, else by their reward.
  case successes
}

extension Commands {
  /// Exports recorded episodes: `kinglet export`.
  public static func export(
    _ format: ExportFormat, from paths: [String], to target: String, choice: ExportChoice
  ) throws -> ExportReport {
    let files = try episodeFiles(paths) { $0.hasSuffix(".mcap") }.filter {
      !isOfInnerRun($0, below: paths)
    }
    guard let first = files.first else { throw SessionFailure("nothing to export") }
    let sample = try RecordedEpisode(reading: first, .steps)
    let description = try ExportDescription(sample, first)
    let units = sample.units
    func write<Export: EpisodeExport & ~Copyable>(_ kind: Export.Type) throws -> ExportReport {
      var export = try Export(creating: target, description)
      let left = try feed(files, choice, units) { try export.add($0) }
      return ExportReport(try export.finish(), format, leftOut: left)
    }
    return switch format {
    case .lerobot: try write(LeRobotExport.self)
    case .robomimic: try write(RobomimicExport.self)
    case .csv: try write(CSVExport.self)
    }
  }

  /// Whether a file of a folder that was named belongs to a run within that run, such as an evaluation
  /// of it: named by itself, that is exported too.
  private static func isOfInnerRun(_ file: String, below paths: [String]) -> Bool {
    let above = paths.filter { file.hasPrefix($0 + ($0.hasSuffix("/") ? "" : "/")) }
    guard let path = above.max(by: { $0.count < $1.count }),
      (try? RunFolder(opening: path)) != nil
    else { return false }
    let run = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
    return run.standardizedFileURL != URL(fileURLWithPath: path).standardizedFileURL
  }

  /// Reads files one after another; gives those that were left out.
  private static func feed(
    _ files: [String], _ choice: ExportChoice, _ units: [String?],
    _ add: (ExportedEpisode) throws -> Void
  ) throws -> [String] {
    var left: [String] = []
    for file in files {
      let episode = try RecordedEpisode(reading: file, .steps)
      if episode.description["isInterrupted"] == "true" {
        left.append("\(file): it was cut short")
      } else if choice == .successes, !episode.isSuccess {
        left.append("\(file): no success")
      } else {
        guard episode.units == units else {
          throw SessionFailure(
            "\(file): of another robot, task, rate or scale than \(files[0]); export them apart")
        }
        try add(ExportedEpisode(episode))
      }
    }
    if left.count == files.count {
      throw SessionFailure("nothing to export: " + left.joined(separator: "; "))
    }
    return left
  }
}

extension ExportReport {
  fileprivate init(_ summary: ExportSummary, _ format: ExportFormat, leftOut: [String]) {
    self.init(
      path: summary.path, format: format.rawValue, episodes: summary.episodes,
      steps: summary.steps, bytes: summary.byteCount, leftOut: leftOut)
  }
}

extension RecordedEpisode {
  /// What must agree between episodes of one data set.
  fileprivate var units: [String?] {
    ["robot", "task", "rate", "actionScale", "observationScale"].map { description[$0] }
  }
}

extension ExportDescription {
  /// What an episode's session is.
  fileprivate init(_ episode: RecordedEpisode, _ file: String) throws {
    guard let rate = episode.description["rate"].flatMap(Double.init), rate >= 1,
      rate == rate.rounded()
    else {
      throw SessionFailure(
        "\(file): \(episode.description["rate"] ?? "unknown") steps a second; exports need a whole "
          + "number of them")
    }
    self.init(
      robotType: episode.description["robot"] ?? "unknown", framesPerSecond: Int(rate),
      observationNames: ObservationLayout.names, actionNames: ObservationLayout.actionNames,
      environment: "kinglet/" + (episode.description["task"] ?? "unknown"))
  }
}

extension ExportedEpisode {
  /// The steps of a recorded episode.
  fileprivate init(_ episode: RecordedEpisode) {
    let (steps, transitions) = (episode.steps, episode.steps.map(\.transition))
    var times: [Int64: RecordTime] = [:]
    for record in episode.records {
      if case .observation(let it) = record.record { times[it.tick] = record.time }
    }
    let seen = steps.map { times[$0.action.tick] ?? episode.start }
    var worlds = Dictionary(
      episode.simulatorStates.map { ($0.tick, $0.integration) }, uniquingKeysWith: { $1 })
    worlds[episode.origin.state.tick] = episode.origin.world?.integration
    let states = steps.compactMap { worlds[$0.action.tick] }
    self.init(
      task: episode.description["task"] ?? "unknown", source: episode.path,
      observations: transitions.map(\.observation),
      nextObservations: transitions.map(\.nextObservation),
      actions: transitions.map(\.action), rewards: transitions.map(\.reward),
      ending: Ending(transitions.last?.ending), isSuccess: episode.isSuccess,
      robotSeconds: seen.map { Double($0.robot - episode.start.robot) * 1e-9 },
      wallSeconds: seen.map { Double($0.wall) * 1e-9 },
      states: states.count == steps.count ? states : [],
      modelXML: episode.scene)
  }
}

extension ExportedEpisode.Ending {
  fileprivate init(_ ending: Messages.Ending?) {
    switch ending {
    case .terminal: self = .terminal
    case .timeLimit: self = .timeLimit
    case .interrupted, nil: self = .interrupted
    }
  }
}
