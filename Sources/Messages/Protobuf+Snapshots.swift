import Geometry
import SwiftProtobuf

extension ProtoWrench {
  init(_ wrench: Wrench<Tool>) {
    force = wrench.force.list
    torque = wrench.torque.list
  }

  func wrench(_ field: String) throws(MessageError) -> Wrench<Tool> {
    Wrench(force: try Vector3(force, field), torque: try Vector3(torque, field))
  }
}

extension ProtoSafetyIntervention {
  init(_ intervention: SafetyIntervention) {
    tick = intervention.tick
    asked = intervention.asked.array
    allowed = intervention.allowed.array
    events = UInt32(intervention.events)
  }
}

extension SafetyIntervention {
  init(_ proto: ProtoSafetyIntervention) throws(MessageError) {
    guard let asked = JointVector(proto.asked) else {
      throw .wrongCount(
        "SafetyIntervention.asked", count: proto.asked.count, expected: JointVector.count)
    }
    self.init(
      tick: proto.tick, asked: asked,
      allowed: try JointVector(proto.allowed, "SafetyIntervention.allowed"),
      events: try bits(proto.events, "SafetyIntervention.events"))
  }
}

private func bits(_ value: UInt32, _ field: String) throws(MessageError) -> UInt16 {
  guard let bits = UInt16(exactly: value) else { throw .unknownValue(field, value: Int(value)) }
  return bits
}

extension ProtoSetpointIntervention {
  init(_ intervention: SetpointIntervention) {
    tick = intervention.tick
    asked = ProtoSetpoint(intervention.asked)
    allowed = ProtoSetpoint(intervention.allowed)
    events = UInt32(intervention.events)
  }
}

extension SetpointIntervention {
  init(_ proto: ProtoSetpointIntervention) throws(MessageError) {
    self.init(
      tick: proto.tick, asked: try Setpoint(proto.asked), allowed: try Setpoint(proto.allowed),
      events: try bits(proto.events, "SetpointIntervention.events"))
  }
}

extension ProtoSafetyInterventions {
  init(_ safety: SafetyInterventions) {
    interventions = safety.interventions.map(ProtoSafetyIntervention.init)
    untold = safety.untold
    setpoints = safety.setpoints.map(ProtoSetpointIntervention.init)
    untoldSetpoints = safety.untoldSetpoints
  }
}

extension SafetyInterventions {
  init(_ proto: ProtoSafetyInterventions) throws(MessageError) {
    let count = proto.interventions.count
    guard count <= Self.most else {
      throw .tooMany("SafetyInterventions.interventions", count: count, limit: Self.most)
    }
    guard proto.setpoints.count <= Self.mostSetpoints else {
      throw .tooMany(
        "SafetyInterventions.setpoints", count: proto.setpoints.count, limit: Self.mostSetpoints)
    }
    self.init(untold: proto.untold, untoldSetpoints: proto.untoldSetpoints)
    for setpoint in proto.setpoints { setpoints.append(try SetpointIntervention(setpoint)) }
    for intervention in proto.interventions {
      interventions.append(try SafetyIntervention(intervention))
    }
  }
}

extension ProtoWorldSnapshot {
  init(_ world: WorldSnapshot) {
    state = ProtoArmState(world.state)
    integration = world.integration
    placements = world.placements.map { placement in
      .with {
        $0.body = placement.body
        $0.parentFromBody = ProtoPose(placement.parentFromBody)
      }
    }
    noise = world.noise
    filteredTorque = world.wrench.filteredTorque.array
    rawWrench = ProtoWrench(world.wrench.raw)
    zeroWrench = ProtoWrench(world.wrench.zero)
    biasWrench = ProtoWrench(world.wrench.bias)
    wrenchHistory = world.wrench.history.flatMap { $0.force.list + $0.torque.list }
    wrenchFilled = UInt32(world.wrench.filled)
    wrenchNext = UInt32(world.wrench.next)
    contactForce = world.contactForce
    peakContactForce = world.peakContactForce
  }
}

