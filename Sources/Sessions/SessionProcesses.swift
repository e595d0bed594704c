import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import Wire

/// A process of a session; its name is the subcommand that runs it.
enum Role: String, CaseIterable {
  case driver, controller, reward, reset, recorder, learner, actor
}

/// The child processes of a session, and the socket on which they report.
struct SessionProcesses: ~Copyable {
  /// What a child said.
  enum News {
    case ready(Role)
    case status(Status)
    case failure(String)
    case driver(DriverStatus)
    case heartbeat(Role, progress: UInt64)
  }

  private let session: SessionContext
  private let folder: RunFolder
  private var server: Server
  private var children: [(role: Role, process: Process, logStart: UInt64)] = []
  private var actorPeer: Request?

  /// Makes ready for children of a session whose resolved recipe stands in `folder`.
  init(_ session: SessionContext, folder: RunFolder) throws {
    self.session = session
    self.folder = folder
    if let sockets = session.endpoints.folder {
      try FileManager.default.createDirectory(
        atPath: sockets, withIntermediateDirectories: true)
    }
    server = try session.server(at: .status, callers: "session process")
  }

  /// The processes that hold arm, reward and reset of a recipe.
  static func surroundings(of recipe: LaunchRecipe) -> [Role] {
    [.driver] + (recipe.placement == .process ? [.controller] : []) + [.reward, .reset]
      + (recipe.recording == .all ? [.recorder] : [])
  }

  /// Starts processes and waits until each says that it is ready.
  mutating func start(_ roles: [Role]) throws {
    for role in roles { try launch(role) }
    var waiting = Set(roles)
    let deadline = Deadline(in: 60_000_000_000)
    while !waiting.isEmpty {
      switch try next(within: .milliseconds(100)) {
      case .ready(let role): waiting.remove(role)
      case .failure(let reason): throw SessionFailure(reason)
      case .status, .driver, .heartbeat, nil: break
      }
      if let ended = firstEnded() { throw failure(of: ended.role, ended.ending) }
      if deadline.isPast() {
        let names = waiting.map(\.rawValue).sorted().joined(separator: ", ")
        throw SessionFailure("\(names): not ready after 60 s; see \(folder.logs)")
      }
      if session.stopCheck() { throw SessionFailure.stoppedAtOnce }
    }
  }

  /// What a child says next, or nil when none speaks in time.
  mutating func next(within wait: Duration) throws -> News? {
    guard let request = try server.next(within: wait) else { return nil }
    switch request.message {
    case .ready(let name):
      guard let role = Role(rawValue: name) else { return nil }
      if role == .actor { actorPeer = request }
      return .ready(role)
    case .status(let status): return .status(status)
    case .failure(let reason): return .failure(reason)
    case .driverStatus(let status): return .driver(status)
    case .heartbeat(let name, _, let progress):
      return Role(rawValue: name).map { .heartbeat($0, progress: progress) }
    default: return nil
    }
  }

  /// The process of a role.
  func number(of role: Role) -> Int32? {
    children.first { $0.role == role }?.process.processIdentifier
  }

  /// Ends a process at once.
  func end(_ role: Role) {
    if let number = number(of: role) { kill(number, SIGKILL) }
  }

  /// Starts a learner again that has ended, in a training that is known to have come so far.
  mutating func restartLearner(knowing steps: Int) throws {
    children.removeAll { $0.role == .learner }
    try launch(.learner, ["--known-steps", "\(steps)"])
  }

  /// Asks the actor to end the episode and the training.
  mutating func askToFinish() {
    guard let actorPeer else { return }
    try? server.reply(.stop(reason: "a person asked"), to: actorPeer)
  }

  /// How a process ended.
  enum Ending: Equatable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    init(_ process: Process) {
      let number = process.terminationStatus
      self = process.terminationReason == .uncaughtSignal ? .signal(number) : .status(number)
    }

