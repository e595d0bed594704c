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
  }

  private let silence: Int64
  private let standstill: Int64
  private var lives: [ProcessName: Life] = [:]
  private var lastProgress: Int64
  private var lastAttended: Int64
  /// Time without attention after which nobody is judged by it [ns].
  private static let absence: Int64 = 1_000_000_000

  /// A watch that begins at an instant [ns] of the monotonic clock; without `standstillMinutes` nothing
  /// need go on.
  package init(silence: Double, standstillMinutes: Double?, at now: Int64) {
    self.silence = Int64(silence * 1e9)
    standstill = standstillMinutes.map { Int64($0 * 60e9) } ?? .max
    (lastProgress, lastAttended) = (now, now)
  }

  /// Notes that heartbeats are listened to, a few times a second: who was away, stopped or starved, holds
  /// the time against nobody.
  package mutating func attend(at now: Int64) {
    defer { lastAttended = now }
    let away = now - lastAttended
    guard away > Self.absence else { return }
    lastProgress = min(now, lastProgress + away)
    for (name, life) in lives {
      lives[name]?.seen = min(now, life.seen + away)
      lives[name]?.changed = min(now, life.changed + away)
    }
  }

  /// Notes a heartbeat.
  package mutating func note(_ name: ProcessName, progress: UInt64, at now: Int64) {
    let known = lives[name].flatMap { $0.progress == progress ? $0 : nil }
    if name.role == .learner, known == nil { lastProgress = now }
    lives[name] = Life(seen: now, progress: progress, changed: known?.changed ?? now)
  }

  /// Notes that nothing need go on now, for the arm has stopped and waits for a person.
  package mutating func rest(at now: Int64) { lastProgress = now }

  /// Forgets a process that is started anew, or has ended as it should.
  package mutating func forget(_ name: ProcessName) { lives[name] = nil }

  /// What is wrong at an instant; nil when nothing is.
  package func finding(at now: Int64) -> Finding? {
    let oldest = lives.min { $0.value.seen < $1.value.seen }
    if let oldest, now - oldest.value.seen > silence {
      return .silent(oldest.key, seconds: Double(now - oldest.value.seen) * 1e-9)
    }
    guard now - lastProgress > standstill else { return nil }
    let stillest = lives.min { $0.value.changed < $1.value.changed }?.key
    return .standstill(seconds: Double(now - lastProgress) * 1e-9, stillest: stillest)
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
