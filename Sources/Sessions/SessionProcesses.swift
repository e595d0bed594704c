import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import Synchronization
import Wire

/// The child processes of a session, and the socket on which they report.
struct SessionProcesses: ~Copyable {
  /// What a child said.
  enum News {
    case ready(ProcessName)
    case status(Status)
    case failure(String)
    case driver(DriverStatus)
    case heartbeat(ProcessName, progress: UInt64)
    case left(actor: Int, reason: String)
  }

  private let session: SessionContext
  private let folder: RunFolder
  private var server: Server
  private var children: [(name: ProcessName, process: Process, logStart: UInt64)] = []
  private var actorPeers: [ProcessName: Request] = [:]
  private var hasAskedToFinish = false
  /// Whether heartbeats are answered, by who watches for as long as the session lasts: a driver that gets
  /// no answer any more stops its arm.
  var answersHeartbeats = false
  /// What children that failed have said of it.
  private var failures: [String] = []
  private let ended = EndingOrder()

  /// Makes ready for children of a session whose resolved recipe stands in `folder`.
  init(_ session: SessionContext, folder: RunFolder) throws {
    if let sockets = session.endpoints.folder {
      try FileManager.default.createDirectory(
        atPath: sockets, withIntermediateDirectories: true)
    }
    let server = try session.server(at: .status, callers: "session process")
    self.session = session
    self.folder = folder
    self.server = server
  }

  private static let mostFailures = 100

  /// The processes that hold arm, reward and reset of a recipe.
  static func surroundings(of recipe: LaunchRecipe) -> [Role] {
    [.driver] + (recipe.placement == .process ? [.controller] : []) + [.reward, .reset]
      + (recipe.recording == .all ? [.recorder] : [])
  }

  /// Starts processes and waits until each says that it is ready.
  mutating func start(_ roles: [Role], from firstEpisodes: [UInt64] = []) throws {
    for role in roles { try begin(ProcessName(role), from: firstEpisodes) }
    var waiting = Set(roles.map { ProcessName($0) })
    let deadline = Deadline(in: 60_000_000_000)
    while !waiting.isEmpty {
      switch try next(within: .milliseconds(100)) {
      case .ready(let name): waiting.remove(name)
      case .failure(let reason): throw SessionFailure(reason)
      case .status, .driver, .heartbeat, .left, nil: break
      }
      if let ended = firstEnded() { throw failure(of: ended.name, ended.ending) }
      if deadline.isPast() {
        let names = waiting.map(\.description).sorted().joined(separator: ", ")
        throw SessionFailure("\(names): not ready after 60 s; see \(folder.logs)")
      }
      if session.stopCheck() { throw SessionFailure.stoppedAtOnce }
    }
  }

  /// What a child says next, or nil when none speaks in time.
  mutating func next(within wait: Duration) throws -> News? {
    var wait = wait
    // Who says a lot that is no news does not keep a caller for ever.
    for _ in 0..<64 {
      guard let request = try server.next(within: wait) else { return nil }
      if let news = news(of: request) { return news }
      wait = .zero
    }
    return nil
  }

  /// What a message tells; nil where that is nothing for a caller.
  private mutating func news(of request: Request) -> News? {
    switch request.message {
    case .ready(let name):
      guard let name = ProcessName(name) else { return nil }
      if name.role == .actor { actorPeers[name] = request }
      return .ready(name)
    case .status(var status):
      status.note = Self.words(status.note)
      return status.actor < LaunchRecipe.mostActors ? .status(status) : nil
    case .failure(let reason):
      if failures.count < Self.mostFailures { failures.append(Self.words(reason)) }
      return .failure(Self.words(reason))
    case .driverStatus(var status):
      status.reason = Self.words(status.reason)
      return .driver(status)
    case .heartbeat(let name, _, let progress):
      if answersHeartbeats { try? server.reply(Self.heard, to: request) }
      return ProcessName(name).map { .heartbeat($0, progress: progress) }
    case .trainingRequest(let actor, let next):
      // An actor with an arm of its own wants to know whether there still is a training.
      answer(request, of: actor, next)
      return nil
    case .actorLeft(let actor, let reason):
      return actor < LaunchRecipe.mostActors
        ? .left(actor: Int(actor), reason: Self.words(reason)) : nil
    default: return nil
    }
  }

