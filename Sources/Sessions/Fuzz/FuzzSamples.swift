import Geometry
import Messages
import Randomness

/// Messages drawn at random, each of right form.
struct FuzzSamples {
  var stream: RandomStream

  init(seed: UInt64) { stream = RandomStream(seed: seed, name: "fuzz.samples") }

  mutating func number() -> Double { stream.normal() }

  mutating func word() -> UInt64 { UInt64(stream.index(below: 2000)) }

  mutating func tick() -> Int64 { Int64(stream.index(below: 5000)) }

  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(number()) } }

  /// An action, each number in -1…1.
  mutating func actions() -> [Float] {
    (0..<ObservationLayout.actionSize).map { _ in Float(stream.uniform(eitherSide: 1)) }
  }

  mutating func vector() -> Vector3 { Vector3(number(), number(), number()) }

  mutating func joints() -> JointVector {
    var joints = JointVector()
    for i in 0..<JointVector.count { joints[i] = number() }
    return joints
  }

  mutating func pose<To: Frame, From: Frame>() -> Transform<To, From> {
    Transform(
      rotation: Rotation(w: number(), x: number(), y: number(), z: number()),
      translation: vector())
  }

  mutating func wrench() -> Wrench<Tool> { Wrench(force: vector(), torque: vector()) }

  mutating func state() -> ArmState {
    var state = ArmState()
    (state.tick, state.time) = (tick(), tick() * 1_000_000)
    state.requiredSetpoint = word()
    (state.position, state.velocity, state.torque) = (joints(), joints(), joints())
    (state.externalTorque, state.coriolis) = (joints(), joints())
    for row in 0..<6 { for joint in 0..<7 { state.jacobian[row, joint] = number() } }
    state.baseFromTool = pose()
    state.toolTwist = Twist(linear: vector(), angular: vector())
    state.toolWrench = wrench()
    return state
  }

  mutating func torque() -> JointTorque {
    var torque = JointTorque()
    (torque.tick, torque.torque, torque.setpoint) = (tick(), joints(), word())
    return torque
  }

  mutating func setpoint() -> Setpoint {
    let clip = Vector3(0.01, 0.01, 0.01)
    return Setpoint(
      sequence: word(), effectTick: tick(), baseFromTool: pose(),
      compliance: Compliance(
        translationalStiffness: 800, translationalDamping: 50, rotationalStiffness: 40,
        rotationalDamping: 2, clipToward: clip, clipAgainst: clip, clipRotation: clip,
        nullspaceStiffness: 10))
  }

  mutating func ending() -> Ending? { Ending(rawValue: UInt8(stream.index(below: 4))) }

  /// A step with as many numbers as this project's learner takes.
  mutating func transition() -> Transition {
    Transition(
      sequence: UInt64(stream.index(below: 4)), episode: UInt32(word()), policyVersion: word(),
      observation: floats(ObservationLayout.size),
      action: actions(), reward: Float(number()),
      nextObservation: floats(ObservationLayout.size), ending: ending())
  }

  mutating func truth() -> Truth {
    var truth = Truth()
    (truth.tick, truth.remainingDepth, truth.contactForce) = (tick(), number(), number())
    (truth.pins, truth.pinsInHoles) = (6, Int32(stream.index(below: 7)))
    (truth.boardFromPart, truth.toolFromPart) = (pose(), pose())
    return truth
  }

  mutating func intervention() -> SafetyIntervention {
    SafetyIntervention(tick: tick(), asked: joints(), allowed: joints(), events: 5)
  }

  mutating func world() -> WorldSnapshot {
    var world = WorldSnapshot()
    world.state = state()
    world.integration = (0..<53).map { _ in number() }
    world.placements = [BodyPlacement(body: "board", parentFromBody: pose())]
    world.noise = (0..<4).map { _ in stream.next() }
    world.wrench.filteredTorque = joints()
    (world.wrench.raw, world.wrench.zero, world.wrench.bias) = (wrench(), wrench(), wrench())
    (world.wrench.filled, world.wrench.next) = (5, 5)
    return world
  }

  mutating func control() -> ControlSnapshot {
    var schedule = ScheduleSnapshot(current: setpoint())
    (schedule.newest, schedule.switchTick, schedule.lastTick) = (word() + 4000, tick(), tick())
    schedule.departure = pose()
    var control = ControlSnapshot(schedule: schedule)
    control.lawMemory = joints().array
    control.lastTick = tick()
    (control.asked, control.allowed) = (joints(), joints())
    return control
  }

  mutating func origin() -> EpisodeOrigin {
    EpisodeOrigin(
      start: EpisodeStart(episode: 0, isEvaluation: false), state: state(), latency: 20,
      setpointSequence: word(), grantSequence: word(), steps: 0, control: control(),
      world: world())
  }

  mutating func action(_ step: UInt32, _ tick: Int64) -> Action {
    Action(
      step: step, tick: tick, policyVersion: word(), asked: actions(), intended: actions(),
      executed: actions(), effectTick: tick + 20, setpoint: word())
  }

  mutating func status() -> Status {
    Status(
      role: "learner", step: word(), episode: word(), robotNanoseconds: tick(),
      values: [StatusValue(name: "loss", value: number())], note: "a note", actor: 1)
  }

  /// What is recorded of two steps beside the ticks.
  mutating func records() -> [Record] {
    var records: [Record] = []
    for step in UInt32(0)..<2 {
      let tick = Int64(step) * 100
      records += [
        .observation(Observation(tick: tick, values: floats(ObservationLayout.size))),
        .action(action(step, tick)), .setpoint(setpoint()),
        .reward(
          StepReward(
            step: step, tick: tick + 100, reward: Float(step), ending: step == 1 ? .terminal : nil)),
        .safety(intervention()),
        .simulatorState(SimulatorState(tick: tick, integration: (0..<20).map { _ in number() })),
        .truth(truth()), .log(LogLine(role: "controller", text: "a line")),
      ]
    }
    records.append(.observation(Observation(tick: 200, values: floats(ObservationLayout.size))))
    return records
  }

  mutating func batch() -> Records {
    var batch = Records(episode: 0, sender: stream.index(below: 2) == 0 ? .driver : .actor)
    batch.sequence = UInt64(stream.index(below: 3))
    batch.ticks.add(state(), torque(), wall: tick())
    batch.records = records().prefix(9).map {
      TimedRecord($0, at: RecordTime(robot: tick(), wall: tick()))
    }
    batch.isLast = stream.index(below: 2) == 1
    batch.world = stream.index(below: 2) == 0 ? nil : world()
    return batch
  }
}

