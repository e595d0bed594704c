import Foundation
import RealTime

/// What `launch` knows of its processes' heartbeats: who is silent, and whether anything goes on.
package struct Watch {
  /// What is wrong.
  package enum Finding: Equatable {
    /// A process has given no sign of life for so long [s].
    case silent(ProcessName, seconds: Double)
    /// The learner has learned nothing for so long [s]: either it is stuck, or who it waits for, most
    /// likely the process that has done nothing for longest.
    case standstill(seconds: Double, stillest: ProcessName?)
  }

  private struct Life {
    var seen: Int64
    var progress: UInt64
    /// When the progress was last another.
    var changed: Int64
    /// How long it may be silent [ns].
    var patience: Int64
  }

  private let silence: Int64
  private let standstill: Int64
  private var lives: [ProcessName: Life] = [:]
  private var lastProgress: Int64
  /// Time that `launch` itself was there to listen [ns], see `attend`.
  private var listened: Int64 = 0
  private var lastAttended: Int64
  /// The most that counts of the time between two looks [ns].
  private let longestLook: Int64

  /// A watch that begins at an instant [ns] of the monotonic clock; without `standstillMinutes` nothing
  /// need go on.
  package init(silence: Double, standstillMinutes: Double?, at now: Int64) {
    self.silence = Int64(silence * 1e9)
    longestLook = min(1_000_000_000, self.silence / 2)
    standstill = standstillMinutes.map { Int64($0 * 60e9) } ?? .max
    (lastProgress, lastAttended) = (0, now)
  }

  /// Notes that `launch` looks, as it does a few times a second.
  ///
  /// Everything is measured in time that it listened, so that one who was away, stopped or starved, holds the
  /// time against nobody.
  private mutating func attend(at now: Int64) {
    listened += min(max(0, now - lastAttended), longestLook)
    lastAttended = max(now, lastAttended)
  }

  /// Notes a heartbeat.
  package mutating func note(_ name: ProcessName, progress: UInt64, at now: Int64) {
    attend(at: now)
    let known = lives[name].flatMap { $0.progress == progress ? $0 : nil }
    if name.role == .learner, known == nil { lastProgress = listened }
    lives[name] = Life(
      seen: listened, progress: progress, changed: known?.changed ?? listened, patience: silence)
  }

  /// Notes a process that is just being started: until its first heartbeat it has 15 s at least.
  package mutating func expect(_ name: ProcessName, at now: Int64) {
    note(name, progress: 0, at: now)
    lives[name]?.patience = max(15_000_000_000, silence)
  }

  /// Notes that nothing need go on now, for the arm has stopped and waits for a person.
  package mutating func rest(at now: Int64) {
    attend(at: now)
    lastProgress = listened
  }

  /// Forgets a process that is started anew, or has ended as it should.
  package mutating func forget(_ name: ProcessName) { lives[name] = nil }

  /// What is wrong at an instant; nil when nothing is.
  package mutating func finding(at now: Int64) -> Finding? {
    attend(at: now)
    let overdue = lives.filter { listened - $1.seen > $1.patience }
    if let oldest = overdue.min(by: { $0.value.seen < $1.value.seen }) {
      return .silent(oldest.key, seconds: Double(listened - oldest.value.seen) * 1e-9)
    }
    guard listened - lastProgress > standstill else { return nil }
    let stillest = lives.min { $0.value.changed < $1.value.changed }?.key
    return .standstill(seconds: Double(listened - lastProgress) * 1e-9, stillest: stillest)
  }
}

extension Watch.Finding {
  /// One line for a person; `process` is the number of the silent one.
  func line(process: Int32?) -> String {
    switch self {
    case .silent(let name, let seconds):
      let state =
        process.map { Self.state(of: $0) == "T" ? "it is stopped (SIGSTOP)" : "it hangs" }
        ?? "it hangs, was killed, or is cut off"
      let number = process.map { ", process \($0)," } ?? ""
      return
        "\(name)\(number) has given no sign of life for \(decimal(seconds, 0)) s: \(state)"
    case .standstill(let seconds, let stillest):
      return
        "the learner has learned nothing for \(decimal(seconds / 60, 1)) min though every process lives"
        + (stillest.map { "; for longest nothing was done by the process \($0)" } ?? "")
    }
  }

  /// What the kernel says of a process: R runs, S sleeps, T is stopped.
  private static func state(of process: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[end...].split(separator: " ").dropFirst().first.map(String.init)
  }
}
