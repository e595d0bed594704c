import Foundation
import Fuzzing
import RealTime

/// A child of a search, and its journal.
final class FuzzChildProcess {
  /// How a child ended.
  enum Outcome {
    case done
    /// It was told to end before.
    case cutShort
    case hung
    case crashed(String)
  }

  let journal: Journal
  private let process = Process()
  private let log: String

  init(
    _ target: FuzzTarget, _ options: FuzzOptions, in folder: String, first: UInt64, count: UInt64
  ) throws {
    let place = folder + "/" + target.name
    // What an earlier child left must not decide what this one does.
    try? FileManager.default.removeItem(atPath: place)
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let path = folder + "/journal"
    unlink(path)
    guard let journal = Journal(path) else { throw SessionFailure("\(path): cannot be mapped") }
    self.journal = journal
    log = folder + "/log"
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "fuzz", "child", "--supervised-by", "\(ProcessInfo.processInfo.processIdentifier)",
      target.name, "\(options.seed)", "\(first)", "\(count)", path, place, options.recipeFile,
    ]
    if let input = options.input { process.arguments?.append(input) }
    // A backtrace takes seconds, and the input tells more.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no"]
    ) { $1 }
    guard FileManager.default.createFile(atPath: log, contents: nil) else {
      throw SessionFailure("\(log): cannot be written")
    }
    let handle = FileHandle(forWritingAtPath: log)
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Waits until the child ends, or ends it when an input takes too long [s] or time is over.
  func watch(
    patience: (input: Double, preparation: Double), until limit: Deadline?, stop: StopSignal
  ) -> Outcome {
    var (seen, since) = (UInt64.max, MonotonicClock.now)
    while process.isRunning {
      usleep(2000)
      let now = MonotonicClock.now
      // A journal that is done stands still too.
      let work = journal[.number] &* 4 &+ journal[.stage]
      if work != seen { (seen, since) = (work, now) }
      if stop.count > 0 || limit?.isPast(at: now) == true { return end(as: .cutShort) }
      let most = journal.stage == .running ? patience.input : patience.preparation
      if Double(now - since) * 1e-9 > most { return end(as: .hung) }
    }
    return journal.stage == .done && process.terminationStatus == 0 ? .done : .crashed(reason)
  }

  private func end(as outcome: Outcome) -> Outcome {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return outcome
  }

  private var reason: String {
    let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    let lines = text.split(separator: "\n")
    let said = lines.first { $0.contains("Fatal error") } ?? lines.last ?? "it said nothing"
    return "\(SessionProcesses.Ending(process)): \(said)"
  }
}
