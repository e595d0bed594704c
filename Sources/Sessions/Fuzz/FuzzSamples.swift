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
  /// A message of each kind but those of `stopping` and `stop`, which ends a process as it should.
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

extension FuzzSamples {
  /// What a person says to a driver, and its answer in each mode.
  mutating func stopping() -> [Message] {
    let modes = DriverMode.allCases.map { mode in
      Message.driverStatus(
        DriverStatus(
          mode: mode, since: tick(), reason: "a reason", stands: stream.index(below: 2) == 0,
          time: tick()))
    }
    return modes + [
      .userStop(reason: "a person"), .recover(reason: "a person"), .driverStatusRequest,
    ]
  }

  /// What processes tell `launch`: its figures, good ones and strange ones, and actors up to the last
  /// one and beyond.
  mutating func news() -> [Message] {
    let actors: [UInt32] = [0, 1, 63, 64, .max]
    var news: [Message] = []
    for round in 0..<4 {
      for told in Self.figures {
        var status = Status(role: told.role, step: word(), episode: word(), note: told.note)
        status.robotNanoseconds = tick()
        if round == 3 { (status.step, status.robotNanoseconds) = (.max, .max) }
        status.actor = actors[stream.index(below: actors.count)]
        for name in told.names {
          let value = round < 2 ? 10_000 * Double(round) : strange()
          status.values.append(StatusValue(name: name, value: value))
        }
        news.append(.status(status))
      }
    }
    for actor in actors {
      news.append(.ready(role: "actor \(actor)"))
      news.append(.heartbeat(role: "actor \(actor)", process: 4711, progress: .max))
      news.append(.trainingRequest(actor: actor, nextSequence: .max))
      news.append(.actorLeft(actor: actor, reason: "a reason"))
    }
    for role in Role.allCases {
      news.append(.ready(role: role.rawValue))
      news.append(.heartbeat(role: role.rawValue, process: 4711, progress: word()))
    }
    return news
  }

  private mutating func strange() -> Double {
    let values: [Double] = [.nan, .infinity, -.infinity, 1e308, -1e308, -1, 9.3e18, 0.5]
    return values[stream.index(below: values.count)]
  }

  /// Who tells what, and with which words.
  private static let figures: [(role: String, names: [String], note: String)] = [
    ("actor", ["episode/reward", "episode/rewarded", "episode/steps", "success/last20"], ""),
    ("actor", [], "steps 0f 1e"), ("actor", [], "interrupted - -"),
    ("learner", ["learner/updates", "learner/updatesPerSecond", "learner/updatesPerStep"], ""),
    ("driver", ["driver/ticks", "driver/overruns", "driver/missedTorques"], ""),
    ("controller", ["controller/ticks", "controller/overruns", "controller/missedTorques"], ""),
    ("driver", [TrainingRelay.stopped], "the arm has stopped"),
  ]
}

extension FuzzSamples {
  /// What a client of `serve` asks for: resets, steps, and steps that there are not.
  mutating func serving() -> [Message] {
    let size = ObservationLayout.actionSize
    let steps = (0..<8).map { _ in actions() }
    let wrong: [[Float]] = [
      [], [0], floats(size + 1), floats(5000), floats(size).map { 4 * $0 },
      [Float](repeating: .nan, count: size), [Float](repeating: .infinity, count: size),
      [Float](repeating: Float(1).nextUp, count: size),
    ]
    return [.environmentReset, .environmentReset]
      + (steps + wrong).map { .environmentStep(action: $0) }
  }

  /// What a driver tells its controller: states that no setpoint is needed for, and of them such as no
  /// arm is ever in.
  mutating func states() -> [ArmState] {
    var states = (0..<8).map { _ in state() }
    for index in states.indices { states[index].requiredSetpoint = 0 }
    states[4].requiredSetpoint = .max
    (states[5].tick, states[6].tick) = (.max, .min)
    for joint in 0..<JointVector.count {
      (states[6].position[joint], states[6].velocity[joint]) = (1e308, -1e308)
      for row in 0..<6 { states[7].jacobian[row, joint] *= 1e300 }
    }
    return states
  }
}

extension FixedLengthMessage {
  /// The message of an encoding; nil for anything else.
  init?(tick bytes: ArraySlice<UInt8>) {
    guard let message = bytes.withUnsafeBytes({ try? Self(decoding: $0) }) else { return nil }
    self = message
  }

  /// The encoding as an array.
  var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.encodedLength) { buffer, count in
      encode(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.encodedLength
    }
  }
}
