import Episodes
import Foundation
import Geometry
import Messages
import Safety

/// What a recorded episode holds, at a glance.
public struct Inspection: Report {
  /// How often something of a series came.
  public struct Series: Encodable, Sendable {
    /// The series.
    public var topic: String
    /// Records.
    public var count: Int
    /// Records per second of robot time [Hz].
    public var hertz: Double
  }

  /// How long the ticks took on the wall; in lock-step they take what they take.
  public struct TickPeriod: Encodable, Sendable {
    /// Median [ms].
    public var medianMilliseconds: Double
    /// 99 of 100 took at most this [ms].
    public var p99Milliseconds: Double
    /// The longest [ms].
    public var longestMilliseconds: Double
  }

  /// The file.
  public var file: String
  /// What the recorder said of it.
  public var description: [String: String]
  /// Steps.
  public var steps: Int
  /// Robot time from the first record to the last [s].
  public var seconds: Double
  /// The series.
  public var series: [Series]
  /// Ticks on the wall; nil for fewer than two.
  public var tickPeriod: TickPeriod?
  /// Ticks that are missing between the first and the last.
  public var missingTicks: Int
  /// Largest force that the arm estimated [N].
  public var peakEstimatedForceNewtons: Double
  /// Largest true contact force [N]; nil where nobody knows.
  public var peakForceNewtons: Double?
  /// Ticks on which the safety filter changed the torque or a contact began, by why.
  public var safetyInterventions: [String: Int]
  /// Setpoints that the safety filter changed, by why.
  public var setpointInterventions: [String: Int]
  /// Share of actions over the controller's clip, per axis.
  public var clipped: [Double]
  /// Bytes of the file per minute of robot time [MB].
  public var megabytesPerRobotMinute: Double
  /// Lines of the log.
  public var log: [String]
  /// Estimated force, and true height above the seat, over the episode: for the terminal.
  private var curves: [(name: String, values: [Double])] = []

  private enum CodingKeys: String, CodingKey {
    case file, description, steps, seconds, series, tickPeriod, missingTicks
    case peakEstimatedForceNewtons, peakForceNewtons, safetyInterventions
    case setpointInterventions, clipped, megabytesPerRobotMinute, log
  }

  init(_ episode: RecordedEpisode, bytes: Int) {
    file = episode.path
    description = episode.description
    steps = episode.rewards.count
    let times = episode.tickTimes.map(\.robot) + episode.records.map(\.time.robot)
    let span = Double((times.max() ?? 0) - episode.start.robot) * 1e-9
    seconds = span
    series = Self.series(of: episode, seconds: span)
    tickPeriod = Self.period(episode.tickTimes)
    let ticks = episode.states.map(\.tick)
    missingTicks =
      ticks.isEmpty ? 0 : Int((ticks.last ?? 0) - (ticks.first ?? 0)) + 1 - ticks.count
    peakEstimatedForceNewtons = episode.states.map { $0.toolWrench.force.length }.max() ?? 0
    peakForceNewtons = episode.truths.map(\.peakContactForce).max()
    safetyInterventions = Self.reasons(
      episode.safetyInterventions.map(\.events), SafetyEvents.names)
    setpointInterventions = Self.reasons(
      episode.setpointInterventions.map(\.events), SetpointEvents.names)
    clipped = (description["clipped"] ?? "").split(separator: " ").compactMap { Double($0) }
    megabytesPerRobotMinute = span > 0 ? Double(bytes) * 1e-6 / (span / 60) : 0
    log = episode.log.map { "\($0.role): \($0.text)" }
    curves = [
      ("estimated force [N]", episode.states.map { $0.toolWrench.force.length }),
      ("height above the seat [mm]", episode.truths.map { 1e3 * $0.remainingDepth }),
      ("reward", episode.rewards.map { Double($0.reward) }),
    ].filter { !$0.1.isEmpty }
  }

  private static func series(of episode: RecordedEpisode, seconds: Double) -> [Series] {
    var counts: [Topic: Int] = [
      .origin: 1, .state: episode.states.count, .torque: episode.torques.count,
    ]
    for record in episode.records { counts[record.topic, default: 0] += 1 }
    return Topic.allCases.compactMap { topic in
      guard let count = counts[topic], count > 0 else { return nil }
      return Series(
        topic: topic.rawValue, count: count, hertz: seconds > 0 ? Double(count) / seconds : 0)
    }
  }

