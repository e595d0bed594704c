import Foundation
import Testing

/// Runs the built `kinglet` as a user would, in a scratch folder of its own.
struct KingletProcess {
  /// What a finished run left.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Root of the repository: Tests/SessionsTests/ is two levels below it.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The executable beside the test bundle, which the same build made.
  static let executable: URL = {
    let beside = Bundle.allBundles.map(\.bundleURL) + [Bundle.main.bundleURL]
    let folders = beside.map { $0.pathExtension == "xctest" ? $0.deletingLastPathComponent() : $0 }
    let candidates =
      folders.map { $0.appendingPathComponent("kinglet") }
      + [root.appendingPathComponent(".build/release/kinglet")]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
      ?? candidates[0]
  }()

  let process = Process()
  private let outputFile: URL
  private let errorFile: URL

  /// Starts `kinglet` with arguments, in the repository's root or another folder, with more in its
  /// environment; `by` is a program that starts it in its own way.
  init(
    _ arguments: [String], scratch: Scratch, input: Pipe? = nil, in folder: URL = Self.root,
    environment: [String: String] = [:], by starter: [String] = []
  ) throws {
    outputFile = scratch.url.appendingPathComponent(UUID().uuidString)
    errorFile = scratch.url.appendingPathComponent(UUID().uuidString)
    for file in [outputFile, errorFile] {
      try #require(FileManager.default.createFile(atPath: file.path, contents: nil))
    }
    let words = starter + [Self.executable.path] + arguments
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    if let input {
      process.standardInput = input
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try Self.start(process)
  }

  /// Starts a process, one at a time: Foundation lets one that is started on another thread inherit the
  /// pipe by whose end it notices that this one has ended.
  static func start(_ process: Process) throws {
    starting.lock()
    defer { starting.unlock() }
    try process.run()
  }

  private static let starting = NSLock()

  /// Ends it at once, if it still runs: what a test that fails must do.
  func end() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// What it has written to standard output so far.
  func output() throws -> String { try String(contentsOf: outputFile, encoding: .utf8) }

  /// What it has written to standard error so far.
  func errors() throws -> String { try String(contentsOf: errorFile, encoding: .utf8) }

  /// Waits for the end; a run that outlives its limit is killed and fails the test.
  func finish(within seconds: Double = 240) throws -> Outcome {
    let deadline = DispatchTime.now() + seconds
    while process.isRunning {
      if DispatchTime.now() > deadline {
        kill(process.processIdentifier, SIGKILL)
        Issue.record("kinglet \(process.arguments ?? []) did not end within \(seconds) s")
      }
      usleep(10_000)
    }
    return Outcome(
      status: process.terminationStatus,
      output: try String(contentsOf: outputFile, encoding: .utf8),
      errors: try String(contentsOf: errorFile, encoding: .utf8))
  }

  /// Runs to the end.
  static func run(
    _ arguments: [String], scratch: Scratch, in folder: URL = Self.root
  ) throws -> Outcome {
    try KingletProcess(arguments, scratch: scratch, in: folder).finish()
  }

  /// Processes whose command line holds a text.
  static func running(with text: String) -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap(Int32.init).filter { id in
      guard let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else {
        return false
      }
      return String(decoding: line, as: UTF8.self).contains(text)
    }
  }

  /// True once no process names a text any more.
  static func isGone(_ text: String, within seconds: Double = 10) -> Bool {
    let deadline = DispatchTime.now() + seconds
    while !running(with: text).isEmpty {
      if DispatchTime.now() > deadline { return false }
      usleep(20_000)
    }
    return true
  }
}

/// A folder for one test, removed with it.
///
/// Short, because socket paths are.
final class Scratch: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("kl-" + UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