  /// What is shown to a person and kept in the summary: no more than one reads, and nothing that steers
  /// a terminal.
  private static func words(_ text: String) -> String {
    String(
      text.unicodeScalars.prefix(2000).filter {
        $0 == "\n" || $0.properties.generalCategory != .control
      })
  }

  /// Ends a process at once.
  func end(_ name: ProcessName) {
    if let number = identifier(of: name) { kill(number, SIGKILL) }
  }

  /// Starts a learner again that has ended, in a training that is known to have come so far.
  mutating func restartLearner(knowing steps: Int, from firstEpisodes: [UInt64]) throws {
    forget(ProcessName(.learner))
    try begin(ProcessName(.learner), from: firstEpisodes, ["--known-steps", "\(steps)"])
  }

  private mutating func answer(_ request: Request, of actor: UInt32, _ next: UInt64) {
    // One that outlived another `launch` has never said that it is ready.
    if actor < LaunchRecipe.mostActors { actorPeers[ProcessName(actor: Int(actor))] = request }
    let answer: Message =
      hasAskedToFinish ? Self.stop : .training(finish: "", nextSequence: next)
    try? server.reply(answer, to: request)
  }

  private static let heard = Message.heartbeat(
    role: "launch", process: ProcessInfo.processInfo.processIdentifier, progress: 0)
  private static let stop = Message.stop(reason: "a person asked")

  /// Asks every actor to end its episode and its training.
  mutating func askToFinish() {
    hasAskedToFinish = true
    for peer in actorPeers.values {
      try? server.reply(Self.stop, to: peer)
    }
  }

  /// Takes no more notice of a process that has ended.
  mutating func forget(_ name: ProcessName) {
    children.removeAll { $0.name == name }
    ended.forget(name)
  }

  /// How a process ended.
  enum Ending: Equatable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    init(_ process: Process) {
      let number = process.terminationStatus
      self = process.terminationReason == .uncaughtSignal ? .signal(number) : .status(number)
    }

    var isBySignal: Bool { if case .signal = self { true } else { false } }

