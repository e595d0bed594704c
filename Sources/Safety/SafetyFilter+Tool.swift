import Geometry
import Messages

extension SafetyFilter {
  /// Above a speed limit of the tool, linear or angular: the torque's component that does work,
  /// τ·q̇ > 0, fades until it is gone at 1.1 times the limit, and Jᵀ(-D·(|v| - limit)·v/|v|) brakes.
  func brakeTool(
    _ torque: inout JointVector, _ state: ArmState, _ events: inout SafetyEvents
  ) {
    let tool = state.jacobian.twist(of: state.velocity)
    if let share = excess(of: tool.linear.length, over: limits.toolSpeed) {
      let brake = -Self.toolDamping * share * limits.toolSpeed / tool.linear.length
      fade(&torque, by: share, state, adding: Wrench(force: brake * tool.linear))
      events.insert(.toolSpeed)
    }
    if let share = excess(of: tool.angular.length, over: limits.toolTurnSpeed) {
      let brake = -Self.toolTurnDamping * share * limits.toolTurnSpeed / tool.angular.length
      fade(&torque, by: share, state, adding: Wrench(torque: brake * tool.angular))
      events.insert(.toolTurnSpeed)
    }
  }

  /// How far a speed is above its limit, as a share of it; nil when it is not.
  private func excess(of speed: Double, over limit: Double) -> Double? {
    speed > limit && speed.isFinite ? (speed - limit) / limit : nil
  }

  private func fade(
    _ torque: inout JointVector, by share: Double, _ state: ArmState, adding brake: Wrench<Base>
  ) {
    let power = torque.dot(state.velocity)
    if power > 0 {
      let faded = min(1, 10 * share) * power / state.velocity.dot(state.velocity)
      torque = torque - faded * state.velocity
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
