import Episodes
import Foundation
import Messages
import RealTime
import Recipes
import SimulatedWorld
import Wire

/// The recorder process: one file per episode, written as it comes.
///
/// What has come is in the file a quarter of a second later at most, whatever happens to this process
/// then.
struct RecordSession: ~Copyable {
  private let session: SessionContext
  private let source: EpisodeSource
  private var server: Server
  private var open: [UInt64: OpenEpisode] = [:]
  private var isStopped = false

  init(_ session: SessionContext) throws {
    let recipe = session.recipe
    let world = try SimulatedArm(WorldConfiguration(recipe), seed: recipe.launch.seed)
    let server = try session.server(at: .record, callers: "driver or actor")
    let folder = recipe.launch.run + "/episodes"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    self.session = session
    self.server = server
    source = EpisodeSource(recipe, scene: world.modelXML)
  }

  /// Where an episode of a run stands.
  static func file(of episode: UInt64, in run: String) -> String {
    run + "/episodes/" + String(format: "episode-%06llu.mcap", episode)
  }

  /// Records until told to stop; episodes that are open then are closed as interrupted.
  mutating func run() throws {
    var status = try StatusLink(role: "recorder", session: session)
    try status.ready()
    do {
      while !isStopped {
        if let request = try server.next(within: .milliseconds(20)) { try answer(request) }
        try flush()
      }
      // The end of the session may have overtaken the driver's last records.
      let deadline = Deadline(in: 2_000_000_000)
      while !open.isEmpty, !deadline.isPast() {
        if let request = try server.next(within: .milliseconds(50)) { try answer(request) }
      }
    } catch WireError.stopped {
      try closeAll()
      return
    }
    try closeAll()
  }

  private mutating func answer(_ request: Request) throws {
    session.work.add()
    switch request.message {
    case .records(let records):
      try episode(records.episode).add(records)
      try closeIfComplete(records.episode)
    case .recordStart(let origin, let time):
      try accept(request)
      try episode(origin.start.episode).begin(origin, at: time)
    case .recordEnd(let episode, let outcome):
      try accept(request)
      self.episode(episode).outcome = outcome
      try closeIfComplete(episode)
    case .stop: isStopped = true
    default: try server.reply(.failure(reason: "recorder only records"), to: request)
    }
  }

  private mutating func accept(_ request: Request) throws {
    do { try server.reply(.recordAccepted, to: request) } catch WireError.peerGone {}
  }

  private mutating func episode(_ number: UInt64) -> OpenEpisode {
    if let known = open[number] { return known }
    let episode = OpenEpisode(
      path: Self.file(of: number, in: session.recipe.launch.run), source: source)
    open[number] = episode
    return episode
  }

  private mutating func closeIfComplete(_ number: UInt64) throws {
    guard let episode = open[number], episode.isComplete else { return }
    try episode.close(isInterrupted: false)
    open[number] = nil
  }

  private func flush() throws {
    for episode in open.values { try episode.flushIfDue() }
  }

  private mutating func closeAll() throws {
    for number in open.keys.sorted() { try open[number]?.close(isInterrupted: true) }
    open = [:]
  }
}
