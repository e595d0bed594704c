import ControlLoop
import Foundation
import Messages
import RealTime
import Recipes
import Safety
import SimulatedWorld
import Wire

/// The driver process: owns the arm and is the session's clock.
///
/// What it does about the arm stands in `GuardedArm`; here are its sockets. How time passes stands in
/// the extensions, one for each clock.
struct DriverSession: ~Copyable {
  let session: SessionContext
  var arm: GuardedArm
  var desk: ControlDesk?
  var port: DriverPort?
  var states: Publisher?
  var recorder: RecordLink
  private var commands: Server
  private var truths: Server
  private var stops: StopDesk
  var status: StatusLink
  /// In lock-step, the state that the controller answered last.
  var lastAnswered: ArmState?
  /// When it was last heard of, or looked for.
  var lastSign: Int64 = 0
  private var isStopped = false
  private var toldTransitions: UInt64 = 0
  /// Torques that the driver's own filter has cut, in episodes and between them.
  private(set) var interventions: UInt64 = 0
  private var cuts = InterventionLog()
  private var untold = SafetyInterventions()
  private var stopsToTell: [DriverStatus] = []
  private let journal: InterventionJournal

  init(_ session: SessionContext) throws {
    try GainCheck.refuseOwn(session.recipe)
    let arm = try GuardedArm(session)
    let journal = InterventionJournal(
      run: session.recipe.launch.run, period: session.recipe.robot.driver.timestep)
    let commands = try session.server(at: .session, callers: "actor or reset")
    let truths = try session.server(at: .truth, callers: "evaluate")
    let stops = try StopDesk(session)
    let desk = try Self.desk(session)
    let port = try Self.port(session)
    let states = try session.publisherInRealTime(at: .state)
    let recorder = try RecordLink(session, from: .driver)
    let status = try StatusLink(role: "driver", session: session)
    self.session = session
    self.arm = arm
    self.journal = journal
    self.commands = commands
    self.truths = truths
    self.stops = stops
    self.desk = desk
    self.port = port
    self.states = states
    self.recorder = recorder
    self.status = status
  }

  private static func desk(_ session: SessionContext) throws -> ControlDesk? {
    guard session.recipe.launch.placement == .driver else { return nil }
    return try ControlDesk(session)
  }

  private static func port(_ session: SessionContext) throws -> DriverPort? {
    guard session.recipe.launch.placement == .process else { return nil }
    return try session.bound {
      try DriverPort(
        bind: session.endpoint(of: .arm), role: "controller", in: session.context,
        spin: SessionContext.spin, stop: session.stopCheck)
    }
  }

  /// Drives until told to stop.
  mutating func run() throws {
    defer {
      tellInterventions(isLast: true)
      journal.stop()
    }
    LoopPreparation.pin(.driver, of: session.recipe.launch)
    try status.ready()
    switch session.recipe.launch.clock {
    case .lockstep: try runInLockstep()
    case .realtime: try runInRealTime()
    }
  }

  /// Whether the session's end was announced.
  ///
  /// Mutating because an optional that cannot be copied is read in place only so.
  mutating func isOver() -> Bool { desk?.hasStopped() == true || isStopped }

  /// A poller of everything that wakes the driver in lock-step.
  mutating func poller() -> Poller {
    var poller = Poller(stop: session.stopCheck)
    _ = stops.add(to: &poller)
    _ = poller.add(commands)
    _ = poller.add(truths)
    _ = desk?.addSetpoints(to: &poller)
    return poller
  }

  /// Answers whatever has come, stops first, without waiting.
  mutating func serve() throws {
    try serveStops()
    try desk?.serve(within: .zero)
    try answerTruth()
    try answerCommand()
  }

  /// Looks for a person's stop or recovery, and for a `launch` that watches no more: with it the keys are
  /// gone, and who would end what hangs.
  mutating func serveStops() throws {
    let patience = session.recipe.launch.supervision.silence
    let isUnwatched = session.unanswered.silence > patience
    try stops.serve(&arm, unwatched: isUnwatched)
    if isUnwatched, !arm.machine.mode.isStopped, arm.machine.mode != .idle {
      arm.fault(because: "`launch` has said nothing for \(decimal(patience, 0)) s")
    }
    try tellTransition()
  }

  /// Tells the newest transition to whoever watches: log, `launch`, recording.
  mutating func tellTransition() throws {
    guard arm.machine.transitions != toldTransitions else { return }
    toldTransitions = arm.machine.transitions
    let told = arm.status
    session.log.add("driver: \(told.line)\n")
    status.tellNow(.driverStatus(told))
    recorder.add(.driver(told), at: arm.read().time)
    if told.mode.isStopped, stopsToTell.count < 64 { stopsToTell.append(told) }
  }