  private static func period(_ times: [RecordTime]) -> TickPeriod? {
    let periods = zip(times, times.dropFirst()).map { Double($1.wall - $0.wall) * 1e-6 }.sorted()
    guard let longest = periods.last else { return nil }
    return TickPeriod(
      medianMilliseconds: periods[periods.count / 2],
      p99Milliseconds: periods[(periods.count - 1) * 99 / 100], longestMilliseconds: longest)
  }

  private static func reasons(_ events: [UInt16], _ names: [String]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for bits in events {
      for (bit, name) in names.enumerated() where bits >> bit & 1 == 1 {
        counts[name, default: 0] += 1
      }
    }
    return counts
  }

  /// The report for a person.
  public var text: String {
    var lines = [file]
    for key in ["run", "task", "robot", "seed", "episode", "started", "clock", "revision"] {
      if let value = description[key] { lines.append("  " + Self.row(key, value)) }
    }
    let success = description["isSuccess"].map { $0 == "true" ? "success" : "failure" } ?? "unknown"
    lines += [
      "  " + Self.row("result", "\(success), rewarded: \(description["isRewarded"] ?? "unknown")"),
      "  " + Self.row("steps", "\(steps) in \(decimal(seconds, 2)) s"),
      "  " + Self.row("peak force", force),
      "  "
        + Self.row("clipped", clipped.map { decimal(100 * $0, 0) + " %" }.joined(separator: " ")),
      "  " + Self.row("safety, torques", Self.list(safetyInterventions)),
      "  " + Self.row("safety, setpoints", Self.list(setpointInterventions)),
      "  " + Self.row("ticks", ticks),
      "  " + Self.row("size", "\(decimal(megabytesPerRobotMinute, 1)) MB a minute of robot time"),
    ]
    lines += series.map {
      "  " + Self.row($0.topic, "\($0.count) records, \(decimal($0.hertz, 1)) Hz")
    }
    lines += curves.map { "  " + Self.row($0.name, Sparkline.text(of: $0.values, width: 60)) }
    return (lines + log.map { "  " + $0 }).joined(separator: "\n")
  }

  private static func row(_ name: String, _ value: String) -> String {
    name.padding(toLength: max(28, name.count + 1), withPad: " ", startingAt: 0) + value
  }

  private var force: String {
    let estimated = "estimated \(decimal(peakEstimatedForceNewtons, 1)) N"
    return peakForceNewtons.map { "true \(decimal($0, 1)) N, " + estimated } ?? estimated
  }

  private static func list(_ interventions: [String: Int]) -> String {
    interventions.isEmpty
      ? "no intervention"
      : interventions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        .joined(separator: ", ")
  }

  private var ticks: String {
    guard let tickPeriod else { return "none" }
    return "\(missingTicks) missing; on the wall \(decimal(tickPeriod.medianMilliseconds, 3)) ms, "
      + "99 % within \(decimal(tickPeriod.p99Milliseconds, 3)) ms, "
      + "longest \(decimal(tickPeriod.longestMilliseconds, 1)) ms"
  }
}

/// A curve in one line of a terminal.
enum Sparkline {
  /// The largest of each of `width` equal parts, in eight heights from 0 or below to the largest.
  static func text(of values: [Double], width: Int) -> String {
    guard let highest = values.max(), let lowest = values.min() else { return "" }
    let columns = min(width, values.count)
    let (base, span) = (min(0, lowest), max(highest - min(0, lowest), .leastNormalMagnitude))
    let heights = Array("▁▂▃▄▅▆▇█")
    let line = (0..<columns).map { column in
      let part = values[column * values.count / columns..<(column + 1) * values.count / columns]
      let share = ((part.max() ?? base) - base) / span
      return heights[min(7, max(0, Int(share * 8)))]
    }
    return String(line) + "  \(decimal(lowest, 2)) to \(decimal(highest, 2))"
  }
}
