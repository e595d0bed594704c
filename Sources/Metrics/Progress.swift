import Foundation

/// Where a training stands, for a person.
public struct Progress: Sendable, Equatable {
  /// Environment steps so far.
  public var step: Int
  /// Environment steps at the latest end; nil where another decides the end.
  public var steps: Int?
  /// Robot time so far [s].
  public var robotSeconds: Double
  /// Robot time at the latest end [s].
  public var robotSecondsLimit: Double
  /// Wall time so far [s].
  public var wallSeconds: Double
  /// Critic updates per second of wall time, lately; nil where another learns.
  public var updatesPerSecond: Double?
  /// Episodes so far.
  public var episodes: Int
  /// Rewarded share of the last 20 episodes, nil before the first.
  public var successLast20: Double?
  /// Step that this process began at, above 0 for a run that goes on.
  public var firstStep: Int
  /// Wall time that this process began at [s].
  public var firstWallSeconds: Double

  /// A progress of its parts.
  public init(
    step: Int, steps: Int?, robotSeconds: Double, robotSecondsLimit: Double, wallSeconds: Double,
    updatesPerSecond: Double?, episodes: Int, successLast20: Double?, firstStep: Int = 0,
    firstWallSeconds: Double = 0
  ) {
    self.step = step
    self.steps = steps
    self.robotSeconds = robotSeconds
    self.robotSecondsLimit = robotSecondsLimit
    self.wallSeconds = wallSeconds
    self.updatesPerSecond = updatesPerSecond
    self.episodes = episodes
    self.successLast20 = successLast20
    self.firstStep = firstStep
    self.firstWallSeconds = firstWallSeconds
  }

  /// Wall time to the latest end at the pace so far [s], nil before the first step, and where another
  /// decides the end.
  public var remainingSeconds: Double? {
    guard let steps, step > firstStep, wallSeconds > firstWallSeconds else { return nil }
    let secondsPerStep = (wallSeconds - firstWallSeconds) / Double(step - firstStep)
    let bySteps = Double(steps - step) * secondsPerStep
    // Robot time per step is the same whatever part of the run this process has seen.
    let robotPerStep = robotSeconds / Double(step)
    guard robotPerStep > 0 else { return max(0, bySteps) }
    let byRobotTime = (robotSecondsLimit - robotSeconds) / robotPerStep * secondsPerStep
    return max(0, min(bySteps, byRobotTime))
  }

  /// One line of at most `width` characters: what matters least is left out first.
  public func line(width: Int) -> String {
    let success = successLast20.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
    let left = remainingSeconds.map { clockText($0) } ?? "-"
    let rate = updatesPerSecond.map { (text: "\(rateText($0)) updates/s", rank: 5) }
    let end = steps.map { _ in (text: "ETA \(left)", rank: 2) }
    // In the order of the line, with the order in which parts give way.
    let parts: [(text: String, rank: Int)] =
      [
        ("step \(step)" + (steps.map { "/\($0)" } ?? ""), 0), ("success \(success) of last 20", 1),
        ("episodes \(episodes)", 6), ("robot \(clockText(robotSeconds))", 3),
        ("wall \(clockText(wallSeconds))", 4),
      ] + [rate, end].compactMap { $0 }
    let all = (parts.map(\.rank).max() ?? 0) + 1
    for kept in stride(from: all, to: 0, by: -1) {
      let line = parts.filter { $0.rank < kept }.map(\.text).joined(separator: "  ")
      if line.count <= width { return line }
    }
    return String(parts[0].text.prefix(max(0, width)))
  }
}

/// m:ss, or h:mm:ss from an hour on.
func clockText(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "-" }
  let whole = Int(max(0, seconds).rounded(.down))
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  let two = { (n: Int) in n < 10 ? "0\(n)" : "\(n)" }
  return hours > 0
    ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
}

private func rateText(_ rate: Double) -> String {
  guard rate.isFinite, abs(rate) < 1e9 else { return "-" }
  return rate < 10 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))"
}

/// Decides when to show progress and how: one line rewritten on a terminal, now and then a line of
/// its own elsewhere.
///
/// Holds no output: the caller prints what it returns.
public struct ProgressLine: Sendable {
  /// Where the lines go.
  public enum Destination: Sendable, Equatable {
    /// A terminal of so many columns.
    case terminal(width: Int)
    /// A file or a pipe.
    case plain
  }

  private let destination: Destination
  private let interval: Double
  private var lastShown: Double?

  /// Lines for a destination, at least `interval` seconds of wall time apart: by default 0.2 on a
  /// terminal and 30 elsewhere.
  public init(to destination: Destination, interval: Double? = nil) {
    self.destination = destination
    self.interval = interval ?? (destination == .plain ? 30 : 0.2)
  }

  /// What to print now, or nil when it is too early for another line.
  public mutating func text(for progress: Progress) -> String? {
    if let lastShown, progress.wallSeconds - lastShown < interval { return nil }
    lastShown = progress.wallSeconds
    switch destination {
    case .terminal(let width): return "\r" + progress.line(width: width - 1) + "\u{1B}[K"
    case .plain: return progress.line(width: 200) + "\n"
    }
  }

  /// What to print before other text, so that it starts on a line of its own.
  public mutating func interruption() -> String {
    guard destination != .plain, lastShown != nil else { return "" }
    lastShown = nil
    return "\r\u{1B}[K"
  }

  /// What to print at the end.
  public func lastText(for progress: Progress) -> String {
    switch destination {
    case .terminal(let width): "\r" + progress.line(width: width - 1) + "\u{1B}[K\n"
    case .plain: progress.line(width: 200) + "\n"
    }
  }
}
