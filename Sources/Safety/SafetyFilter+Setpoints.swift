public import Geometry
public import Messages

extension SafetyFilter {
  /// Beyond a limit by less than this share counts as within, so that cuts are idempotent.
  static let rounding = 1e-9

  /// The nearest setpoint that may govern.
  ///
  /// In order: gains and clips cut; no further in the direction of pushing while a contact is soft;
  /// within a jump of the pose in force and of the tool, on the straight line and the shortest turn;
  /// inside the fence. A setpoint that keeps all limits comes back bit by bit. Where the fence is not
  /// closed yet, because the tool has not been inside, or the tool is beyond its margins, the fence is
  /// as large as it takes for the tool to come, but not to go. In a state that is not finite the pose in
  /// force stays.
  public func admit(
    _ asked: Setpoint, inForce: Transform<Base, Tool>, at state: ArmState,
    isFenceClosed: Bool = true
  ) -> SafeSetpoint {
    var safe = SafeSetpoint(asked: asked, allowed: asked, events: [])
    limitGains(&safe.allowed.compliance, &safe.events)
    limitClips(&safe.allowed.compliance, &safe.events)
    guard state.isFinite else {
      safe.allowed.baseFromTool = inForce
      safe.events.insert(.jump)
      return safe
    }
    keepFromPushing(&safe.allowed.baseFromTool, inForce, state, &safe.events)
    let fence =
      isFenceClosed ? openFence(at: state.baseFromTool) : fence?.grown(to: state.baseFromTool)
    let anchor = fence?.nearest(to: state.baseFromTool) ?? state.baseFromTool
    limitJump(&safe.allowed.baseFromTool, inForce, anchor, &safe.events)
    if let fence {
      let inside = fence.nearest(to: safe.allowed.baseFromTool)
      if inside != safe.allowed.baseFromTool { safe.events.insert(.fence) }
      safe.allowed.baseFromTool = inside
    }
    return safe
  }

  /// Gains and clips within their limits.
  public func limited(_ compliance: Compliance) -> Compliance {
    var (gains, events) = (compliance, SetpointEvents())
    limitGains(&gains, &events)
    limitClips(&gains, &events)
    return gains
  }

  /// The fence, or about a tool that is beyond its margin one that lets it come but not go: grown
  /// along each axis to where the tool is.
  private func openFence(at baseFromTool: Transform<Base, Tool>) -> Fence? {
    guard let fence else { return nil }
    return isBeyondFence(baseFromTool) ? fence.grown(to: baseFromTool) : fence
  }

  /// Whether a tool is where the fence closes behind it: within the slack, and well within the margin of
  /// a turn, so that no noise is a reason to stop at once.
  public func isInsideFence(_ baseFromTool: Transform<Base, Tool>) -> Bool {
    guard let fence else { return true }
    return fence.outward(of: baseFromTool.translation).length <= limits.fenceSlack
      && fence.excessTurn(of: baseFromTool.rotation).length <= 0.5 * limits.fenceTurnMargin
  }

  /// Whether a tool is further outside the fence than its margins.
  func isBeyondFence(_ baseFromTool: Transform<Base, Tool>) -> Bool {
    guard let fence else { return false }
    return
      !(fence.outward(of: baseFromTool.translation).length <= limits.fenceMargin
      && fence.excessTurn(of: baseFromTool.rotation).length <= limits.fenceTurnMargin)
  }

  private func limitGains(_ gains: inout Compliance, _ events: inout SetpointEvents) {
    let most = limits.gains
    cut(&gains.translationalStiffness, to: most.translationalStiffness, .gains, &events)
    cut(&gains.translationalDamping, to: most.translationalDamping, .gains, &events)
    cut(&gains.rotationalStiffness, to: most.rotationalStiffness, .gains, &events)
    cut(&gains.rotationalDamping, to: most.rotationalDamping, .gains, &events)
    cut(&gains.nullspaceStiffness, to: most.nullspaceStiffness, .gains, &events)
    guard limits.delay > 0 else { return }
    cut(
      &gains.translationalStiffness, to: gains.translationalDamping / limits.delay, .gains, &events)
    cut(&gains.rotationalStiffness, to: gains.rotationalDamping / limits.delay, .gains, &events)
  }

