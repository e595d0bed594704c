import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import Wire

/// One training under chaos: real processes in a folder of its own, ended and resumed as often as
/// faults end them.
final class ChaosRun {
  /// How a session answered a fault.
  enum Answer: Equatable {
    /// An episode came to its end after it.
    case wentOn
    /// It ended, and said why in one line.
    case ended(String)
    /// Neither, in time, or it ended without a word.
    case hung(String)
  }

  let recipe: SessionRecipe
  let tapped: [Meeting]
  private let seed: UInt64
  private let launchFile: String
  private let overrides: [String]
  private var process: Process?
  private var taps: ChaosTaps?
  private(set) var starts = 0
  private var flight: FlightView?
  private var taken: UInt64 = 0
  /// Times that a stopped arm was let go on.
  private(set) var recoveries = 0

  var run: String { recipe.launch.run }

  init(
    _ launchFile: String, overrides: [String], tapped: [Meeting], seed: UInt64
  ) throws {
    self.launchFile = launchFile
    self.overrides = overrides
    recipe = try SessionRecipe.load(launchFile: launchFile, overrides: overrides)
    self.tapped = tapped
    self.seed = seed
  }

  /// Starts the training, or goes on with it.
  func start() throws {
    let isNew = starts == 0
    starts += 1
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = isNew ? ["launch", launchFile] + overrides : ["launch", "--resume", run]
    process.environment = ProcessInfo.processInfo.environment.merging(
      [Meeting.tapVariable: tapped.map(\.rawValue).joined(separator: ",")]) { $1 }
    process.standardInput = FileHandle.nullDevice
    for (name, set) in [("out", true), ("err", false)] {
      let path = run + ".\(name)"
      if !FileManager.default.fileExists(atPath: path) {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
      }
      let handle = FileHandle(forWritingAtPath: path)
      try handle?.truncate(atOffset: 0)
      if set { process.standardOutput = handle } else { process.standardError = handle }
    }
    try process.run()
    self.process = process
    // `launch` makes the folder of the sockets before it starts anybody.
    let session = try SessionContext(recipe: recipe, isSupervised: false)
    _ = wait(60) { FileManager.default.fileExists(atPath: run + "/sockets") || !isRunning }
    taps = ChaosTaps(tapped, of: session, seed: seed &+ UInt64(starts))
  }

  /// Waits until an episode has come to its end; false when that does not happen in time.
  func awaitEpisode(within seconds: Double) -> Bool {
    let before = episodes()
    return wait(seconds) { episodes() > before || !isRunning } && isRunning
  }

  var isRunning: Bool { process?.isRunning ?? false }

  /// Episodes that have come to their end, by the run's figures.
  func episodes() -> Int {
    let text = try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
    return text?.split(separator: "\n").count { $0.contains("episode/steps") } ?? 0
  }

  /// The process of a role; `launch` for nil.
  func number(of role: Role?) -> Int32? {
    guard let role else { return process?.processIdentifier }
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.lazy.compactMap(Int32.init).first { number in
      let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.dropFirst().first == role.rawValue && words.contains(self.run + "/resolved.yaml")
    }
  }

  /// Does what a fault says; returns once it is over, and whether it struck anything.
  func inject(_ fault: ChaosFault) throws -> Bool {
    switch fault {
    case .kill(let role): return signal(SIGKILL, role)
    case .pause(let role, let seconds):
      let hasStruck = signal(SIGSTOP, role)
      _ = wait(seconds) { !isRunning }
      signal(SIGCONT, role)
      return hasStruck
    case .line(let meeting, let fault, let probability, let seconds):
      let before = taps?.hits ?? 0
      taps?.make(fault, at: meeting, probability: probability, seconds: seconds)
      _ = wait(seconds) { !isRunning }
      return taps?.hits ?? 0 > before
    case .fullDisk(let role):
      guard isRunning, let number = number(of: role) else { return false }
      try FileSizeLimit.set(0, of: number)
      _ = wait(1) { !isRunning }
      // Who has ended for it needs it back no more.
      if isRunning, self.number(of: role) == number { try FileSizeLimit.set(nil, of: number) }
      return true
    case .userStop:
      do { return try personStops().mode == .userStopped } catch { return false }
    }
  }

  private func personStops() throws -> DriverStatus {
    var link = try StopLink(run: run)
    return try link.stop(because: "chaos")
  }