    /// As it stands after a role's name.
    var description: String {
      switch self {
      case .status(let number): "ended early (status \(number))"
      case .signal(SIGKILL): "was killed (signal \(SIGKILL))"
      case .signal(let number): "was ended by signal \(number)"
      }
    }
  }

  /// The first child that has ended, and how.
  func firstEnded() -> (name: ProcessName, ending: Ending)? {
    for child in children where !child.process.isRunning {
      return (child.name, Ending(child.process))
    }
    return nil
  }

  /// The number of a process; nil where it was not started.
  func identifier(of name: ProcessName) -> Int32? {
    children.first { $0.name == name }?.process.processIdentifier
  }

  /// How a process has ended; nil while it runs, and where it was not started.
  func ending(of name: ProcessName) -> Ending? {
    guard let child = children.first(where: { $0.name == name }), !child.process.isRunning else {
      return nil
    }
    return Ending(child.process)
  }

  /// Whether an actor with an arm of its own runs here.
  var hasActors: Bool { children.contains { $0.name.actor != nil && $0.process.isRunning } }

  /// Throws when the recorder did not end well: then what it was told last may not be written.
  func checkRecorder() throws {
    let recorder = ProcessName(.recorder)
    guard let ending = ending(of: recorder), ending != .status(0) else { return }
    throw failure(of: recorder, ending)
  }

  /// The best explanation of an error: what a child said of itself, else how it ended, else the
  /// error.
  mutating func explain(_ error: any Error) -> SessionFailure {
    // Then the children end because they were told to.
    if session.stopCheck() { return .stoppedAtOnce }
    let deadline = Deadline(in: 300_000_000)
    while failures.isEmpty, !deadline.isPast() { _ = try? next(within: .milliseconds(50)) }
    while !deadline.isPast(), (try? next(within: .zero)) ?? nil != nil {}
    if let known = error as? SessionFailure, failures.contains(known.description) { return known }
    // Whoever ended first may be why the others did; words come in any order.
    for name in ended.names {
      if let words = failures.first(where: { $0.hasPrefix("\(name): ") }) {
        return SessionFailure(words)
      }
      if let ending = ending(of: name), ending.isBySignal { return failure(of: name, ending) }
    }
    if let failure = failures.first { return SessionFailure(failure) }
    if let ended = firstEnded() { return failure(of: ended.name, ended.ending) }
    return (error as? SessionFailure) ?? SessionFailure("\(error)")
  }

  /// Waits for the children to end by themselves, then ends those that have not.
  mutating func stop(grace: Duration) {
    let seconds = Double(grace.components.seconds)
    wait(upTo: seconds)
    // An actor with an arm of its own ends its own processes first.
    let patience = hasActors ? 8.0 : 2
    for child in children where child.process.isRunning { child.process.terminate() }
    wait(upTo: patience)
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

  /// What a process that has ended said of it.
  func failure(of name: ProcessName, _ ending: Ending) -> SessionFailure {
    let log = folder.log(of: name.log)
    let start = children.first { $0.name == name }?.logStart ?? 0
    let lines = lastLines(of: log, from: start)
    // After a crash come pages of backtrace; what else stands last is a reason only of who ended itself.
    let crash = lines.first { $0.contains("Fatal error") }
    guard let telling = crash ?? (ending.isBySignal ? nil : lines.last) else {
      return SessionFailure("\(name) \(ending) without a word; its log is \(log)")
    }
    let error = "Error: "
    let said = telling.hasPrefix(error) ? String(telling.dropFirst(error.count)) : telling
    // What it tells of a process of its own already says where to look.
    let more = said.contains("its log is") ? "" : " (its log is \(log))"
    return SessionFailure("\(name) \(ending): \(said)\(more)")
  }

  /// Starts a process, and does not wait for it.
  mutating func begin(
    _ name: ProcessName, from firstEpisodes: [UInt64], _ more: [String] = []
  ) throws {
    let firstEpisodes =
      name.actor.map { [UInt64](firstEpisodes.dropFirst($0).prefix(1)) } ?? firstEpisodes
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      (name.actor.map { ["join", folder.path, "--actor", "\($0)"] }
        ?? [name.role.rawValue, folder.resolvedRecipe])
      + ["--supervised-by", String(ProcessInfo.processInfo.processIdentifier)] + more
    for episode in firstEpisodes { process.arguments? += ["--first-episode", "\(episode)"] }
    let log = folder.log(of: name.log)
    let isThere =
      (!firstEpisodes.isEmpty || !more.isEmpty) && FileManager.default.fileExists(atPath: log)
    guard isThere || FileManager.default.createFile(atPath: log, contents: nil) else {
      throw SessionFailure("\(log): cannot be written")
    }
    let handle = FileHandle(forWritingAtPath: log)
    let start = try handle?.seekToEnd() ?? 0
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    process.terminationHandler = { [ended] _ in ended.note(name) }
    do {
      try process.run()
    } catch {
      throw SessionFailure("\(name): could not be started: \(error)")
    }
    children.append((name, process, start))
  }
}

/// The order in which processes have ended.
private final class EndingOrder: Sendable {
  private let order = Mutex<[ProcessName]>([])

  var names: [ProcessName] { order.withLock { $0 } }

  func note(_ name: ProcessName) { order.withLock { $0.append(name) } }

  func forget(_ name: ProcessName) { order.withLock { $0.removeAll { $0 == name } } }
}
