import Foundation
import Metrics

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

  /// Writes text as it is.
  func write(_ text: String) {
    guard self == .standardOutput else { return }
    FileHandle.standardOutput.write(Data(text.utf8))
  }
}
