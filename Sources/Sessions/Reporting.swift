import Foundation
import Glibc
import Metrics
import RealTime

/// Writes a whole file in the place of an earlier one; an error is one line.
func write(_ data: Data, toFile path: String) throws {
  var isFolder: ObjCBool = false
  if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
    throw SessionFailure("\(path): is a folder; name a file in it")
  }
  let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
  guard FileManager.default.fileExists(atPath: parent) else {
    throw SessionFailure("\(path): there is no folder \(parent)")
  }
  do {
    try data.write(to: URL(fileURLWithPath: path), options: .atomic)
  } catch {
    throw SessionFailure("\(path): cannot be written; may you write there, and is the disk full?")
  }
}

/// Writes to a descriptor what it takes: a full disk must not end who only says something.
func write(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}

/// Says something on standard error; where nobody takes it within a second, it is dropped: what is said
/// last must not keep a process from ending.
func say(_ text: String) {
  let deadline = Deadline(in: 1_000_000_000)
  var room = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
  repeat {
    // A signal ends a poll early.
    if poll(&room, 1, 100) > 0 { return write(text, to: STDERR_FILENO) }
  } while !deadline.isPast()
}

/// Where a command says how far it is.
public enum Reporting: Sendable {
  /// Nowhere: standard output is for one JSON object.
  case none
  /// On standard output: one line rewritten on a terminal, plain lines elsewhere.
  case standardOutput

  /// What kind of place standard output is.
  var destination: ProgressLine.Destination {
    guard self == .standardOutput, isatty(STDOUT_FILENO) == 1 else { return .plain }
    var size = winsize()
    let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20
    return .terminal(width: isKnown ? Int(size.ws_col) : 80)
  }

  /// Writes warnings, a line each.
  func warn(of warnings: [String]) {
    for warning in warnings { write("warning: \(warning)\n") }
  }

  /// Writes text as it is.
  func write(_ text: String) {
    guard self == .standardOutput else { return }
    Sessions.write(text, to: STDOUT_FILENO)
  }
}