    /// As it stands after a role's name.
    var description: String {
      switch self {
      case .status(let number): "ended early (status \(number))"
      case .signal(let number): "was ended by signal \(number)"
      }
    }
  }

  /// The first child that has ended, and how.
  func firstEnded() -> (role: Role, ending: Ending)? {
    for child in children where !child.process.isRunning {
      return (child.role, Ending(child.process))
    }
    return nil
  }

  /// The number of a role's process; nil where it was not started.
  func identifier(of role: Role) -> Int32? {
    children.first { $0.role == role }?.process.processIdentifier
  }

  /// How a role's process has ended; nil while it runs.
  func ending(of role: Role) -> Ending? {
    guard let child = children.first(where: { $0.role == role }), !child.process.isRunning else {
      return nil
    }
    return Ending(child.process)
  }

  /// Throws when the recorder did not end well: then what it was told last may not be written.
  func checkRecorder() throws {
    guard let ending = ending(of: .recorder), ending != .status(0) else { return }
    throw failure(of: .recorder, ending)
  }

  /// The best explanation of an error: what a child said of itself, else how it ended, else the
  /// error.
  mutating func explain(_ error: any Error) -> SessionFailure {
    // Then the children end because they were told to.
    if session.stopCheck() { return .stoppedAtOnce }
    let deadline = Deadline(in: 300_000_000)
    while !deadline.isPast() {
      if let news = try? next(within: .milliseconds(50)), case .failure(let reason) = news {
        return SessionFailure(reason)
      }
    }
    if let ended = firstEnded() { return failure(of: ended.role, ended.ending) }
    return (error as? SessionFailure) ?? SessionFailure("\(error)")
  }

  /// Waits for the children to end by themselves, then ends those that have not.
  mutating func stop(grace: Duration) {
    let seconds = Double(grace.components.seconds)
    wait(upTo: seconds)
    for child in children where child.process.isRunning { child.process.terminate() }
    wait(upTo: 2)
    for child in children where child.process.isRunning {
      kill(child.process.processIdentifier, SIGKILL)
    }
    wait(upTo: 2)
    if let sockets = session.endpoints.folder {
      try? FileManager.default.removeItem(atPath: sockets)
    }
  }

  private func wait(upTo seconds: Double) {
    let deadline = Deadline(in: Int64(seconds * 1e9))
    while children.contains(where: { $0.process.isRunning }), !deadline.isPast() {
      usleep(10_000)
    }
  }

  private func failure(of role: Role, _ ending: Ending) -> SessionFailure {
    let log = folder.log(of: role.rawValue)
    let start = children.first { $0.role == role }?.logStart ?? 0
    let text = FileManager.default.contents(atPath: log)?.dropFirst(Int(start)) ?? Data()
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    // After a crash come pages of backtrace.
    let telling = lines.first { $0.contains("Fatal error") } ?? lines.last
    let said = telling.map { "\($0) (its log is \(log))" } ?? "it said nothing; its log is \(log)"
    return SessionFailure("\(role.rawValue) \(ending): \(said)")
  }

  private mutating func launch(_ role: Role, _ more: [String] = []) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      [
        role.rawValue, folder.resolvedRecipe, "--supervised-by",
        String(ProcessInfo.processInfo.processIdentifier),
      ] + more
    if let episode = session.firstEpisode {
      process.arguments? += ["--first-episode", "\(episode)"]
    }
    let log = folder.log(of: role.rawValue)
    let isThere =
      (session.firstEpisode != nil || !more.isEmpty) && FileManager.default.fileExists(atPath: log)
    guard isThere || FileManager.default.createFile(atPath: log, contents: nil) else {
      throw SessionFailure("\(log): cannot be written")
    }
    let handle = FileHandle(forWritingAtPath: log)
    let start = try handle?.seekToEnd() ?? 0
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw SessionFailure("\(role.rawValue): could not be started: \(error)")
    }
    children.append((role, process, start))
  }
}
