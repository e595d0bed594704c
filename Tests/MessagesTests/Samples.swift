import Geometry
import Messages
import Randomness

/// Random messages: every field drawn, none likely to be zero.
struct Samples {
  var stream: RandomStream

  init(seed: UInt64) { stream = RandomStream(seed: seed, name: "samples") }

  mutating func number() -> Double { stream.normal() * 10 }

  mutating func float() -> Float { Float(stream.normal()) }

  mutating func vector() -> Vector3 { Vector3(number(), number(), number()) }

  mutating func joints() -> JointVector {
    var joints = JointVector()
    for i in 0..<JointVector.count { joints[i] = number() }
    return joints
  }

  mutating func pose<To: Frame, From: Frame>() -> Transform<To, From> {
    Transform(
      rotation: Rotation(
        w: stream.normal(), x: stream.normal(), y: stream.normal(), z: stream.normal()),
      translation: vector())
  }

  mutating func state() -> ArmState {
    var state = ArmState()
    state.tick = Int64(bitPattern: stream.next())
    state.time = Int64(bitPattern: stream.next())
    state.requiredSetpoint = stream.next()
    state.position = joints()
    state.velocity = joints()
    state.torque = joints()
    state.externalTorque = joints()
    state.coriolis = joints()
    for row in 0..<6 {
      for joint in 0..<7 { state.jacobian[row, joint] = number() }
    }
    state.baseFromTool = pose()
    state.toolTwist = Twist(linear: vector(), angular: vector())
    state.toolWrench = Wrench(force: vector(), torque: vector())
    return state
  }

  mutating func command() -> JointTorque {
    var command = JointTorque()
    command.tick = Int64(bitPattern: stream.next())
    command.torque = joints()
    command.setpoint = stream.next()
    return command
  }

  mutating func setpoint() -> Setpoint {
    Setpoint(
      sequence: stream.next(), effectTick: Int64(bitPattern: stream.next()), baseFromTool: pose(),
      compliance: Compliance(
        translationalStiffness: number(), translationalDamping: number(),
        rotationalStiffness: number(), rotationalDamping: number(), clipToward: vector(),
        clipAgainst: vector(), clipRotation: vector(), nullspaceStiffness: number()))
  }

  mutating func ending() -> Ending? { Ending(rawValue: UInt8(stream.index(below: 4))) }

  mutating func transition(numbers: Int = 20) -> Transition {
    Transition(
      sequence: stream.next(), episode: UInt32(truncatingIfNeeded: stream.next()),
      policyVersion: stream.next(), observation: (0..<numbers).map { _ in float() },
      action: (0..<6).map { _ in float() }, reward: float(),
      nextObservation: (0..<numbers).map { _ in float() }, ending: ending())
  }

  mutating func environmentState() -> EnvironmentState {
    EnvironmentState(
      episode: stream.next(), observation: (0..<20).map { _ in float() },
      executedAction: (0..<6).map { _ in float() }, reward: float(), ending: ending(),
      isRewarded: stream.index(below: 2) == 1,
      robotNanoseconds: Int64(bitPattern: stream.next()), seconds: number())
  }

  mutating func truth() -> Truth {
    var truth = Truth()
    truth.tick = Int64(bitPattern: stream.next())
    truth.remainingDepth = number()
    truth.pinsInHoles = Int32(stream.index(below: 7))
    truth.pins = 6
    truth.contactForce = number()
    truth.peakContactForce = number()
    truth.boardFromPart = pose()
    truth.toolFromPart = pose()
    return truth
  }

  mutating func status() -> Status {
    Status(
      role: "learner", step: stream.next(), episode: stream.next(),
      robotNanoseconds: Int64(bitPattern: stream.next()),
      values: (0..<stream.index(below: 5)).map { StatusValue(name: "loss \($0)", value: number()) },
      note: "µm, not mm", actor: UInt32(truncatingIfNeeded: stream.next()))
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
  }

  /// One message of each kind.
  mutating func messages() -> [Message] {
    let episode = stream.next()
    return [
      .heartbeat(role: "driver", process: 4711, progress: stream.next()),
      .ready(role: "reward"), .stop(reason: "finished"), .failure(reason: "no such episode"),
      .status(status()),
      .episodeStart(EpisodeStart(episode: episode, isEvaluation: stream.index(below: 2) == 1)),
      .episodeStarted(state()),
      .grant(
        Grant(
          sequence: stream.next(), untilTick: Int64(bitPattern: stream.next()),
          setpoint: stream.next())),
      .granted(state()), .setpoint(setpoint()), .setpointAccepted(sequence: stream.next()),
      .judgeStart, .judge(state()), .judgement(Judgement(reward: float(), ending: ending())),
      .reset(
        ResetRequest(
          episode: episode, isEvaluation: stream.index(below: 2) == 1, nextSetpoint: stream.next(),
          nextGrant: stream.next())),
      .resetDone(
        ResetDone(
          setpointSequence: stream.next(), grantSequence: stream.next(), state: state(),
          steps: UInt32(truncatingIfNeeded: stream.next()))),
      .transitions(
        (0..<stream.index(below: 4)).map { _ in transition() },
        actor: UInt32(truncatingIfNeeded: stream.next())),
      .transitionsAccepted(nextSequence: stream.next()),
      .policyRequest(
        minimumVersion: stream.next(), actor: UInt32(truncatingIfNeeded: stream.next())),
      .trainingRequest(actor: 3, nextSequence: stream.next()),
      .training(finish: "success", nextSequence: stream.next()),
      .actorLeft(actor: 3, reason: "its driver was ended by signal 9"),
      .policy(PolicySnapshot(version: stream.next(), bytes: bytes(stream.index(below: 300)))),
      .truthRequest, .truth(truth()), .learnerDigestRequest,
      .learnerDigest(replay: stream.next(), weights: stream.next()),
      .environmentReset, .environmentStep(action: (0..<6).map { _ in float() }),
      .environmentState(environmentState()),
    ] + recordingMessages(of: episode)
  }
}

extension FixedLengthMessage {
  /// The encoding as an array.
  var encoding: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.encodedLength) { buffer, count in
      encode(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.encodedLength
    }
  }

  init(_ bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { try Self(decoding: $0) }
  }
}
