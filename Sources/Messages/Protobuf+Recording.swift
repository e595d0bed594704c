import Foundation
import Geometry
import SwiftProtobuf

extension ProtoEpisodeOrigin {
  init(_ origin: EpisodeOrigin) {
    start = ProtoEpisodeStart(origin.start)
    state = ProtoArmState(origin.state)
    latency = origin.latency
    setpointSequence = origin.setpointSequence
    grantSequence = origin.grantSequence
    steps = origin.steps
    control = ProtoControlSnapshot(origin.control)
    if let snapshot = origin.world { world = ProtoWorldSnapshot(snapshot) }
  }
}

extension EpisodeOrigin {
  init(_ proto: ProtoEpisodeOrigin) throws(MessageError) {
    self.init(
      start: EpisodeStart(proto.start), state: try ArmState(proto.state), latency: proto.latency,
      setpointSequence: proto.setpointSequence, grantSequence: proto.grantSequence,
      steps: proto.steps, control: try ControlSnapshot(proto.control),
      world: proto.hasWorld ? try WorldSnapshot(proto.world) : nil)
  }
}

extension ProtoObservation {
  init(_ observation: Observation) {
    tick = observation.tick
    values = observation.values
  }
}

extension Observation {
  init(_ proto: ProtoObservation) throws(MessageError) {
    self.init(
      tick: proto.tick,
      values: try proto.values.checked("Observation.values", limit: Limit.numbers))
  }
}

extension ProtoAction {
  init(_ action: Action) {
    step = action.step
    tick = action.tick
    policyVersion = action.policyVersion
    asked = action.asked
    intended = action.intended
    executed = action.executed
    effectTick = action.effectTick
    setpoint = action.setpoint
  }
}

extension Action {
  init(_ proto: ProtoAction) throws(MessageError) {
    self.init(
      step: proto.step, tick: proto.tick, policyVersion: proto.policyVersion,
      asked: try proto.asked.checked("Action.asked", limit: Limit.numbers),
      intended: try proto.intended.checked("Action.intended", limit: Limit.numbers),
      executed: try proto.executed.checked("Action.executed", limit: Limit.numbers),
      effectTick: proto.effectTick, setpoint: proto.setpoint)
  }
}

extension ProtoStepReward {
  init(_ reward: StepReward) {
    step = reward.step
    tick = reward.tick
    self.reward = reward.reward
    ending = ProtoEnding(reward.ending)
  }
}

extension StepReward {
  init(_ proto: ProtoStepReward) throws(MessageError) {
    self.init(
      step: proto.step, tick: proto.tick, reward: try proto.reward.checked("StepReward.reward"),
      ending: try proto.ending.ending("StepReward.ending"))
  }
}

extension ProtoSimulatorState {
  init(_ state: SimulatorState) {
    tick = state.tick
    integration = state.integration
  }
}

extension SimulatorState {
  init(_ proto: ProtoSimulatorState) throws(MessageError) {
    self.init(
      tick: proto.tick,
      integration: try proto.integration
        .checked("SimulatorState.integration", limit: Limit.integration))
  }
}

extension ProtoRecords {
  init(_ batch: Records) {
    episode = batch.episode
    sender = batch.sender.rawValue
    sequence = batch.sequence
    if batch.ticks.count > 0 {
      ticks.states = Data(batch.ticks.states)
      ticks.torques = Data(batch.ticks.torques)
      ticks.wallTimes = batch.ticks.wallTimes
    }
    records = batch.records.map { entry in
      .with {
        $0.topic = entry.record.topic
        $0.robotTime = entry.time.robot
        $0.wallTime = entry.time.wall
        $0.message = Data(entry.record.encoded())
      }
    }
    isLast = batch.isLast
    dropped = batch.dropped
    if let snapshot = batch.world { world = ProtoWorldSnapshot(snapshot) }
  }
}

extension Records {
  init(_ proto: ProtoRecords) throws(MessageError) {
    self.init(episode: proto.episode, sender: try RecordSender(proto.sender, of: "Records"))
    sequence = proto.sequence
    if proto.hasTicks {
      ticks = try TickRecords(
        states: [UInt8](proto.ticks.states), torques: [UInt8](proto.ticks.torques),
        wallTimes: proto.ticks.wallTimes)
    }
    guard proto.records.count <= Self.most else {
      throw .tooMany("Records.records", count: proto.records.count, limit: Self.most)
    }
    for entry in proto.records {
      let time = RecordTime(robot: entry.robotTime, wall: entry.wallTime)
      records.append(TimedRecord(try Record(entry.topic, [UInt8](entry.message)), at: time))
    }
    isLast = proto.isLast
    dropped = proto.dropped
    world = proto.hasWorld ? try WorldSnapshot(proto.world) : nil
  }
}

extension RecordSender {
  init(_ number: UInt32, of message: String) throws(MessageError) {
    guard let sender = RecordSender(rawValue: number) else {
      throw .unknownValue(message + ".sender", value: Int(number))
    }
    self = sender
  }
}

extension Record {
  fileprivate var topic: ProtoTopic {
    switch self {
    case .observation: .observation
    case .action: .action
    case .setpoint: .setpoint
    case .reward: .reward
    case .safety: .safety
    case .safetySetpoint: .safetySetpoint
    case .simulatorState: .simulatorState
    case .truth: .truth
    case .log: .log
    case .driver: .driver
    }
  }

  fileprivate init(_ topic: ProtoTopic, _ bytes: [UInt8]) throws(MessageError) {
    switch topic {
    case .observation: self = .observation(try Observation(decoding: bytes))
    case .action: self = .action(try Action(decoding: bytes))
    case .setpoint: self = .setpoint(try Setpoint(decoding: bytes))
    case .reward: self = .reward(try StepReward(decoding: bytes))
    case .safety: self = .safety(try SafetyIntervention(decoding: bytes))
    case .safetySetpoint: self = .safetySetpoint(try SetpointIntervention(decoding: bytes))
    case .simulatorState: self = .simulatorState(try SimulatorState(decoding: bytes))
    case .truth: self = .truth(try Truth(decoding: bytes))
    case .log: self = .log(try LogLine(decoding: bytes))
    case .driver: self = .driver(try DriverStatus(decoding: bytes))
    case .unspecified: throw .unknownValue("Record.topic", value: 0)
    case .UNRECOGNIZED(let value): throw .unknownValue("Record.topic", value: value)
    }
  }

  /// The protobuf of the message that the record's series holds.
  public func encoded() -> [UInt8] {
    switch self {
    case .observation(let it): it.encoded()
    case .action(let it): it.encoded()
    case .setpoint(let it): it.encoded()
    case .reward(let it): it.encoded()
    case .safety(let it): it.encoded()
    case .safetySetpoint(let it): it.encoded()
    case .simulatorState(let it): it.encoded()
    case .truth(let it): it.encoded()
    case .log(let it): it.encoded()
    case .driver(let it): it.encoded()
    }
  }
}