extension FuzzSamples {
  /// A message of each kind but `stop`, which ends a process as it should.
  mutating func messages() -> [Message] { session() + learning() + recording() }

  private mutating func session() -> [Message] {
    [
      .heartbeat(role: "driver", process: 4711, progress: word()), .ready(role: "reward"),
      .failure(reason: "no such episode"), .status(status()),
      .episodeStart(EpisodeStart(episode: word(), isEvaluation: false)),
      .episodeStarted(state()),
      .grant(Grant(sequence: word(), untilTick: tick() / 50, setpoint: 0)), .granted(state()),
      .setpoint(setpoint()), .setpointAccepted(sequence: word()), .judgeStart, .judge(state()),
      .judgement(Judgement(reward: 1, ending: ending())),
      .reset(
        ResetRequest(
          episode: word(), isEvaluation: false, nextSetpoint: 1 + word(), nextGrant: 1 + word())),
      .resetDone(ResetDone(setpointSequence: 1, grantSequence: 1, state: state(), steps: 3)),
      .truthRequest, .truth(truth()), .environmentReset, .environmentStep(action: floats(6)),
      .environmentState(
        EnvironmentState(
          episode: word(), observation: floats(19), executedAction: floats(6), reward: 0,
          ending: nil, isRewarded: false, robotNanoseconds: tick(), seconds: 1)),
    ]
  }

  private mutating func learning() -> [Message] {
    [
      .transitions([transition(), transition()]), .transitionsAccepted(nextSequence: word()),
      .policyRequest(minimumVersion: word()),
      .trainingRequest(actor: 1, nextSequence: word()),
      .training(finish: "success", nextSequence: word()),
      .actorLeft(actor: 2, reason: "a person asked"),
      .policy(PolicySnapshot(version: word(), bytes: [1, 2, 3, 4])), .learnerDigestRequest,
      .learnerDigest(replay: word(), weights: word()),
    ]
  }

  private mutating func recording() -> [Message] {
    [
      .episodeEnd(episode: 0), .episodeEnded, .controlRequest, .control(control()),
      .safetyRequest,
      .safety(SafetyInterventions(interventions: [intervention()], untold: word())),
      .worldRestore(EpisodeStart(episode: 0, isEvaluation: false), world()), .records(batch()),
      .recordStart(origin(), at: RecordTime(robot: tick(), wall: tick())),
      .recordEnd(episode: 0, outcome: ["isRewarded": "true", "steps": "2"]), .recordAccepted,
      .recordsAccepted(episode: 0, sender: .driver, nextSequence: word()),
    ]
  }
}

extension FixedLengthMessage {
  /// The encoding as an array.
  var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.encodedLength) { buffer, count in
      encode(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.encodedLength
    }
  }
}
