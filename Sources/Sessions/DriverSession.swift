import ControlLoop
import Geometry
import Messages
import RealTime
import Recipes
import Safety
import SimulatedWorld
import Wire

/// The driver process: owns the arm and is the session's clock.
struct DriverSession: ~Copyable {
  private let session: SessionContext
  private var arm: SimulatedArm
  private var desk: ControlDesk?
  private var port: DriverPort?
  private var commands: Server
  private var truths: Server
  private var states: Publisher?
  private var watch: CommandWatch
  private var recorder: RecordLink
  private var lastTorque = JointVector()
  private var isStopped = false

  init(_ session: SessionContext) throws {
    let launch = session.recipe.launch
    let arm = try SimulatedArm(WorldConfiguration(session.recipe), seed: launch.seed)
    let watch = try CommandWatch(session.recipe.robot)
    let commands = try session.server(at: .session, callers: "actor or reset")
    let truths = try session.server(at: .truth, callers: "evaluate")
    let desk = try Self.desk(session)
    let port = try Self.port(session)
    let states = try session.publisherInRealTime(at: .state)
    let recorder = try RecordLink(session)
    self.session = session
    self.arm = arm
    self.watch = watch
    self.commands = commands
    self.truths = truths
    self.desk = desk
    self.port = port
    self.states = states
    self.recorder = recorder
  }

  private static func desk(_ session: SessionContext) throws -> ControlDesk? {
    guard session.recipe.launch.placement == .driver else { return nil }
    return try ControlDesk(session)
  }

  private static func port(_ session: SessionContext) throws -> DriverPort? {
    guard session.recipe.launch.placement == .process else { return nil }
    return try DriverPort(
      bind: Endpoint(session.endpoints[.arm]), role: "controller", in: session.context,
      spin: session.spin, stop: session.stopCheck)
  }

  /// Drives until told to stop.
  mutating func run() throws {
    var status = try StatusLink(role: "driver", session: session)
    LoopPreparation.pin(.driver, of: session.recipe.launch)
    try status.ready()
    switch session.recipe.launch.clock {
    case .lockstep: try runInLockstep()
    case .realtime: try runInRealTime(&status)
    }
  }

  // MARK: Lock-step

  private mutating func runInLockstep() throws {
    var poller = Poller(stop: session.stopCheck)
    let command = poller.add(commands)
    let truth = poller.add(truths)
    let setpoint = desk?.addSetpoints(to: &poller)
    while !isOver() {
      guard try poller.wait(within: .seconds(1)) else { continue }
      if let setpoint, poller.isReady(setpoint) { try desk?.serve(within: .zero) }
      if poller.isReady(truth) { try answerTruth() }
      if poller.isReady(command) { try answerCommand() }
    }
  }

  /// Mutating because an optional that cannot be copied is read in place only so.
  private mutating func isOver() -> Bool { desk?.hasStopped() == true || isStopped }

  private mutating func answerCommand() throws {
    guard let request = try commands.next(within: .zero) else { return }
    switch request.message {
    case .episodeStart(let start):
      try begin(start, for: request)
    case .episodeEnd:
      try recorder.end()
      try commands.reply(.episodeEnded, to: request)
    case .worldRestore(let start, let world): try restore(start, world, for: request)
    case .grant(let grant):
      if let refusal = grant.refusal(at: arm.read().tick) {
        try commands.reply(.failure(reason: refusal), to: request)
        return
      }
      try run(grant)
      try commands.reply(.granted(arm.read()), to: request)
    case .stop: isStopped = true
    default: try commands.reply(.failure(reason: "the driver takes grants only"), to: request)
    }
  }

  private mutating func begin(_ start: EpisodeStart, for request: Request) throws {
    do {
      try arm.startEpisode(start)
    } catch {
      try commands.reply(.failure(reason: "\(error)"), to: request)
      return
    }
    try beginRecording(of: start)
    try commands.reply(.episodeStarted(arm.read()), to: request)
  }

  private mutating func beginRecording(of start: EpisodeStart) throws {
    guard session.recipe.launch.recording == .all else { return }
    try recorder.begin(start.episode, world: arm.snapshot())
  }