  /// Sends a signal to a process of the session, if it is there.
  @discardableResult private func signal(_ signal: Int32, _ role: Role?) -> Bool {
    guard role != nil || isRunning, let number = number(of: role) else { return false }
    return kill(number, signal) == 0
  }

  /// What a process of the run that crashed has said of it; nil when none did.
  func crash() -> String? {
    let logs = (try? FileManager.default.contentsOfDirectory(atPath: run + "/logs")) ?? []
    for name in logs.sorted() {
      let text = (try? String(contentsOfFile: run + "/logs/" + name, encoding: .utf8)) ?? ""
      if let line = text.split(separator: "\n").first(where: { $0.contains("Fatal error") }) {
        return "\(name): \(line)"
      }
    }
    return nil
  }

  /// The ticks recorded since this was last asked for.
  func ticks() -> [FlightEntry] {
    var found = flight?.entries(from: taken) ?? []
    taken = flight?.count ?? 0
    if let newer = FlightView(run: run), newer.begun != flight?.begun ?? 0 {
      found += newer.entries(from: 0)
      (flight, taken) = (newer, newer.count)
    }
    return found
  }

  /// Waits for the session's answer to a fault; lets a stopped arm go on, as a person would.
  func answer(to fault: ChaosFault, within seconds: Double) -> Answer {
    let before = episodes()
    let deadline = Deadline(in: Int64(seconds * 1e9))
    while !deadline.isPast() {
      if !isRunning { return ending(of: fault) }
      // Two: the first may have been over already when the fault came.
      if episodes() >= before + 2 { return .wentOn }
      if let mode = FlightView(run: run)?.latest?.driverMode, Self.isStopped(mode), letGo() {
        recoveries += 1
      }
      usleep(20_000)
    }
    return isRunning
      ? .hung("nothing goes on after \(Int(seconds)) s: \(lastWords())") : ending(of: fault)
  }

  private static func isStopped(_ mode: DriverMode) -> Bool {
    mode == .fault || mode == .userStopped
  }

  private func letGo() -> Bool {
    do {
      var link = try StopLink(run: run)
      _ = try link.recover(because: "chaos lets it go on")
      return true
    } catch {
      return false
    }
  }

  private func ending(of fault: ChaosFault) -> Answer {
    process?.waitUntilExit()
    taps?.end()
    taps = nil
    let wasKilled = process?.terminationReason == .uncaughtSignal
    let areGone = wait(10) { Role.allCases.allSatisfy(isGone) }
    guard areGone else { return .hung("processes were left behind") }
    if wasKilled { return .ended("launch was killed") }
    // Its last words are in a file too.
    if case .fullDisk(nil) = fault { return .ended("launch had no room for a word") }
    let words = lastWords()
    return words.hasPrefix("Error: ") && process?.terminationStatus != 0
      ? .ended(words) : .hung("it ended with status \(process?.terminationStatus ?? 0): \(words)")
  }

  private func isGone(_ role: Role) -> Bool { number(of: role) == nil }

  /// The last line of its errors, else of its output.
  func lastWords() -> String {
    let lines = ["err", "out"].flatMap { name -> [Substring] in
      let text = (try? String(contentsOfFile: run + ".\(name)", encoding: .utf8)) ?? ""
      return text.split(separator: "\n").suffix(1)
    }
    return lines.first.map(String.init) ?? "no word"
  }

  /// Ends the training in good order; throws where it does not.
  func finish() throws -> Summary {
    if !isRunning {
      try start()
      _ = awaitEpisode(within: 60)
    }
    signal(SIGINT, nil)
    let isOver = wait(90) { !isRunning }
    taps?.end()
    taps = nil
    guard isOver else { throw SessionFailure("it did not finish within 90 s of Ctrl-C") }
    guard process?.terminationStatus == 0 else { throw SessionFailure(lastWords()) }
    return try Summary(of: RunFolder(opening: run))
  }

  /// Ends everything at once: what must not be left behind.
  func abandon() {
    signal(SIGKILL, nil)
    taps?.end()
    _ = wait(10) { Role.allCases.allSatisfy(isGone) }
  }

  /// Waits for something; false when it does not come in time.
  func wait(_ seconds: Double, until isSo: () -> Bool) -> Bool {
    let deadline = Deadline(in: Int64(seconds * 1e9))
    while !deadline.isPast() {
      if isSo() { return true }
      usleep(5_000)
    }
    return isSo()
  }
}