extension WorldSnapshot {
  init(_ proto: ProtoWorldSnapshot) throws(MessageError) {
    self.init()
    state = try ArmState(proto.state)
    integration = try proto.integration
      .checked("WorldSnapshot.integration", limit: Limit.integration)
    guard proto.placements.count <= Limit.placements else {
      throw .tooMany(
        "WorldSnapshot.placements", count: proto.placements.count, limit: Limit.placements)
    }
    for placement in proto.placements {
      let pose: Transform<Parent, Body> = try placement.parentFromBody
        .transform("BodyPlacement.parent_from_body")
      placements.append(BodyPlacement(body: placement.body, parentFromBody: pose))
    }
    guard proto.noise.count == 4 else {
      throw .wrongCount("WorldSnapshot.noise", count: proto.noise.count, expected: 4)
    }
    noise = proto.noise
    wrench = try WrenchMemory(proto)
    contactForce = try proto.contactForce.checked("WorldSnapshot.contact_force")
    peakContactForce = try proto.peakContactForce.checked("WorldSnapshot.peak_contact_force")
  }
}

extension WrenchMemory {
  fileprivate init(_ proto: ProtoWorldSnapshot) throws(MessageError) {
    self.init()
    filteredTorque = try JointVector(proto.filteredTorque, "WorldSnapshot.filtered_torque")
    raw = try proto.rawWrench.wrench("WorldSnapshot.raw_wrench")
    zero = try proto.zeroWrench.wrench("WorldSnapshot.zero_wrench")
    bias = try proto.biasWrench.wrench("WorldSnapshot.bias_wrench")
    let numbers = try proto.wrenchHistory
      .checked("WorldSnapshot.wrench_history", expected: 6 * Self.window)
    history = (0..<Self.window).map { place in
      let at = 6 * place
      return Wrench(
        force: Vector3(numbers[at], numbers[at + 1], numbers[at + 2]),
        torque: Vector3(numbers[at + 3], numbers[at + 4], numbers[at + 5]))
    }
    guard proto.wrenchFilled <= Self.window else {
      throw .unknownValue("WorldSnapshot.wrench_filled", value: Int(proto.wrenchFilled))
    }
    guard proto.wrenchNext < Self.window else {
      throw .unknownValue("WorldSnapshot.wrench_next", value: Int(proto.wrenchNext))
    }
    filled = Int(proto.wrenchFilled)
    next = Int(proto.wrenchNext)
  }
}

extension ProtoControlSnapshot {
  init(_ control: ControlSnapshot) {
    lawMemory = control.lawMemory
    hasStarted_p = control.lastTick != nil
    lastTick = control.lastTick ?? 0
    asked = control.asked.array
    allowed = control.allowed.array
    events = UInt32(control.events)
    interventions = control.interventions
    isFenceClosed = control.isFenceClosed
    newestSetpoint = control.schedule.newest
    lateSetpoints = control.schedule.late
    current = ProtoSetpoint(control.schedule.current)
    waiting = control.schedule.waiting.map(ProtoSetpoint.init)
    departure = ProtoPose(control.schedule.departure)
    switchTick = control.schedule.switchTick
    scheduleTick = control.schedule.lastTick
  }
}

extension ControlSnapshot {
  init(_ proto: ProtoControlSnapshot) throws(MessageError) {
    self.init(schedule: try ScheduleSnapshot(proto))
    lawMemory = try proto.lawMemory.checked("ControlSnapshot.law_memory", limit: Limit.numbers)
    lastTick = proto.hasStarted_p ? proto.lastTick : nil
    guard let asked = JointVector(proto.asked) else {
      throw .wrongCount(
        "ControlSnapshot.asked", count: proto.asked.count, expected: JointVector.count)
    }
    self.asked = asked
    allowed = try JointVector(proto.allowed, "ControlSnapshot.allowed")
    events = try bits(proto.events, "ControlSnapshot.events")
    interventions = proto.interventions
    isFenceClosed = proto.isFenceClosed
  }
}

extension ScheduleSnapshot {
  fileprivate init(_ proto: ProtoControlSnapshot) throws(MessageError) {
    self.init(current: try Setpoint(proto.current))
    newest = proto.newestSetpoint
    late = proto.lateSetpoints
    guard proto.waiting.count <= Self.most else {
      throw .tooMany("ControlSnapshot.waiting", count: proto.waiting.count, limit: Self.most)
    }
    for setpoint in proto.waiting { waiting.append(try Setpoint(setpoint)) }
    departure = try proto.departure.transform("ControlSnapshot.departure")
    switchTick = proto.switchTick
    lastTick = proto.scheduleTick
  }
}
