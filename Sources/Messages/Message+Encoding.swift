import Foundation
import SwiftProtobuf

extension Message {
  /// The protobuf `kinglet.v1.Envelope` of the message.
  public func encoded() -> [UInt8] {
    var envelope = ProtoEnvelope()
    envelope.body = body
    do {
      return try envelope.serializedBytes()
    } catch {
      preconditionFailure("a message without required fields cannot fail to encode: \(error)")
    }
  }

  private var body: ProtoEnvelope.OneOf_Body? {
    switch self {
    case .heartbeat(let role, let process, let progress):
      .heartbeat(.with { ($0.role, $0.process, $0.progress) = (role, process, progress) })
    case .ready(let role): .ready(.with { $0.role = role })
    case .stop(let reason): .stop(.with { $0.text = reason })
    case .failure(let reason): .failure(.with { $0.text = reason })
    case .status(let status): .status(ProtoStatus(status))
    case .episodeStart(let start): .episodeStart(ProtoEpisodeStart(start))
    case .episodeStarted(let state): .episodeStarted(ProtoArmState(state))
    case .grant(let grant): .grant(ProtoGrant(grant))
    case .granted(let state): .granted(ProtoArmState(state))
    case .setpoint(let setpoint): .setpoint(ProtoSetpoint(setpoint))
    case .setpointAccepted(let sequence, let safety):
      .setpointAccepted(
        .with {
          $0.sequence = sequence
          if safety != SafetyInterventions() { $0.safety = ProtoSafetyInterventions(safety) }
        })
    case .judgeStart: .judgeStart(ProtoEmpty())
    case .judge(let state): .judge(ProtoArmState(state))
    case .judgement(let judgement): .judgement(ProtoJudgement(judgement))
    case .reset(let request): .reset(ProtoResetRequest(request))
    case .resetDone(let done): .resetDone(ProtoResetDone(done))
    case .transitions, .transitionsAccepted, .policyRequest, .trainingRequest, .training,
      .actorLeft:
      bodyOfLearning
    case .policy(let snapshot):
      .policy(.with { ($0.version, $0.bytes) = (snapshot.version, Data(snapshot.bytes)) })
    case .truthRequest: .truthRequest(ProtoEmpty())
    case .truth(let truth): .truth(ProtoTruth(truth))
    case .learnerDigestRequest: .learnerDigestRequest(ProtoEmpty())
    case .learnerDigest(let replay, let weights):
      .learnerDigest(.with { ($0.replay, $0.weights) = (replay, weights) })
    case .environmentReset: .environmentReset(ProtoEmpty())
    case .environmentStep(let action): .environmentStep(.with { $0.action = action })
    case .environmentState(let state): .environmentState(ProtoEnvironmentState(state))
    case .episodeEnd(let episode): .episodeEnd(.with { $0.episode = episode })
    case .episodeEnded: .episodeEnded(ProtoEmpty())
    case .controlRequest: .controlRequest(ProtoEmpty())
    case .control(let control): .control(ProtoControlSnapshot(control))
    case .safetyRequest: .safetyRequest(ProtoEmpty())
    case .safety(let safety): .safety(ProtoSafetyInterventions(safety))
    case .worldRestore(let start, let world):
      .worldRestore(
        .with { ($0.start, $0.world) = (ProtoEpisodeStart(start), ProtoWorldSnapshot(world)) })
    case .records(let records): .records(ProtoRecords(records))
    case .recordsAccepted(let episode, let sender, let next):
      .recordsAccepted(
        .with {
          ($0.episode, $0.sender, $0.nextSequence) = (episode, sender.rawValue, next)
        })
    case .recordStart(let origin, let time):
      .recordStart(
        .with {
          $0.origin = ProtoEpisodeOrigin(origin)
          ($0.robotTime, $0.wallTime) = (time.robot, time.wall)
        })
    case .recordEnd(let episode, let outcome):
      .recordEnd(.with { ($0.episode, $0.outcome) = (episode, outcome) })
    case .recordAccepted: .recordAccepted(ProtoEmpty())
    case .userStop(let reason): .userStop(.with { $0.text = reason })
    case .recover(let reason): .recover(.with { $0.text = reason })
    case .driverStatusRequest: .driverStatusRequest(ProtoEmpty())
    case .driverStatus(let status): .driverStatus(status.proto)
    }
  }

  private var bodyOfLearning: ProtoEnvelope.OneOf_Body? {
    switch self {
    case .transitions(let list, let actor):
      .transitions(
        .with { ($0.transitions, $0.actor) = (list.map(ProtoTransition.init), actor) })
    case .transitionsAccepted(let next): .transitionsAccepted(.with { $0.nextSequence = next })
    case .policyRequest(let version, let actor):
      .policyRequest(.with { ($0.minimumVersion, $0.actor) = (version, actor) })
    case .trainingRequest(let actor, let next):
      .trainingRequest(.with { ($0.actor, $0.nextSequence) = (actor, next) })
    case .training(let finish, let next):
      .training(.with { ($0.finish, $0.nextSequence) = (finish, next) })
    case .actorLeft(let actor, let reason):
      .actorLeft(.with { ($0.actor, $0.reason) = (actor, reason) })
    default: nil
    }
  }
}
