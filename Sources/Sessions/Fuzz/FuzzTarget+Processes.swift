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
  ]

  private static func process(
    _ role: Role, sockets: [Meeting], good: (message: Message, at: Meeting)
  ) -> FuzzTarget {
    FuzzTarget(name: "process." + role.rawValue, form: .framed, weight: 2) { place in
      var samples = FuzzSamples(seed: place.seed)
      let inputs = (0..<3).flatMap { _ in samples.messages() }.enumerated().map { index, message in
        let number = withUnsafeBytes(of: UInt64(index).littleEndian) { [UInt8]($0) }
        return Frames([[UInt8(index % 8)], number, message.encoded()]).bytes
      }
      let reader = ProcessReader(
        place, role: role, sockets: sockets, good: good.message, at: good.at)
      return (inputs, reader)
    }
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
      if count % 4 == 0 { try bed.expectAnswer() }
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
  private var sent: UInt64 = 0

  /// A socket of the process under test, as a rogue has it.
  private final class Rogue {
    var socket: Socket

    init(_ meeting: Meeting, _ session: SessionContext) throws {
      var socket = try Socket(.dealer, peer: "rogue", in: session.context)
      try socket.connect(to: Endpoint(session.endpoints[meeting]))
      self.socket = socket
    }
  }

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
    let rogues = try sockets.map { try Rogue($0, session) }
    let client = try session.client(of: good.meeting, role: role.rawValue)
    self.role = role
    self.session = session
    self.processes = processes
    self.rogues = rogues
    self.client = client
    self.good = good.message
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
    let rogue = rogues[place]
    sent += 1
    let parts = session.context.calling(parts, number: sent)
    let first = ContinuousClock.now
    while try !rogue.socket.trySend(parts: parts) {
      rogue.socket.drain()
      try checkLife()
      guard ContinuousClock.now - first < fuzzPatience else {
        throw FuzzFinding("\(role.rawValue) takes nothing any more")
      }
      usleep(200)
    }
    rogue.socket.drain()
    // What it says to `launch` must not fill up.
    while try processes.next(within: .zero) != nil {}
  }

  /// Asks for something good, which must be answered or refused in words; nil for those.
  @discardableResult func expectAnswer() throws -> Message? {
    do {
      return try client.call(good, within: fuzzPatience)
    } catch WireError.failed {
      return nil
    } catch {
      // A process that has just ended may not be known as ended yet.
      for _ in 0..<20 {
        try checkLife()
        usleep(50_000)
      }
      throw FuzzFinding("\(role.rawValue) lives and does not answer: \(error)")
    }
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
