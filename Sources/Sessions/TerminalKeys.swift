import Foundation
import Glibc
import Metrics
import RealTime

/// The keys of a person who watches a training at a terminal: s stops every arm, r lets its own go on.
///
/// Elsewhere, and in the background, there are none. The terminal is given back as it was.
struct TerminalKeys: ~Copyable {
  private let run: String
  private let holdsArm: Bool
  private let reporting: Reporting
  private var before: termios?

  /// Keys for the session in a run's folder, whose own arm it may hold.
  init(of run: String, holdsArm: Bool, _ reporting: Reporting) {
    self.run = run
    self.holdsArm = holdsArm
    self.reporting = reporting
    _ = takeTerminal()
  }

  /// Sees to it that keys come at once and unseen.
  ///
  /// Ctrl-C still is a signal. False where there are no keys. Not only once: a shell that brings a
  /// stopped training back has set the terminal its own way.
  private mutating func takeTerminal() -> Bool {
    guard case .terminal = reporting.destination, isatty(STDIN_FILENO) == 1,
      tcgetpgrp(STDIN_FILENO) == getpgrp()
    else { return false }
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return false }
    guard settings.c_lflag & tcflag_t(ICANON | ECHO) != 0 else {
      before = before ?? settings
      return true
    }
    before = settings
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    return tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0
  }

  deinit {
    // From the background it is another's.
    guard var before, tcgetpgrp(STDIN_FILENO) == getpgrp() else { return }
    tcsetattr(STDIN_FILENO, TCSANOW, &before)
  }

  /// What to say about them.
  var hint: String { before == nil ? "" : ", and so does the key r" }

  /// Does what the keys since the last look ask for; says whether there were any.
  mutating func serve(_ say: (String) -> Void) -> Bool {
    var isAsked = false
    guard takeTerminal() else { return false }
    while let key = nextKey() {
      isAsked = true
      let words: String
      switch key {
      case UInt8(ascii: "s"), UInt8(ascii: " "): words = stop()
      case UInt8(ascii: "r"): words = recover()
      default:
        words =
          holdsArm
          ? "s stops every arm, r lets this one go on, Ctrl-C finishes"
          : "s stops every arm, `kinglet recover \(run)/actors/K` lets one go on, Ctrl-C finishes the training"
      }
      say(words)
    }
    return isAsked
  }

  private mutating func stop() -> String {
    do {
      return try Commands.stop(run: run, because: "the key s").text
    } catch {
      return "\(error)"
    }
  }

  private mutating func recover() -> String {
    do {
      return try Commands.recover(run: run, because: "the key r").text
    } catch {
      return "\(error)"
    }
  }

  private func nextKey() -> UInt8? {
    var item = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    var key: UInt8 = 0
    guard poll(&item, 1, 0) == 1, read(STDIN_FILENO, &key, 1) == 1 else { return nil }
    return key
  }
}

/// Looks for the keys of a person from a thread of its own, where the main one acts.
final class KeyWatch: Sendable {
  private let end = Latch()
  private let ended = Latch()

  /// Looks for them until `stop`.
  init(of run: String, _ reporting: Reporting) {
    Thread.detachNewThread { [self] in
      watch(run, reporting)
      ended.close()
    }
  }

  private func watch(_ run: String, _ reporting: Reporting) {
    var keys = TerminalKeys(of: run, holdsArm: true, reporting)
    repeat {
      _ = keys.serve { reporting.write($0 + "\n") }
    } while !end.wait(upTo: 50_000_000)
  }

  /// Gives the terminal back.
  func stop() {
    end.close()
    _ = ended.wait(upTo: 5_000_000_000)
  }
}
