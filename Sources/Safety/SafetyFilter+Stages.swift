import Geometry
import Messages

extension SafetyFilter {
  /// Inside the margin m of a position limit, at depth s = (q - (limit - m))/m: the part of the
  /// torque that points outward fades with 1 - s, and a spring of a quarter of the torque limit per
  /// margin pushes back.
  func pushOffPositionLimits(
    _ torque: inout JointVector, _ state: ArmState, _ events: inout SafetyEvents
  ) {
    let margin = limits.positionMargin
    for i in 0..<JointVector.count {
      let above = state.position[i] - (limits.joints.upper[i] - margin)
      let below = limits.joints.lower[i] + margin - state.position[i]
      let outward: Double = above > below ? 1 : -1
      let depth = max(above, below) / margin
      guard depth > 0 else { continue }
      let along = outward * torque[i]
      let faded = along > 0 ? along * max(0, 1 - depth) : along
      torque[i] = outward * (faded - Self.positionPush * depth * limits.joints.torque[i])
      events.insert(.jointPosition)
    }
  }

  /// From 0.9 of a speed limit v on, at depth s = (|q̇| - 0.9·v)/(0.1·v): the part of the torque along
  /// the motion fades with 1 - s, and -d·(|q̇| - 0.9·v) brakes with d = 2·torque limit / speed limit.
  func brakeJoints(
    _ torque: inout JointVector, _ state: ArmState, _ events: inout SafetyEvents
  ) {
    for i in 0..<JointVector.count {
      let direction: Double = state.velocity[i] > 0 ? 1 : -1
      let limit = speedLimit(joint: i, at: state.position[i], direction: direction)
      let excess = abs(state.velocity[i]) - Self.velocityOnset * limit
      guard excess > 0 else { continue }
      let along = direction * torque[i]
      let depth = excess / ((1 - Self.velocityOnset) * limit)
      let faded = along > 0 ? along * max(0, 1 - depth) : along
      let damping = Self.jointBrake * limits.joints.torque[i] / limits.joints.velocity[i]
      torque[i] = direction * (faded - damping * excess)
      events.insert(.jointVelocity)
    }
  }

  /// Speed from which a joint can still stop a guard before the position limit ahead [rad/s]:
  /// min(v, √(2·a·distance)), the shape of the FR3's velocity limits.
  func speedLimit(joint i: Int, at position: Double, direction: Double) -> Double {
    let distance =
      direction > 0 ? limits.joints.upper[i] - position : position - limits.joints.lower[i]
    return min(
      limits.joints.velocity[i],
      (2 * Self.deceleration * max(0, distance - Self.positionGuard)).squareRoot())
  }

  /// Cuts the torque of each direction so that its joint is just below the speed limit v when the torque has
  /// gone to zero: held for a period T and then lowered at its rate r, it gives the least inertia I
  /// τ·T/I + τ²/(2·r·I) = v - q̇, so that τ = √((r·T)² + 2·r·I·(v - q̇)) - r·T.
  func limitComingSpeeds(
    _ torque: inout JointVector, _ state: ArmState, _ events: inout SafetyEvents
  ) {
    for i in 0..<JointVector.count {
      let direction: Double = torque[i] > 0 ? 1 : -1
      let limit = speedLimit(joint: i, at: state.position[i], direction: direction)
      let room = max(0, limit - Self.speedTolerance - direction * state.velocity[i])
      let (rate, inertia) = (limits.joints.torqueRate[i], limits.leastInertia[i])
      let step = rate * period
      let most = (step * step + 2 * rate * inertia * room).squareRoot() - step
      guard abs(torque[i]) > most else { continue }
      torque[i] = direction * most
      events.insert(.jointVelocity)
    }
  }

  /// Cuts each torque to its limit; a stage that overflowed becomes a zero of its joint.
  func limitTorque(_ torque: inout JointVector, _ events: inout SafetyEvents) {
    for i in 0..<JointVector.count {
      let asked = torque[i]
      if asked.isNaN {
        torque[i] = 0
        events.insert(.notFinite)
      } else if abs(asked) > limits.joints.torque[i] {
        torque[i] = asked > 0 ? limits.joints.torque[i] : -limits.joints.torque[i]
        events.insert(.torque)
      }
    }
  }

  /// Cuts the change from the last torque to the rate limit.
  ///
  /// A last torque beyond the torque limit counts as the limit.
  func limitRate(
    _ torque: inout JointVector, from last: JointVector, _ events: inout SafetyEvents
  ) {
    for i in 0..<JointVector.count {
      let limit = limits.joints.torque[i]
      let start = last[i].isFinite ? min(max(last[i], -limit), limit) : 0
      let step = limits.joints.torqueRate[i] * period
      if torque[i] > start + step {
        torque[i] = start + step
        events.insert(.torqueRate)
      } else if torque[i] < start - step {
        torque[i] = start - step
        events.insert(.torqueRate)
      }
    }
  }
}
