import Foundation
import RealTime
import Synchronization

/// What a process of a session says on standard error, without waiting for anybody.
///
/// A pipe that nobody reads and a terminal that was stopped (Ctrl-S) hold whoever writes to them; that
/// must not be who holds an arm. A thread of its own writes, for as long as there is something.
final class SessionLog: Sendable {
  private let waiting = Mutex(Waiting())

  /// What may wait to be written [bytes].
  private static let mostBytes = 1 << 16

  private struct Waiting {
    var text = ""
    var lost = 0
    var isWriting = false
  }

  /// Takes text that is to be said; where too much waits, it is counted instead.
  func add(_ text: String) {
    let isFirst = waiting.withLock { waiting in
      if waiting.text.utf8.count + text.utf8.count <= Self.mostBytes {
        waiting.text += text
      } else {
        waiting.lost += 1
      }
      defer { waiting.isWriting = true }
      return !waiting.isWriting
    }
    guard isFirst else { return }
    Thread.detachNewThread { [self] in
      // Of a thread of the loop's it would have the loop's priority.
      try? RealTimeThread.useNormal()
      while let text = take() { write(text, to: STDERR_FILENO) }
    }
  }

  private func take() -> String? {
    waiting.withLock { waiting in
      let lost = waiting.lost > 0 ? "\(waiting.lost) more messages found no room\n" : ""
      let text = waiting.text + lost
      waiting = Waiting(isWriting: !text.isEmpty)
      return text.isEmpty ? nil : text
    }
  }

  /// Waits until everything is written, or for so long [ns]: before a process ends.
  func flush(within nanoseconds: Int64) {
    let deadline = Deadline(in: nanoseconds)
    while waiting.withLock({ $0.isWriting }), !deadline.isPast() { usleep(1000) }
  }
}
