import Foundation
import Geometry
import Messages
import RealTime
import Recipes
import Wire

/// What every process of a session needs: the recipe, where to meet, and when to stop.
struct SessionContext: Sendable {
  let recipe: SessionRecipe
  let endpoints: Endpoints
  let context: Context
  let geometry: TaskGeometry
  /// Whether `launch` started this process and watches it.
  let isSupervised: Bool
  /// The episode that a training goes on with, for a learner that of each of its actors; empty at its
  /// beginning.
  var firstEpisodes: [UInt64]
  /// Steps that a training is known to have come to, for a learner that is started again in it.
  let knownSteps: Int?
  /// Meetings that are reached through a tap of `kinglet chaos`.
  let tapped: Set<Meeting>
  /// Where it says what a person may want to read.
  let log: SessionLog
  /// What this process has done.
  let work = WorkCount()
  /// What `launch` has left unanswered of what it was told.
  let unanswered = UnansweredBeats()
  private let endsAtFirstSignal: Bool
  private let stopSignal: StopSignal

  /// What has nothing to finish first ends at the first signal, anything else at the second.
  init(
    recipe: SessionRecipe, isSupervised: Bool, firstEpisodes: [UInt64] = [],
    knownSteps: Int? = nil, endsAtFirstSignal: Bool = false
  ) throws {
    self.recipe = recipe
    self.firstEpisodes = firstEpisodes
    self.knownSteps = knownSteps
    tapped = Meeting.tapped
    self.endsAtFirstSignal = endsAtFirstSignal
    self.isSupervised = isSupervised
    endpoints = Endpoints(recipe: recipe.launch)
    let log = SessionLog()
    self.log = log
    context = try Context(
      session: SessionMark(recipe.launch), security: Self.security(of: recipe.launch)
    ) {
      log.add($0 + "\n")
    }
    geometry = TaskGeometry(recipe)
    stopSignal = try StopSignal()
  }

  /// The episode that a training goes on with; nil at its beginning.
  var firstEpisode: UInt64? { firstEpisodes.first }

  /// The keys that a recipe names; local for one that names none.
  static func security(of recipe: LaunchRecipe) throws -> Security {
    try recipe.security.keys.map { try KeyFolder($0).security() } ?? .local
  }

  /// Where a meeting is, refused where it could be reached from other machines without keys.
  func endpoint(of meeting: Meeting) throws -> Endpoint {
    try Endpoint(endpoints[meeting], security: context.security)
  }

  /// True once this process was told by a signal to end at once.
  var stopCheck: StopCheck {
    let limit = endsAtFirstSignal ? 1 : 2
    let signal = stopSignal
    return { signal.count >= limit }
  }

  /// True once a person asked, by Ctrl-C, for an orderly end.
  var isAskedToFinish: Bool { stopSignal.count >= 1 }

  /// How long the two ends of the tick exchange poll before they sleep.
  static let spin = Duration.microseconds(30)

  /// Robot time of one tick [ns].
  var nanosecondsPerTick: Int64 { Int64((recipe.robot.driver.timestep * 1e9).rounded()) }

  /// Where this process connects to for a meeting.
  func endpoint(toward meeting: Meeting) throws -> Endpoint {
    try Endpoint(endpoints.toward(meeting, tapped: tapped), security: context.security)
  }

  /// A line to whom a meeting belongs; the learner is that of the training which the actor joins.
  func client(of meeting: Meeting, role: String) throws -> Client {
    if meeting.isOfLearner, recipe.launch.joins != nil {
      return try clientOfTraining(of: meeting, role: role)
    }
    return try Client(to: endpoint(toward: meeting), role: role, in: context, stop: stopCheck)
  }

  /// A line to a process of the training that this session's actor joins.
  func clientOfTraining(of meeting: Meeting, role: String) throws -> Client {
    let (place, context) = try meetingOfTraining(meeting)
    return try Client(to: place, role: role, in: context, stop: stopCheck)
  }

  /// Messages of the training bear its own mark, so they need a context of their own.
  private func meetingOfTraining(_ meeting: Meeting) throws -> (Endpoint, Context) {
    let training = recipe.launch.training
    let context = try Context(
      session: SessionMark(training), security: self.context.security
    ) { [log] in
      log.add($0 + "\n")
    }
    let place = Endpoints(recipe: training).toward(meeting, tapped: tapped)
    return (try Endpoint(place, security: context.security), context)
  }

  /// A subscriber for the newest of something in real time; nil in lock-step, where nothing is
  /// passed over.
  func subscriberInRealTime(to meeting: Meeting, role: String) throws -> Subscriber? {
    guard recipe.launch.clock == .realtime else { return nil }
    let isElsewhere = meeting.isOfLearner && recipe.launch.joins != nil
    let (place, context) =
      isElsewhere
      ? try meetingOfTraining(meeting) : (try endpoint(toward: meeting), self.context)
    return try Subscriber(to: place, role: role, in: context, stop: stopCheck)
  }

  /// See `subscriberInRealTime`.
  func publisherInRealTime(at meeting: Meeting) throws -> Publisher? {
    guard recipe.launch.clock == .realtime else { return nil }
    return try bound { try Publisher(at: endpoint(of: meeting), in: context) }
  }

  func server(at meeting: Meeting, callers: String) throws -> Server {
    try bound {
      try Server(at: endpoint(of: meeting), role: callers, in: context, stop: stopCheck)
    }
  }

  /// Binds a socket; where its place is taken, for 5 s at most: a driver whose `launch` was killed keeps it
  /// until its arm stands.
  func bound<Bound: ~Copyable>(_ bind: () throws -> Bound) throws -> Bound {
    let deadline = Deadline(in: 5_000_000_000)
    while true {
      do { return try bind() } catch WireError.endpointInUse(let place) {
        guard !deadline.isPast(), !isAskedToFinish else { throw WireError.endpointInUse(place) }
        usleep(50_000)
      }
    }
  }
}

extension SessionMark {
  /// The mark of a session: what two that meet by mistake would differ in.
  init(_ launch: LaunchRecipe) {
    self.init(of: "\(launch.run)\n\(launch.robot)\n\(launch.task)\n\(launch.seed)")
  }
}
