import Foundation
import SwiftProtobuf

extension ProtoEnding {
  init(_ ending: Ending?) {
    switch ending {
    case nil: self = .unspecified
    case .terminal: self = .terminal
    case .timeLimit: self = .timeLimit
    case .interrupted: self = .interrupted
    }
  }

  /// The ending, nil for none.
  func ending(_ field: String) throws(MessageError) -> Ending? {
    switch self {
    case .unspecified: nil
    case .terminal: .terminal
    case .timeLimit: .timeLimit
    case .interrupted: .interrupted
    case .UNRECOGNIZED(let value): throw .unknownValue(field, value: value)
    }
  }
}

extension ProtoJudgement {
  init(_ judgement: Judgement) {
    reward = judgement.reward
    ending = ProtoEnding(judgement.ending)
  }
}

extension Judgement {
  init(_ proto: ProtoJudgement) throws(MessageError) {
    self.init(
      reward: try proto.reward.checked("Judgement.reward"),
      ending: try proto.ending.ending("Judgement.ending"))
  }
}

extension ProtoTransition {
  init(_ transition: Transition) {
    sequence = transition.sequence
    episode = transition.episode
    policyVersion = transition.policyVersion
    observation = transition.observation
    action = transition.action
    reward = transition.reward
    nextObservation = transition.nextObservation
    ending = ProtoEnding(transition.ending)
  }
}

extension Transition {
  init(_ proto: ProtoTransition) throws(MessageError) {
    let limit = Limit.numbers
    self.init(
      sequence: proto.sequence, episode: proto.episode, policyVersion: proto.policyVersion,
      observation: try proto.observation.checked("Transition.observation", limit: limit),
      action: try proto.action.checked("Transition.action", limit: limit),
      reward: try proto.reward.checked("Transition.reward"),
      nextObservation: try proto.nextObservation
        .checked("Transition.next_observation", limit: limit),
      ending: try proto.ending.ending("Transition.ending"))
  }
}

extension PolicySnapshot {
  init(_ proto: ProtoPolicySnapshot) throws(MessageError) {
    guard proto.bytes.count <= Self.longest else {
      throw .tooLong("PolicySnapshot", bytes: proto.bytes.count, limit: Self.longest)
    }
    self.init(version: proto.version, bytes: [UInt8](proto.bytes))
  }
}

extension ProtoEnvironmentState {
  init(_ state: EnvironmentState) {
    episode = state.episode
    observation = state.observation
    executedAction = state.executedAction
    reward = state.reward
    ending = ProtoEnding(state.ending)
    isRewarded = state.isRewarded
    robotNanoseconds = state.robotNanoseconds
    seconds = state.seconds
  }
}

extension EnvironmentState {
  init(_ proto: ProtoEnvironmentState) throws(MessageError) {
    let limit = Limit.numbers
    self.init(
      episode: proto.episode,
      observation: try proto.observation.checked("EnvironmentState.observation", limit: limit),
      executedAction: try proto.executedAction
        .checked("EnvironmentState.executed_action", limit: limit),
      reward: try proto.reward.checked("EnvironmentState.reward"),
      ending: try proto.ending.ending("EnvironmentState.ending"), isRewarded: proto.isRewarded,
      robotNanoseconds: proto.robotNanoseconds,
      seconds: try proto.seconds.checked("EnvironmentState.seconds"))
  }
}