  private mutating func restore(
    _ start: EpisodeStart, _ world: WorldSnapshot, for request: Request
  ) throws {
    guard session.recipe.launch.clock == .lockstep else {
      try commands.reply(
        .failure(reason: "an arm goes on from a snapshot in lock-step only"), to: request)
      return
    }
    do {
      try arm.restore(world)
    } catch {
      try commands.reply(.failure(reason: "\(error)"), to: request)
      return
    }
    try beginRecording(of: start)
    try commands.reply(.episodeStarted(arm.read()), to: request)
  }

  /// What only the simulator knows, for the recorder alone.
  private mutating func recordWorld() throws {
    guard recorder.isRecording() else { return }
    let state = arm.read()
    recorder.add(
      .simulatorState(SimulatorState(tick: state.tick, integration: arm.integrationState())),
      at: state.time)
    recorder.add(.truth(arm.truth()), at: state.time)
    try recorder.flush()
  }

  private mutating func answerTruth() throws {
    guard let request = try truths.next(within: .zero) else { return }
    guard case .truthRequest = request.message else {
      try truths.reply(.failure(reason: "this socket tells the truth only"), to: request)
      return
    }
    try truths.reply(.truth(arm.truth()), to: request)
  }

  private mutating func run(_ grant: Grant) throws {
    while true {
      var state = arm.read()
      state.requiredSetpoint = grant.setpoint
      do {
        guard state.tick <= grant.untilTick else { return try recordWorld() }
        let torque = try torque(for: state, within: .seconds(1))
        recorder.add(state, torque)
        if recorder.isDue { try recorder.flush() }
        try apply(torque)
      } catch {
        try comeToRest()
        throw error
      }
    }
  }

  private mutating func torque(for state: ArmState, within wait: Duration) throws -> JointTorque {
    if desk != nil {
      try desk?.awaitSetpoint(for: state, within: wait)
      return desk?.loop.step(state) ?? JointTorque()
    }
    try port?.send(state, within: wait)
    while true {
      guard let torque = try port?.receive(within: wait) else { return JointTorque() }
      if torque.tick >= state.tick { return torque }
    }
  }

  private mutating func apply(_ torque: JointTorque) throws {
    watch.command(at: arm.read().time)
    lastTorque = torque.torque
    try arm.write(torque)
  }

  /// Runs simulated time by itself through hold and damped stop, so that the arm is at rest when
  /// the session ends for want of commands.
  private mutating func comeToRest() throws {
    for _ in 0..<1000 {
      try applyWithoutCommand()
      // The recorder may be what is missing.
      if recorder.waitingTicks >= 100, (try? recorder.flush()) == nil { recorder.giveUp() }
    }
    if (try? recorder.end()) == nil { recorder.giveUp() }
  }

  private mutating func applyWithoutCommand() throws {
    let state = arm.read()
    var torque = JointTorque()
    torque.tick = state.tick
    torque.torque = watch.torque(for: state, last: lastTorque)
    lastTorque = torque.torque
    recorder.add(state, torque)
    try arm.write(torque)
  }

  // MARK: Real time

  private mutating func runInRealTime(_ status: inout StatusLink) throws {
    var timer = PeriodicTimer(period: session.nanosecondsPerTick)
    var timing = LoopTiming(period: timer.period)
    defer { print(timing.text(of: .driver)) }
    while !isOver() {
      _ = timer.wait()
      timing.noteWake()
      if session.stopCheck() { throw SessionFailure("driver: told to stop") }
      try desk?.serve(within: .zero)
      try answerCommand()
      try answerTruth()
      let state = arm.read()
      try states?.publish(.granted(state))
      do {
        timing.noteAsk()
        let torque = try torque(for: state, within: .microseconds(900))
        timing.noteAnswer()
        recorder.add(state, torque)
        try apply(torque)
      } catch WireError.timedOut, WireError.cannotSend {
        timing.noteMiss()
        try applyWithoutCommand()
      }
      try recordInRealTime(state.tick)
      timing.noteEnd()
      timing.report(of: .driver, through: &status)
      if watch.phase == .stopped {
        try comeToRest()
        throw SessionFailure("driver: the controller is silent; the arm has been stopped")
      }
    }
  }

  /// A message each 20 ticks, so that a crash costs little; the world each step.
  private mutating func recordInRealTime(_ tick: Int64) throws {
    if tick % Int64(session.recipe.ticksPerStep) == 0 {
      try recordWorld()
    } else if recorder.waitingTicks >= 20 {
      try recorder.flush()
    }
  }
}
