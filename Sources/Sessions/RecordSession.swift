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
  private var closed = ClosedEpisodes()
  private var isStopped = false
  /// Episodes that may be open at a time: two overlap, the others are room for what was cut short.
  private static let mostOpen = 8

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
        try closeOverdue()
      }
      // The end of the session may have overtaken the driver's last records.
      let deadline = Deadline(in: 2_000_000_000)
      while !open.isEmpty, !deadline.isPast() {
        if let request = try server.next(within: .milliseconds(50)) { try answer(request) }
        try closeOverdue()
      }
    } catch WireError.stopped {
      try closeAll()
      return
    }
    try closeAll()
  }

  private var waitsForLost: Bool { session.recipe.launch.clock == .lockstep }

  private mutating func answer(_ request: Request) throws {
    session.work.add()
    switch request.message {
    case .records(let records): try take(records, of: request)
    case .recordStart(let origin, let time):
      let number = origin.start.episode
      guard closed.due(of: number, from: .actor) == nil else {
        return try refuse(request, "episode \(number) has been recorded already")
      }
      guard let episode = episode(number) else { return try refuseToOpen(request) }
      try server.reply(.recordAccepted, to: request)
      try episode.begin(origin, at: time)
    case .recordEnd(let number, let outcome):
      let isClosed = closed.due(of: number, from: .actor) != nil
      guard isClosed || open[number] != nil else {
        return try refuse(request, "episode \(number) has not begun to be recorded")
      }
      try server.reply(.recordAccepted, to: request)
      open[number]?.outcome = outcome
      try closeIfComplete(number)
    case .stop: isStopped = true
    default: try refuse(request, "recorder only records")
    }
  }

  /// In lock-step each message is taken once and in order, and the sender is told which is due; in real
  /// time nobody hears, and what the line has lost is counted.
  private mutating func take(_ records: Records, of request: Request) throws {
    let (number, sender) = (records.episode, records.sender)
    if let due = closed.due(of: number, from: sender) {
      return try tell(due, of: number, to: sender, as: request)
    }
    if waitsForLost, open[number] == nil, records.sequence > 0 {
      return try tell(0, of: number, to: sender, as: request)
    }
    guard let episode = episode(number) else { return try refuseToOpen(request) }
    if try episode.add(records) {
      try tell(episode.due(from: sender), of: number, to: sender, as: request)
    }
    try closeIfComplete(number)
  }

  private mutating func tell(
    _ due: UInt64, of episode: UInt64, to sender: RecordSender, as request: Request
  ) throws {
    guard waitsForLost else { return }
    try server.reply(
      .recordsAccepted(episode: episode, sender: sender, nextSequence: due), to: request)
  }

  private mutating func refuse(_ request: Request, _ reason: String) throws {
    try server.reply(.failure(reason: reason), to: request)
  }

  private mutating func refuseToOpen(_ request: Request) throws {
    try refuse(request, "\(Self.mostOpen) episodes are open; one must end before another begins")
  }

  /// An episode that is open, or is opened now; nil where too many are.
  private mutating func episode(_ number: UInt64) -> OpenEpisode? {
    if let known = open[number] { return known }
    guard open.count < Self.mostOpen else { return nil }
    let episode = OpenEpisode(
      path: Self.file(of: number, in: session.recipe.launch.run), source: source,
      waitsForLost: waitsForLost)
    open[number] = episode
    return episode
  }

  private mutating func closeIfComplete(_ number: UInt64) throws {
    guard let episode = open[number], episode.isComplete else { return }
    try close(number, episode)
  }

  /// In real time the last of a part may be lost; its episode has ended all the same.
  private mutating func closeOverdue() throws {
    guard !waitsForLost else { return }
    for (number, episode) in open where episode.isOverdue { try close(number, episode) }
  }

  private mutating func close(_ number: UInt64, _ episode: OpenEpisode) throws {
    closed.add(number, episode)
    open[number] = nil
    try episode.close(isInterrupted: false)
  }

  private func flush() throws {
    for episode in open.values { try episode.flushIfDue() }
  }

  private mutating func closeAll() throws {
    for number in open.keys.sorted() { try open[number]?.close(isInterrupted: true) }
    open = [:]
  }
}

/// What was held of the latest episodes that are closed: what comes of them again is passed over.
private struct ClosedEpisodes {
  private static let most = 256
  private var held: [UInt64: [RecordSender: UInt64]] = [:]
  private var order: [UInt64] = []

  /// The number that would be due of a sender; nil for an episode that is not known as closed.
  func due(of episode: UInt64, from sender: RecordSender) -> UInt64? { held[episode]?[sender] }

  mutating func add(_ number: UInt64, _ episode: OpenEpisode) {
    let senders = RecordSender.allCases
    held[number] = Dictionary(
      uniqueKeysWithValues: senders.map { ($0, episode.due(from: $0)) })
    order.append(number)
    if order.count > Self.most { held[order.removeFirst()] = nil }
  }
}
