import Foundation
import Fuzzing
import Messages
import Metrics
import Wire

extension FuzzTarget {
  /// What `kinglet serve` opens to a client, with the processes of a session behind it.
  static let serve = FuzzTarget(name: "process.serve", form: .framed, weight: 1) { place in
    var samples = FuzzSamples(seed: place.seed)
    return (calls(samples.serving() + samples.messages()), ServeReader(place))
  }
}

/// A served session that a rogue asks beside a good client.
final class ServeReader: FuzzReader {
  private let place: FuzzPlace
  private var bed: ServedProcess?

  init(_ place: FuzzPlace) { self.place = place }

  /// Of `serve` itself.
  var residentBytes: Int { bed?.residentBytes ?? 0 }

  func take(_ input: [UInt8]) throws {
    let bed = try self.bed ?? ServedProcess(place)
    self.bed = bed
    do {
      try bed.send(Frames(decoding: input).parts)
      try bed.expectStep()
    } catch let ending as NamedEnding {
      self.bed = nil
      throw ending
    }
  }
}

/// A `kinglet serve`, and two lines to it.
private final class ServedProcess {
  /// What it says first.
  private struct Announcement: Decodable {
    var endpoint: String
    var session: UInt32
  }

  private let process: Process
  private let errors: String
  private let rogue: Rogue
  private var client: Client

  init(_ place: FuzzPlace) throws {
    let (output, errors) = (place.file("announcement.json"), place.file("errors"))
    let process = try Self.start(place, output, errors)
    let said = try Self.announcement(of: process, output, errors)
    let context = try Context(session: SessionMark(said.session))
    rogue = try Rogue(to: said.endpoint, in: context)
    client = try Client(to: Endpoint(said.endpoint), role: "serve", in: context)
    self.process = process
    self.errors = errors
  }

  deinit {
    let first = ContinuousClock.now
    if process.isRunning { process.terminate() }
    while process.isRunning, ContinuousClock.now - first < fuzzPatience { usleep(10_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  private static func start(
    _ place: FuzzPlace, _ output: String, _ errors: String
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "serve", place.recipeFile, "clock=lockstep", "placement=driver", "--json",
      "--until-input-ends",
    ]
    // Then its own folder goes with this one, however it ends.
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": place.folder]) {
      $1
    }
    for path in [output, errors] {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw SessionFailure("\(path): cannot be written")
      }
    }
    process.standardInput = Pipe()
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    return process
  }

  private static func announcement(
    of process: Process, _ output: String, _ errors: String
  ) throws -> Announcement {
    let first = ContinuousClock.now
    while process.isRunning, ContinuousClock.now - first < fuzzPatience * 2 {
      let text = FileManager.default.contents(atPath: output) ?? Data()
      if let said = try? JSONDecoder().decode(Announcement.self, from: text) { return said }
      usleep(20_000)
    }
    if process.isRunning { process.terminate() }
    throw FuzzFinding("serve does not start: \(lastLines(of: errors).last ?? "no word of it")")
  }

  var residentBytes: Int { resident(of: "\(process.processIdentifier)") }

  func send(_ parts: [[UInt8]]) throws {
    try rogue.send(parts, to: "serve", checkLife: checkLife)
  }

  /// A step must be taken, if need be after a reset.
  func expectStep() throws {
    let step = Message.environmentStep(
      action: [Float](repeating: 0, count: ObservationLayout.actionSize))
    if try ask(step) != nil { return }
    guard case .environmentState = try ask(.environmentReset) else {
      throw FuzzFinding("serve begins no episode any more")
    }
  }

  private func ask(_ message: Message) throws -> Message? {
    try client.expectAnswer(to: message, of: "serve", checkLife: checkLife)
  }

  /// Throws when it has ended, a named ending where its arm has stopped: nothing else that a client asks
  /// for is to end it.
  private func checkLife() throws {
    guard !process.isRunning else { return }
    let words = lastLines(of: errors).last ?? "without a word"
    let reason = "serve \(SessionProcesses.Ending(process)): \(words)"
    if words.contains("the arm has stopped") { throw NamedEnding(reason: reason) }
    throw FuzzFinding(reason)
  }
}
