import Geometry
import Messages

extension SafetyFilter {
  /// From the onset on before a speed limit of the tool, linear or angular, the torque's component that
  /// does work, τ·q̇ > 0, fades until it is gone at the limit; above the limit Jᵀ(-D·(|v| - limit)·v/|v|)
  /// brakes.
  ///
  /// It fades so early because a torque that drives the tool can be taken back at its rate only. The brake,
  /// unlike the fade, may push a joint on, and so comes late.
  func brakeTool(
    _ torque: inout JointVector, _ state: ArmState, _ events: inout SafetyEvents
  ) {
    let tool = state.jacobian.twist(of: state.velocity)
    if let depth = depth(of: tool.linear.length, toward: limits.toolSpeed) {
      let brake = -Self.toolDamping * max(0, 1 - limits.toolSpeed / tool.linear.length)
      fade(&torque, by: depth, state, adding: Wrench(force: brake * tool.linear))
      events.insert(.toolSpeed)
    }
    if let depth = depth(of: tool.angular.length, toward: limits.toolTurnSpeed) {
      let brake = -Self.toolTurnDamping * max(0, 1 - limits.toolTurnSpeed / tool.angular.length)
      fade(&torque, by: depth, state, adding: Wrench(torque: brake * tool.angular))
      events.insert(.toolTurnSpeed)
    }
  }

  /// How deep a speed is between the onset before its limit, 0, and the limit, 1; nil below the onset.
  private func depth(of speed: Double, toward limit: Double) -> Double? {
    let onset = Self.toolOnset * limit
    return speed > onset && speed.isFinite ? min(1, (speed - onset) / (limit - onset)) : nil
  }

  private func fade(
    _ torque: inout JointVector, by depth: Double, _ state: ArmState, adding brake: Wrench<Base>
  ) {
    let power = torque.dot(state.velocity)
    if power > 0 {
      torque = torque - (depth * power / state.velocity.dot(state.velocity)) * state.velocity
    }
    torque = torque + state.jacobian.torque(of: brake)
  }

  /// Outside the fence by more than the slack, but not beyond the margin: Jᵀ·k·(slack - depth)·n with
  /// the outward normal n pushes the tool back.
  ///
  /// A tool beyond the margin has not been inside yet, or the arm stops.
  func pushIntoFence(
    _ torque: inout JointVector, _ state: ArmState, _ events: inout SafetyEvents
  ) {
    guard let fence else { return }
    let out = fence.outward(of: state.baseFromTool.translation)
    let depth = out.length
    guard depth > limits.fenceSlack, depth <= limits.fenceMargin else { return }
    let push = -Self.fenceStiffness * (depth - limits.fenceSlack) / depth
    torque = torque + state.jacobian.torque(of: Wrench(force: push * out))
    events.insert(.fence)
  }
}
