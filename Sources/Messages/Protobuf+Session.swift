import Geometry
import SwiftProtobuf

extension ProtoTruth {
  init(_ truth: Truth) {
    tick = truth.tick
    remainingDepth = truth.remainingDepth
    pinsInHoles = truth.pinsInHoles
    pins = truth.pins
    contactForce = truth.contactForce
    peakContactForce = truth.peakContactForce
    boardFromPart = ProtoPose(truth.boardFromPart)
    toolFromPart = ProtoPose(truth.toolFromPart)
  }
}

extension Truth {
  init(_ proto: ProtoTruth) throws(MessageError) {
    tick = proto.tick
    remainingDepth = try proto.remainingDepth.checked("Truth.remaining_depth")
    pinsInHoles = proto.pinsInHoles
    pins = proto.pins
    contactForce = try proto.contactForce.checked("Truth.contact_force")
    peakContactForce = try proto.peakContactForce.checked("Truth.peak_contact_force")
    boardFromPart = try proto.boardFromPart.transform("Truth.board_from_part")
    toolFromPart = try proto.toolFromPart.transform("Truth.tool_from_part")
  }
}

extension ProtoResetRequest {
  init(_ request: ResetRequest) {
    episode = request.episode
    isEvaluation = request.isEvaluation
    nextSetpoint = request.nextSetpoint
    nextGrant = request.nextGrant
  }
}

extension ResetRequest {
  init(_ proto: ProtoResetRequest) {
    self.init(
      episode: proto.episode, isEvaluation: proto.isEvaluation, nextSetpoint: proto.nextSetpoint,
      nextGrant: proto.nextGrant)
  }
}

extension ProtoResetDone {
  init(_ done: ResetDone) {
    setpointSequence = done.setpointSequence
    grantSequence = done.grantSequence
    state = ProtoArmState(done.state)
    steps = done.steps
  }
}

extension ResetDone {
  init(_ proto: ProtoResetDone) throws(MessageError) {
    self.init(
      setpointSequence: proto.setpointSequence, grantSequence: proto.grantSequence,
      state: try ArmState(proto.state), steps: proto.steps)
  }
}

extension ProtoEpisodeStart {
  init(_ start: EpisodeStart) {
    episode = start.episode
    isEvaluation = start.isEvaluation
  }
}

extension EpisodeStart {
  init(_ proto: ProtoEpisodeStart) {
    self.init(episode: proto.episode, isEvaluation: proto.isEvaluation)
  }
}

extension ProtoStatus {
  init(_ status: Status) {
    role = status.role
    step = status.step
    episode = status.episode
    robotNanoseconds = status.robotNanoseconds
    values = status.values.map { value in .with { ($0.name, $0.value) = (value.name, value.value) }
    }
    note = status.note
    actor = status.actor
  }
}

extension Status {
  init(_ proto: ProtoStatus) throws(MessageError) {
    guard proto.values.count <= Limit.statusValues else {
      throw .tooMany("Status.values", count: proto.values.count, limit: Limit.statusValues)
    }
    self.init(
      role: proto.role, step: proto.step, episode: proto.episode,
      robotNanoseconds: proto.robotNanoseconds,
      values: proto.values.map { StatusValue(name: $0.name, value: $0.value) }, note: proto.note,
      actor: proto.actor)
  }
}
