import Foundation
import RealTime
import Synchronization

/// What a process of a session says on standard error.
///
/// A pipe that nobody reads and a terminal that was stopped (Ctrl-S) hold whoever writes to them; that
/// must not be who holds an arm. Once opened, a thread of the log's own writes.
final class SessionLog: Sendable {
  private let waiting = Mutex(Waiting())
  private let end = Latch()
  private let ended = Latch()

  /// What may wait to be written [bytes].
  private static let mostBytes = 1 << 16
  /// Time between two writes [ns].
  private static let interval: Int64 = 20_000_000

  private struct Waiting {
    var isOpen = false
    var text = ""
    var lost = 0
  }

  /// Starts the thread that writes: before the process becomes one of the control loop.
  func open() {
    waiting.withLock { $0.isOpen = true }
    Thread.detachNewThread { [self] in
      // Of a thread of the loop's it would have the loop's priority.
      try? RealTimeThread.useNormal()
      var isOver = false
      repeat {
        isOver = end.wait(upTo: Self.interval)
        let (text, lost) = take()
        write(text + (lost > 0 ? "\(lost) more messages found no room\n" : ""), to: STDERR_FILENO)
      } while !isOver
      ended.close()
    }
  }

  /// Says something; where too much waits, it is counted instead.
  func add(_ text: String) {
    let isTaken = waiting.withLock { waiting in
      guard waiting.isOpen else { return false }
      if waiting.text.utf8.count + text.utf8.count <= Self.mostBytes {
        waiting.text += text
      } else {
        waiting.lost += 1
      }
      return true
    }
    if !isTaken { say(text) }
  }

  private func take() -> (text: String, lost: Int) {
    waiting.withLock { waiting in
      defer { (waiting.text, waiting.lost) = ("", 0) }
      return (waiting.text, waiting.lost)
    }
  }

  /// Writes what is left, for half a second at most: before a process ends.
  func close() {
    end.close()
    _ = ended.wait(upTo: 500_000_000)
  }
}
