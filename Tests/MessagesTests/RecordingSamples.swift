import Geometry
import Messages
import Randomness

extension Samples {
  mutating func wrench() -> Wrench<Tool> { Wrench(force: vector(), torque: vector()) }

  mutating func intervention() -> SafetyIntervention {
    SafetyIntervention(
      tick: Int64(bitPattern: stream.next()), asked: joints(), allowed: joints(),
      events: UInt16(stream.index(below: 64)))
  }

  mutating func interventions() -> SafetyInterventions {
    SafetyInterventions(
      interventions: (0..<stream.index(below: 4)).map { _ in intervention() },
      untold: stream.next(),
      setpoints: (0..<stream.index(below: 4)).map { _ in setpointIntervention() },
      untoldSetpoints: stream.next())
  }

  mutating func setpointIntervention() -> SetpointIntervention {
    SetpointIntervention(
      tick: Int64(bitPattern: stream.next()), asked: setpoint(), allowed: setpoint(),
      events: UInt16(stream.index(below: 32)))
  }

  mutating func world() -> WorldSnapshot {
    var world = WorldSnapshot()
    world.state = state()
    world.integration = (0..<53).map { _ in number() }
    world.placements = [BodyPlacement(body: "header/part", parentFromBody: pose())]
    world.noise = (0..<4).map { _ in stream.next() }
    world.wrench.filteredTorque = joints()
    (world.wrench.raw, world.wrench.zero, world.wrench.bias) = (wrench(), wrench(), wrench())
    world.wrench.history = (0..<WrenchMemory.window).map { _ in wrench() }
    world.wrench.filled = stream.index(below: 101)
    world.wrench.next = stream.index(below: 100)
    world.contactForce = number()
    world.peakContactForce = number()
    return world
  }

  mutating func control() -> ControlSnapshot {
    var schedule = ScheduleSnapshot(current: setpoint())
    schedule.newest = stream.next()
    schedule.late = stream.next()
    schedule.waiting = (0..<stream.index(below: 4)).map { _ in setpoint() }
    schedule.departure = pose()
    schedule.switchTick = Int64(bitPattern: stream.next())
    schedule.lastTick = Int64(bitPattern: stream.next())
    var control = ControlSnapshot(schedule: schedule)
    control.lawMemory = stream.index(below: 2) == 0 ? [] : joints().array
    control.lastTick = stream.index(below: 2) == 0 ? nil : Int64(bitPattern: stream.next())
    (control.asked, control.allowed) = (joints(), joints())
    control.events = UInt16(stream.index(below: 64))
    control.interventions = stream.next()
    control.isFenceClosed = stream.index(below: 2) == 0
    return control
  }

  mutating func origin() -> EpisodeOrigin {
    EpisodeOrigin(
      start: EpisodeStart(episode: stream.next(), isEvaluation: stream.index(below: 2) == 1),
      state: state(), latency: 20, setpointSequence: stream.next(), grantSequence: stream.next(),
      steps: stream.next(), control: control(),
      world: stream.index(below: 2) == 0 ? nil : world())
  }

  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }

  /// One record of each series.
  mutating func records() -> [Record] {
    let tick = Int64(bitPattern: stream.next())
    return [
      .observation(Observation(tick: tick, values: floats(20))),
      .action(
        Action(
          step: 3, tick: tick, policyVersion: stream.next(), asked: floats(6), intended: floats(6),
          executed: floats(6), effectTick: tick &+ 20, setpoint: stream.next())),
      .setpoint(setpoint()),
      .reward(StepReward(step: 3, tick: tick, reward: float(), ending: ending())),
      .safety(intervention()), .safetySetpoint(setpointIntervention()),
      .simulatorState(SimulatorState(tick: tick, integration: (0..<53).map { _ in number() })),
      .truth(truth()), .log(LogLine(role: "controller", text: "a line")),
      .driver(driverStatus()),
    ]
  }

  mutating func driverStatus() -> DriverStatus {
    let modes = DriverMode.allCases
    return DriverStatus(
      mode: modes[stream.index(below: modes.count)], since: Int64(bitPattern: stream.next()),
      reason: "no torque for 20 ms", stands: stream.uniform() < 0.5,
      refusals: Refusals(
        late: stream.next(), early: stream.next(), stopped: stream.next(), damaged: stream.next(),
        foreign: stream.next()), time: Int64(bitPattern: stream.next()))
  }

  mutating func time() -> RecordTime {
    RecordTime(robot: Int64(bitPattern: stream.next()), wall: Int64(bitPattern: stream.next()))
  }

  mutating func sender() -> RecordSender { stream.index(below: 2) == 0 ? .driver : .actor }

  mutating func batch() -> Records {
    var batch = Records(episode: stream.next(), sender: sender())
    batch.sequence = stream.next()
    for _ in 0..<stream.index(below: 5) {
      batch.ticks.add(state(), command(), wall: Int64(bitPattern: stream.next()))
    }
    batch.records = records().map { TimedRecord($0, at: time()) }
    batch.isLast = stream.index(below: 2) == 1
    batch.dropped = stream.next()
    batch.world = stream.index(below: 2) == 0 ? nil : world()
    return batch
  }

  /// One message of each kind that has to do with recording.
  mutating func recordingMessages(of episode: UInt64) -> [Message] {
    [
      .setpointAccepted(sequence: stream.next(), safety: interventions()),
      .episodeEnd(episode: episode), .episodeEnded, .controlRequest, .control(control()),
      .safetyRequest, .safety(interventions()),
      .worldRestore(EpisodeStart(episode: episode, isEvaluation: true), world()),
      .records(batch()), .recordStart(origin(), at: time()),
      .recordEnd(episode: episode, outcome: ["isRewarded": "true", "note": "µm"]),
      .recordsAccepted(episode: episode, sender: sender(), nextSequence: stream.next()),
      .recordAccepted, .userStop(reason: "a hand"), .recover(reason: "looked at"),
      .driverStatusRequest, .driverStatus(driverStatus()),
    ]
  }
}
