import Foundation
import Fuzzing
import Messages
import Metrics
import Recipes
import Wire

extension FuzzTarget {
  /// Processes of a small session, each with messages of right form that are out of place.
  static let processes: [FuzzTarget] = [
    process(
      .driver, sockets: [.session, .truth, .setpoint, .stop],
      good: (.grant(Grant(sequence: 1, untilTick: -1, setpoint: 0)), at: .session)),
    process(.controller, sockets: [.setpoint], good: (.safetyRequest, at: .setpoint)),
    process(.reward, sockets: [.reward], good: (.judgeStart, at: .reward)),
    process(.reset, sockets: [.reset], good: (.judgeStart, at: .reset)),
    process(.recorder, sockets: [.record], good: (.judgeStart, at: .record)),
    process(.learner, sockets: [.learner], good: (.judgeStart, at: .learner)),
    controller, serve,
  ]

  private static func process(
    _ role: Role, sockets: [Meeting], good: (message: Message, at: Meeting)
  ) -> FuzzTarget {
    FuzzTarget(name: "process." + role.rawValue, form: .framed, weight: 2) { place in
      var samples = FuzzSamples(seed: place.seed)
      let messages = (0..<3).flatMap { _ in samples.messages() }
      var inputs = messages.enumerated().map { call($1, at: $0 % 8) }
      if let stop = sockets.firstIndex(of: .stop) {
        inputs += samples.stopping().map { call($0, at: stop) }
      }
      let reader = ProcessReader(
        place, role: role, sockets: sockets, good: good.message, at: good.at)
      return (inputs, reader)
    }
  }

  private static func call(_ message: Message, at place: Int) -> [UInt8] {
    Frames([[UInt8(place)], [UInt8](repeating: 0, count: 8), message.encoded()]).bytes
  }
}

/// A process of a session to which a rogue sends, and whoever it needs to work.
final class ProcessReader: FuzzReader {
  private let place: FuzzPlace
  private let role: Role
  private let sockets: [Meeting]
  private let good: (message: Message, meeting: Meeting)
  private var bed: SessionBed?
  private var count = 0

  init(
    _ place: FuzzPlace, role: Role, sockets: [Meeting], good message: Message, at meeting: Meeting
  ) {
    self.place = place
    self.role = role
    self.sockets = sockets
    good = (message, meeting)
  }

  /// Of the process under test.
  var residentBytes: Int { bed?.residentBytes ?? 0 }

  func take(_ input: [UInt8]) throws {
    var parts = Frames(decoding: input).parts
    guard let place = parts.first?.first else { throw SessionFailure("no socket named") }
    parts.removeFirst()
    if case .stop = parts.last.flatMap({ try? Message(decoding: $0) }) {
      throw SessionFailure("an end that was asked for")
    }
    let bed = try self.bed ?? SessionBed(self.place, role: role, sockets: sockets, good: good)
    self.bed = bed
    count += 1
    do {
      try bed.send(parts, to: Int(place) % sockets.count)
      if count % 4 == 0 { try bed.goOn(after: bed.expectAnswer()) }
    } catch let ending as NamedEnding {
      self.bed = nil
      throw ending
    }
  }
}

/// A session with one process under test.
final class SessionBed {
  private let role: Role
  let session: SessionContext
  private var processes: SessionProcesses
  private var rogues: [Rogue] = []
  private var client: Client
  private let good: Message
  /// Which of the rogues talks to the socket for a person's stop.
  private let stop: Int?

  init(
    _ place: FuzzPlace, role: Role, sockets: [Meeting],
    good: (message: Message, meeting: Meeting), overrides: [String] = []
  ) throws {
    let recipe = try Self.recipe(place, for: role, overrides)
    let folder = try RunFolder(creating: recipe.launch.run, earlierRun: .replace)
    try folder.write(
      recipe.resolvedYAML(revision: "fuzz", date: isoDate()), to: folder.resolvedRecipe)
    let session = try SessionContext(recipe: recipe, isSupervised: false)
    var processes = try SessionProcesses(session, folder: folder)
    do {
      try processes.start(role == .reset ? [.driver, .reset] : [role])
    } catch {
      processes.stop(grace: .zero)
      throw FuzzFinding("\(role.rawValue) does not start: \(error)")
    }
    let rogues = try sockets.map { try Rogue(to: session.endpoints[$0], in: session.context) }
    let client = try session.client(of: good.meeting, role: role.rawValue)
    self.role = role
    self.session = session
    self.processes = processes
    self.rogues = rogues
    self.client = client
    self.good = good.message
    stop = sockets.firstIndex(of: .stop)
  }

  deinit { processes.stop(grace: .zero) }

  private static func recipe(
    _ place: FuzzPlace, for role: Role, _ more: [String]
  ) throws -> SessionRecipe {
    try SessionRecipe.load(
      launchFile: place.recipeFile,
      overrides: [
        "run=" + place.file("run"), "placement=" + (role == .controller ? "process" : "driver"),
        "recording=" + (role == .recorder ? "all" : "none"), "demonstrations.episodes=0",
        "learner.demonstrationShare=0", "learner.pretrainUpdates=0", "learner.width=8",
        "learner.batch=4", "learner.threads=1", "learner.startStep=10", "learner.updatesPerStep=1",
        "learner.capacity=1000",
      ] + more)
  }

  /// Memory of the process under test that is in RAM [bytes].
  var residentBytes: Int {
    processes.identifier(of: ProcessName(role)).map { resident(of: "\($0)") } ?? 0
  }

  func send(_ parts: [[UInt8]], to place: Int) throws {
    try rogues[place].send(parts, to: role.rawValue, checkLife: checkLife)
    // What it says to `launch` must not fill up.
    while try processes.next(within: .zero) != nil {}
  }

  /// Asks for something good, which must be answered or refused in words; nil for those.
  @discardableResult func expectAnswer() throws -> Message? {
    try client.expectAnswer(to: good, of: role.rawValue, checkLife: checkLife)
  }

  /// Lets an arm go on that an answer tells to stand.
  func goOn(after answer: Message?) throws {
    guard case .driverStatus(let status) = answer, status.stands, let stop else { return }
    let recovery = Message.recover(reason: "fuzz").encoded()
    try send([[UInt8](repeating: 0, count: 8), recovery], to: stop)
  }

  /// Throws when a process has ended: a finding after a signal, a named ending after its own words.
  private func checkLife() throws {
    guard let ended = processes.firstEnded() else { return }
    let reason = processes.explain(SessionFailure("\(ended.name) \(ended.ending)"))
    if case .status(let number) = ended.ending, number != 0, !"\(reason)".contains("ended early") {
      throw NamedEnding(reason: "\(reason)")
    }
    throw FuzzFinding("\(reason)")
  }
}