  private mutating func answerCommand() throws {
    guard let request = try commands.next(within: .zero) else { return }
    if case .stop = request.message {
      isStopped = true
      return
    }
    arm.open()
    try tellTransition()
    let isEnd = if case .episodeEnd = request.message { true } else { false }
    if arm.machine.mode.isStopped, !isEnd {
      return try commands.reply(.driverStatus(arm.status), to: request)
    }
    switch request.message {
    case .episodeStart(let start):
      try begin(start, for: request)
    case .episodeEnd:
      try endRecording()
      try commands.reply(.episodeEnded, to: request)
    case .worldRestore(let start, let world): try restore(start, world, for: request)
    case .grant(let grant) where session.recipe.launch.clock == .lockstep:
      if let refusal = grant.refusal(at: arm.read().tick) {
        return try commands.reply(.failure(reason: refusal), to: request)
      }
      try run(grant)
      let isStopped = arm.machine.mode.isStopped
      try commands.reply(isStopped ? .driverStatus(arm.status) : .granted(arm.read()), to: request)
    case .driverStatusRequest: try commands.reply(.driverStatus(arm.status), to: request)
    default: try commands.reply(.failure(reason: "the driver takes grants only"), to: request)
    }
  }

  private mutating func begin(_ start: EpisodeStart, for request: Request) throws {
    do {
      try arm.arm.startEpisode(start)
    } catch {
      return try commands.reply(.failure(reason: "\(error)"), to: request)
    }
    try beginRecording(of: start)
    try commands.reply(.episodeStarted(arm.read()), to: request)
  }

  private mutating func restore(
    _ start: EpisodeStart, _ world: WorldSnapshot, for request: Request
  ) throws {
    guard session.recipe.launch.clock == .lockstep else {
      return try commands.reply(
        .failure(reason: "an arm goes on from a snapshot in lock-step only"), to: request)
    }
    do {
      try arm.restore(world)
      // The controller has gone back too.
      lastAnswered = nil
    } catch {
      return try commands.reply(.failure(reason: "\(error)"), to: request)
    }
    try beginRecording(of: start)
    try commands.reply(.episodeStarted(arm.read()), to: request)
  }

  private mutating func answerTruth() throws {
    guard let request = try truths.next(within: .zero) else { return }
    guard case .truthRequest = request.message else {
      return try truths.reply(.failure(reason: "this socket tells the truth only"), to: request)
    }
    try truths.reply(.truth(arm.arm.truth()), to: request)
  }

  /// The next torque of the controller, nil when none comes in time; what is none is counted.
  mutating func receive(within wait: Duration) throws -> JointTorque? {
    defer { noteDiscarded() }
    do { return try port?.receive(within: wait) } catch WireError.timedOut { return nil }
  }

  /// Reads what a controller has left behind: libzmq takes no other before the last of it is read.
  mutating func dropLeftovers() throws {
    for _ in 0..<32 {
      guard let torque = try receive(within: .zero) else { return }
      arm.safety.refuse(torque, at: arm.read().tick)
    }
  }

  private mutating func noteDiscarded() {
    guard let discarded = port?.discarded else { return }
    (arm.safety.refusals.damaged, arm.safety.refusals.foreign) =
      (discarded.damaged, discarded.foreign)
  }

  /// One tick with what commands it, recorded.
  mutating func step(_ command: JointTorque?) throws {
    let state = arm.read()
    let torque = try arm.step(command)
    session.work.add()
    recorder.add(state, torque)
    let last = arm.safety.last
    if !last.events.isEmpty, last.asked != last.allowed {
      interventions += 1
      cuts.add(last, tick: state.tick)
      recorder.add(
        .safety(
          SafetyIntervention(
            tick: state.tick, asked: last.asked, allowed: last.allowed,
            events: last.events.rawValue)), at: state.time)
    }
    if state.tick % Int64(session.recipe.ticksPerStep) == 0 { tellInterventions() }
    try tellTransition()
  }

  /// Hands the journal what the driver's filter, and that of a controller that it hosts, have changed.
  mutating func tellInterventions(isLast: Bool = false) {
    if !cuts.isEmpty { untold.add(cuts.take()) }
    if !untold.isEmpty, journal.add(untold, by: .driver, waiting: isLast) {
      untold = SafetyInterventions()
    }
    if !stopsToTell.isEmpty, journal.add(stopsToTell, waiting: isLast) { stopsToTell = [] }
    desk?.tell(journal, isLast: isLast)
  }
}

extension DriverStatus {
  /// The status as a line for a person.
  var line: String { "\(mode) at \(decimal(Double(since) * 1e-9, 3)) s: \(reason)" }
}