  /// Clips that bound the spring's force and moment on each axis by the hard contact level.
  private func limitClips(_ gains: inout Compliance, _ events: inout SetpointEvents) {
    let shift = limits.contactForce.hard / max(gains.translationalStiffness, 1e-9)
    let turn = limits.contactMoment.hard / max(gains.rotationalStiffness, 1e-9)
    for axis in 0..<3 {
      cut(&gains.clipToward[axis], to: shift, .clips, &events)
      cut(&gains.clipAgainst[axis], to: shift, .clips, &events)
      cut(&gains.clipRotation[axis], to: turn, .clips, &events)
    }
  }

  private func cut(
    _ value: inout Double, to most: Double, _ event: SetpointEvents,
    _ events: inout SetpointEvents
  ) {
    guard value > most else { return }
    value = most
    events.insert(event)
  }

  /// Takes from the pose what leads further than the one in force against the force on the tool, and
  /// further about the moment on it.
  private func keepFromPushing(
    _ pose: inout Transform<Base, Tool>, _ inForce: Transform<Base, Tool>, _ state: ArmState,
    _ events: inout SetpointEvents
  ) {
    guard contact(in: state) >= .soft else { return }
    let wrench = state.baseFromTool.rotation(state.toolWrench)
    if wrench.force.length >= limits.contactForce.soft {
      let pushing = -wrench.force / wrench.force.length
      let further = pushing.dot(pose.translation - inForce.translation)
      if further > Self.rounding {
        pose.translation -= further * pushing
        events.insert(.contact)
      }
    }
    if wrench.torque.length >= limits.contactMoment.soft {
      let turning = -wrench.torque / wrench.torque.length
      let turn = (pose.rotation * inForce.rotation.inverse).rotationVector
      let further = turning.dot(turn)
      if further > Self.rounding {
        pose.rotation =
          Rotation<Base, Base>(rotationVector: turn - further * turning) * inForce.rotation
        events.insert(.contact)
      }
    }
  }

  /// Cuts about the pose in force, where that is itself near enough, and then about the tool.
  private func limitJump(
    _ pose: inout Transform<Base, Tool>, _ inForce: Transform<Base, Tool>,
    _ tool: Transform<Base, Tool>, _ events: inout SetpointEvents
  ) {
    if let share = share(of: limits.setpointJump, from: inForce.translation, to: pose.translation),
      (inForce.translation - tool.translation).length <= limits.setpointJump
    {
      pose.translation = inForce.translation + share * (pose.translation - inForce.translation)
      events.insert(.jump)
    }
    if let share = share(of: limits.setpointJump, from: tool.translation, to: pose.translation) {
      pose.translation = tool.translation + share * (pose.translation - tool.translation)
      events.insert(.jump)
    }
    let isNear = angle(inForce.rotation, tool.rotation) <= limits.setpointTurn
    if isNear, let share = shareOfTurn(from: inForce.rotation, to: pose.rotation) {
      pose.rotation = inForce.rotation.interpolated(toward: pose.rotation, fraction: share)
      events.insert(.jump)
    }
    if let share = shareOfTurn(from: tool.rotation, to: pose.rotation) {
      pose.rotation = tool.rotation.interpolated(toward: pose.rotation, fraction: share)
      events.insert(.jump)
    }
  }

  private func share(of limit: Double, from start: Vector3, to end: Vector3) -> Double? {
    let length = (end - start).length
    return length > limit * (1 + Self.rounding) ? limit / length : nil
  }

  private func shareOfTurn(
    from start: Rotation<Base, Tool>, to end: Rotation<Base, Tool>
  ) -> Double? {
    let angle = angle(start, end)
    return angle > limits.setpointTurn * (1 + Self.rounding) ? limits.setpointTurn / angle : nil
  }

  private func angle(_ a: Rotation<Base, Tool>, _ b: Rotation<Base, Tool>) -> Double {
    (b * a.inverse).rotationVector.length
  }
}
