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

/// Learning curves of groups of runs: rewarded share over steps and over robot time, and how long an
/// insertion takes, which goes on falling when every episode is rewarded.
struct LearningCurves {
  private static let size = (width: 800, height: 420)
  private static let share = "success/last20"
  private static let rewarded = "rewarded of the last 20 episodes"
  private static let duration = "mean time of the last 20 rewarded [s]"
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
    return withDurations(records)
  }

  /// The same with the mean time of the last 20 rewarded episodes, from the twentieth on.
  private static func withDurations(_ records: [MetricsRecord]) -> [MetricsRecord] {
    var latest: [Double] = []
    return records.map { record in
      var record = record
      if record.values["episode/rewarded"] == 1, let seconds = record.values["episode/seconds"] {
        latest = latest.suffix(19) + [seconds]
      }
      if latest.count == 20 { record.values[duration] = latest.reduce(0, +) / 20 }
      return record
    }
  }

  /// The curves, one above the other, as one SVG document.
  func svg() -> String {
    let size = Self.size
    let panels = [
      plot("environment steps", Self.rewarded, title: "Learning curves") {
        SIMD2(Double($0.step), $0.values[Self.share] ?? .nan)
      },
      plot("robot time [min]", Self.rewarded) {
        SIMD2($0.robotSeconds / 60, $0.values[Self.share] ?? .nan)
      },
      plot("robot time [min]", Self.duration, yRange: nil) {
        SIMD2($0.robotSeconds / 60, $0.values[Self.duration] ?? .nan)
      },
    ]
    let drawn = panels.enumerated().map { index, panel in
      let svg = panel.svg(
        width: size.width, height: size.height, identifier: "frame\(index)")
      return "<g transform=\"translate(0 \(index * size.height))\">\n\(svg)</g>\n"
    }
    let height = panels.count * size.height
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(size.width)\" "
      + "height=\"\(height)\" viewBox=\"0 0 \(size.width) \(height)\">\n"
      + drawn.joined() + "</svg>\n"
  }

  private func plot(
    _ xLabel: String, _ yLabel: String, title: String = "",
    yRange: ClosedRange<Double>? = 0...1, point: (MetricsRecord) -> SIMD2<Double>
  ) -> LinePlot {
    LinePlot(
      title: title, xLabel: xLabel, yLabel: yLabel,
      series: groups.compactMap { group in
        let runs = group.runs.map { $0.map(point) }.filter { run in
          run.contains { $0.x.isFinite && $0.y.isFinite }
        }
        guard !runs.isEmpty else { return nil }
        return runs.count > 1
          ? LinePlot.Series(name: "\(group.label) (\(runs.count) runs)", runs: runs)
          : LinePlot.Series(name: group.label, points: runs.flatMap { $0 })
      }, yRange: yRange)
  }
}

extension Commands {
  /// Draws learning curves into an SVG file: `kinglet plot`.
  public static func plot(_ groups: [RunGroup], to file: String) throws {
    guard file.hasSuffix(".svg") else {
      throw SessionFailure("--out \(file): plots are SVG; name a file that ends with .svg")
    }
    try write(Data(LearningCurves(groups).svg().utf8), toFile: file)
  }
}
