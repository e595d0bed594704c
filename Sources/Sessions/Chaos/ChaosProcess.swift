import Foundation
import Recipes

/// A `kinglet` that chaos starts as a person would, and what it says.
final class ChaosProcess {
  private let process = Process()
  private let output: String

  /// Starts it; `output` begins the names of two files for what it says, `.out` and `.err`.
  init(_ arguments: [String], tapped: [Meeting], output: String) throws {
    self.output = output
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      [Meeting.tapVariable: tapped.map(\.rawValue).joined(separator: ",")]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.file(output + ".out")
    process.standardError = try Self.file(output + ".err")
    try process.run()
  }

  private static func file(_ path: String) throws -> FileHandle? {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    return FileHandle(forWritingAtPath: path)
  }

  var number: Int32 { process.processIdentifier }

  var isRunning: Bool { process.isRunning }

  /// The signal that has ended it; nil where none did.
  var signal: Int32? {
    process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil
  }

  /// What it has ended with.
  var status: Int32 { process.terminationStatus }

  /// The last line of its errors, else of its output.
  var lastWords: String {
    [".err", ".out"].lazy.compactMap { self.text($0).split(separator: "\n").last }.first
      .map(String.init) ?? "no word"
  }

  /// What it has said in a file.
  func text(_ name: String) -> String {
    (try? String(contentsOfFile: output + name, encoding: .utf8)) ?? ""
  }
}
