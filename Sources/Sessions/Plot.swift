import Foundation
import Metrics

/// Runs that make one line of a plot: `LABEL=RUN,RUN,RUN`, or one run by itself.
public struct RunGroup: Sendable, Equatable {
  /// Name in the legend.
  public var label: String
  /// The folders of the runs.
  public var folders: [String]

  /// A group of its parts.
  public init(label: String, folders: [String]) {
    self.label = label
    self.folders = folders
  }

  /// The group that an argument of `kinglet plot` names.
  ///
  /// Throws `SessionFailure` where a label or a folder is empty.
  public init(argument: String) throws {
    let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let list = sides.last.map(String.init) ?? ""
    folders = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    label = sides.count == 2 ? String(sides[0]) : URL(fileURLWithPath: list).lastPathComponent
    guard !label.isEmpty, folders.allSatisfy({ !$0.isEmpty }) else {
      throw SessionFailure("\(argument): write RUN, or LABEL=RUN,RUN,...")
    }
  }

  /// The group of each argument; with a `label`, those without one of their own become one group.
  public static func groups(of arguments: [String], label: String?) throws -> [RunGroup] {
    var groups: [RunGroup] = []
    for argument in arguments {
      let group = try RunGroup(argument: argument)
      guard let label, !argument.contains("=") else {
        groups.append(group)
        continue
      }
      if let place = groups.firstIndex(where: { $0.label == label }) {
        groups[place].folders += group.folders
      } else {
        groups.append(RunGroup(label: label, folders: group.folders))
      }
    }
    return groups
  }
}

/// Learning curves of groups of runs: rewarded share over steps and over robot time.
struct LearningCurves {
  private static let size = (width: 800, height: 420)
  private static let share = "success/last20"
  private let groups: [(label: String, runs: [[MetricsRecord]])]

  /// Reads the metrics of every run.
  init(_ groups: [RunGroup]) throws {
    self.groups = try groups.map { group in
      (group.label, try group.folders.map(Self.episodes))
    }
  }

  /// The records of episodes' ends.
  private static func episodes(of folder: String) throws -> [MetricsRecord] {
    let file = folder + "/metrics.jsonl"
    let records = try MetricsRecord.records(of: file).filter { $0.values[share] != nil }
    guard !records.isEmpty else {
      throw SessionFailure("\(file): no episode has ended in it yet")
    }
    return records
  }

  /// Both curves, one above the other, as one SVG document.
  func svg() -> String {
    let size = Self.size
    let panels = [
      plot("environment steps", title: "Learning curves") { Double($0.step) },
      plot("robot time [min]", title: "") { $0.robotSeconds / 60 },
    ]
    let drawn = panels.enumerated().map { index, panel in
      // A document may use an id once.
      let svg = panel.svg(width: size.width, height: size.height)
        .replacingOccurrences(of: "id=\"frame\"", with: "id=\"frame\(index)\"")
        .replacingOccurrences(of: "url(#frame)", with: "url(#frame\(index))")
      return "<g transform=\"translate(0 \(index * size.height))\">\n\(svg)</g>\n"
    }
    let height = panels.count * size.height
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(size.width)\" "
      + "height=\"\(height)\" viewBox=\"0 0 \(size.width) \(height)\">\n"
      + drawn.joined() + "</svg>\n"
  }

  private func plot(
    _ label: String, title: String, x: (MetricsRecord) -> Double
  ) -> LinePlot {
    LinePlot(
      title: title, xLabel: label, yLabel: "rewarded of the last 20 episodes",
      series: groups.map { group in
        let runs = group.runs.map { run in
          run.map { SIMD2(x($0), $0.values[Self.share] ?? .nan) }
        }
        let name = runs.count > 1 ? "\(group.label) (\(runs.count) runs)" : group.label
        return runs.count > 1
          ? LinePlot.Series(name: name, runs: runs)
          : LinePlot.Series(name: name, points: runs.flatMap { $0 })
      }, yRange: 0...1)
  }
}

extension Commands {
  /// Draws learning curves into an SVG file: `kinglet plot`.
  public static func plot(_ groups: [RunGroup], to file: String) throws {
    let text = try LearningCurves(groups).svg()
    do {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
    } catch {
      throw SessionFailure("\(file): cannot be written: \(error.localizedDescription)")
    }
  }
}
