import Geometry
import SwiftProtobuf

extension ProtoArmState {
  init(_ state: ArmState) {
    tick = state.tick
    time = state.time
    requiredSetpoint = state.requiredSetpoint
    position = state.position.array
    velocity = state.velocity.array
    torque = state.torque.array
    externalTorque = state.externalTorque.array
    coriolis = state.coriolis.array
    jacobian = (0..<42).map { state.jacobian.values[$0] }
    baseFromTool = ProtoPose(state.baseFromTool)
    toolTwist.linear = state.toolTwist.linear.list
    toolTwist.angular = state.toolTwist.angular.list
    toolWrench.force = state.toolWrench.force.list
    toolWrench.torque = state.toolWrench.torque.list
  }
}

extension ArmState {
  init(_ proto: ProtoArmState) throws(MessageError) {
    tick = try present(proto.hasTick, proto.tick, "ArmState.tick")
    time = try present(proto.hasTime, proto.time, "ArmState.time")
    requiredSetpoint = try present(
      proto.hasRequiredSetpoint, proto.requiredSetpoint, "ArmState.required_setpoint")
    position = try JointVector(proto.position, "ArmState.position")
    velocity = try JointVector(proto.velocity, "ArmState.velocity")
    torque = try JointVector(proto.torque, "ArmState.torque")
    externalTorque = try JointVector(proto.externalTorque, "ArmState.external_torque")
    coriolis = try JointVector(proto.coriolis, "ArmState.coriolis")
    let entries = try proto.jacobian.checked("ArmState.jacobian", expected: 42)
    jacobian.values = InlineArray { entries[$0] }
    baseFromTool = try proto.baseFromTool.transform("ArmState.base_from_tool")
    toolTwist = Twist(
      linear: try Vector3(proto.toolTwist.linear, "ArmState.tool_twist"),
      angular: try Vector3(proto.toolTwist.angular, "ArmState.tool_twist"))
    toolWrench = Wrench(
      force: try Vector3(proto.toolWrench.force, "ArmState.tool_wrench"),
      torque: try Vector3(proto.toolWrench.torque, "ArmState.tool_wrench"))
  }
}

extension JointTorque {
  init(_ proto: ProtoJointTorque) throws(MessageError) {
    tick = try present(proto.hasTick, proto.tick, "JointTorque.tick")
    torque = try JointVector(proto.torque, "JointTorque.torque")
    setpoint = try present(proto.hasSetpoint, proto.setpoint, "JointTorque.setpoint")
  }
}

extension ProtoSetpoint {
  init(_ setpoint: Setpoint) {
    sequence = setpoint.sequence
    effectTick = setpoint.effectTick
    baseFromTool = ProtoPose(setpoint.baseFromTool)
    compliance = ProtoCompliance(setpoint.compliance)
  }
}

extension Setpoint {
  init(_ proto: ProtoSetpoint) throws(MessageError) {
    guard proto.hasCompliance else { throw .missing("Setpoint.compliance") }
    self.init(
      sequence: proto.sequence, effectTick: proto.effectTick,
      baseFromTool: try proto.baseFromTool.transform("Setpoint.base_from_tool"),
      compliance: try Compliance(proto.compliance))
  }
}

extension ProtoCompliance {
  init(_ compliance: Compliance) {
    translationalStiffness = compliance.translationalStiffness
    translationalDamping = compliance.translationalDamping
    rotationalStiffness = compliance.rotationalStiffness
    rotationalDamping = compliance.rotationalDamping
    clipToward = compliance.clipToward.list
    clipAgainst = compliance.clipAgainst.list
    clipRotation = compliance.clipRotation.list
    nullspaceStiffness = compliance.nullspaceStiffness
  }
}

extension Compliance {
  init(_ proto: ProtoCompliance) throws(MessageError) {
    self.init(
      translationalStiffness: try proto.translationalStiffness
        .checked("Compliance.translational_stiffness"),
      translationalDamping: try proto.translationalDamping
        .checked("Compliance.translational_damping"),
      rotationalStiffness: try proto.rotationalStiffness
        .checked("Compliance.rotational_stiffness"),
      rotationalDamping: try proto.rotationalDamping.checked("Compliance.rotational_damping"),
      clipToward: try Vector3(proto.clipToward, "Compliance.clip_toward"),
      clipAgainst: try Vector3(proto.clipAgainst, "Compliance.clip_against"),
      clipRotation: try Vector3(proto.clipRotation, "Compliance.clip_rotation"),
      nullspaceStiffness: try proto.nullspaceStiffness.checked("Compliance.nullspace_stiffness"))
  }
}

extension ProtoGrant {
  init(_ grant: Grant) {
    sequence = grant.sequence
    untilTick = grant.untilTick
    setpoint = grant.setpoint
  }
}

extension Grant {
  init(_ proto: ProtoGrant) {
    self.init(sequence: proto.sequence, untilTick: proto.untilTick, setpoint: proto.setpoint)
  }
}
