import Foundation
import SwiftProtobuf

extension Message {
  /// Reads a protobuf `kinglet.v1.Envelope`.
  ///
  /// Any bytes are safe: what is too long, holds too many entries, is not finite or has no meaning
  /// is refused by name.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
    try EnvelopeOutline(bytes).check()
    guard let body = try parse(bytes, as: ProtoEnvelope.self).body else { throw .unknownKind }
    self = try Message(body)
  }

  /// Reads a protobuf `kinglet.v1.Envelope`, as above.
  public init(decoding bytes: [UInt8]) throws(MessageError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(MessageError) in try Message(decoding: bytes) }
    }
    self = try result.get()
  }

  private init(_ body: ProtoEnvelope.OneOf_Body) throws(MessageError) {
    switch body {
    case .heartbeat(let it):
      self = .heartbeat(role: it.role, process: it.process, progress: it.progress)
    case .ready(let it): self = .ready(role: it.role)
    case .stop(let it): self = .stop(reason: it.text)
    case .failure(let it): self = .failure(reason: it.text)
    case .status(let it): self = .status(try Status(it))
    case .episodeStart(let it): self = .episodeStart(EpisodeStart(it))
    case .episodeStarted(let it): self = .episodeStarted(try ArmState(it))
    case .grant(let it): self = .grant(Grant(it))
    case .granted(let it): self = .granted(try ArmState(it))
    case .setpoint(let it): self = .setpoint(try Setpoint(it))
    case .setpointAccepted(let it):
      self = .setpointAccepted(
        sequence: it.sequence, safety: try SafetyInterventions(it.safety))
    case .judgeStart: self = .judgeStart
    case .judge(let it): self = .judge(try ArmState(it))
    case .judgement(let it): self = .judgement(try Judgement(it))
    case .reset(let it): self = .reset(ResetRequest(it))
    case .resetDone(let it): self = .resetDone(try ResetDone(it))
    case .transitions, .transitionsAccepted, .policyRequest, .trainingRequest, .training,
      .actorLeft:
      self = try Message(ofLearning: body)
    case .policy(let it): self = .policy(try PolicySnapshot(it))
    case .truthRequest: self = .truthRequest
    case .truth(let it): self = .truth(try Truth(it))
    case .learnerDigestRequest: self = .learnerDigestRequest
    case .learnerDigest(let it):
      self = .learnerDigest(replay: it.replay, weights: it.weights)
    case .environmentReset: self = .environmentReset
    case .environmentStep(let it):
      self = .environmentStep(
        action: try it.action.checked("EnvironmentStep.action", limit: Limit.numbers))
    case .environmentState(let it): self = .environmentState(try EnvironmentState(it))
    case .episodeEnd, .episodeEnded, .controlRequest, .control, .safetyRequest, .safety,
      .worldRestore, .records, .recordsAccepted, .recordStart, .recordEnd, .recordAccepted:
      self = try Message(ofRecording: body)
    case .userStop(let it): self = .userStop(reason: it.text)
    case .recover(let it): self = .recover(reason: it.text)
    case .driverStatusRequest: self = .driverStatusRequest
    case .driverStatus(let it): self = .driverStatus(try DriverStatus(it))
    }
  }

  private init(ofLearning body: ProtoEnvelope.OneOf_Body) throws(MessageError) {
    switch body {
    case .transitions(let it):
      var list: [Transition] = []
      list.reserveCapacity(it.transitions.count)
      for transition in it.transitions { list.append(try Transition(transition)) }
      self = .transitions(list, actor: it.actor)
    case .transitionsAccepted(let it):
      self = .transitionsAccepted(nextSequence: it.nextSequence)
    case .policyRequest(let it):
      self = .policyRequest(minimumVersion: it.minimumVersion, actor: it.actor)
    case .trainingRequest(let it):
      self = .trainingRequest(actor: it.actor, nextSequence: it.nextSequence)
    case .training(let it):
      self = .training(finish: it.finish, nextSequence: it.nextSequence)
    case .actorLeft(let it): self = .actorLeft(actor: it.actor, reason: it.reason)
    default: throw .unknownKind
    }
  }

  private init(ofRecording body: ProtoEnvelope.OneOf_Body) throws(MessageError) {
    switch body {
    case .episodeEnd(let it): self = .episodeEnd(episode: it.episode)
    case .episodeEnded: self = .episodeEnded
    case .controlRequest: self = .controlRequest
    case .control(let it): self = .control(try ControlSnapshot(it))
    case .safetyRequest: self = .safetyRequest
    case .safety(let it): self = .safety(try SafetyInterventions(it))
    case .worldRestore(let it):
      self = .worldRestore(EpisodeStart(it.start), try WorldSnapshot(it.world))
    case .records(let it): self = .records(try Records(it))
    case .recordsAccepted(let it):
      self = .recordsAccepted(
        episode: it.episode, sender: try RecordSender(it.sender, of: "RecordsAccepted"),
        nextSequence: it.nextSequence)
    case .recordStart(let it):
      self = .recordStart(
        try EpisodeOrigin(it.origin), at: RecordTime(robot: it.robotTime, wall: it.wallTime))
    case .recordEnd(let it):
      guard it.outcome.count <= Limit.outcome else {
        throw .tooMany("RecordEnd.outcome", count: it.outcome.count, limit: Limit.outcome)
      }
      self = .recordEnd(episode: it.episode, outcome: it.outcome)
    case .recordAccepted: self = .recordAccepted
    default: throw .unknownKind
    }
  }
}
