import Geometry
package import Recipes
package import Safety

/// The limits that a session runs under, the tighter of robot and task, and how far those may be passed
/// that braking enforces.
package struct FlightBounds: Sendable {
  /// The limits.
  package let limits: SafetyLimits
  /// Time between two ticks [s].
  package let period: Double
  /// Time without a torque after which the arm is held [s].
  package let commandTimeout: Double
  /// Time without a torque after which the arm is stopped [s].
  package let stopTimeout: Double
  /// √(k·m) of the bushing's stiffness k and the arm's reflected mass m [N·s/m].
  package let impact: Double
  /// Time over which a damped stop takes the speed out [s].
  package let brakingTime: Double

  /// Share by which the tool may pass its speed limits: at the limit the torque along the motion is gone
  /// (`SafetyFilter`), and a fifth, by choice, while a torque is taken back at its rate.
  package static let speedSlack = 0.2
  /// What an impact may add to the estimated force, whose low-pass shows but a part of it [N].
  package static let estimatedImpact = 40.0
  /// Lever at which that acts on the tool [m]: the hand is not longer than this.
  package static let lever = 0.12
  /// The arm's mass as something at the tool feels it along the direction in which it is greatest [kg]:
  /// 1/(least eigenvalue of J·M⁻¹·Jᵀ) over postures with the tool upright within 0.1 m of the board, rounded
  /// up.
  static let reflectedMass = 14.0
  /// The greatest singular value of J·M·J⁺, of place or turn, over the same [kg·m²], rounded up: over the
  /// damping d of a stop, the way that a tool goes on per speed, since ∫q̇ dt = M·q̇₀/d.
  static let brakedInertia = 4.5
  /// Half a period π·√(m/k) of the arm on the bushing, in which an impact rises and falls, rounded up [ns].
  package static let impactTime: Int64 = 90_000_000

  /// The bounds of a session.
  package init(_ recipe: SessionRecipe) throws {
    let filter = try SafetyFilter(recipe)
    let robot = recipe.robot
    limits = filter.limits
    period = filter.period
    commandTimeout = robot.safety.commandTimeout
    stopTimeout = robot.safety.stopTimeout
    impact = (robot.bushing.translationalStiffness * Self.reflectedMass).squareRoot()
    brakingTime = Self.brakedInertia / filter.stopDamping
  }

  /// Greatest speed of the tool [m/s].
  package var toolSpeed: Double { limits.toolSpeed * (1 + Self.speedSlack) }

  /// Greatest angular speed of the tool [rad/s].
  package var toolTurnSpeed: Double { limits.toolTurnSpeed * (1 + Self.speedSlack) }

  /// Greatest true force of the world on the part [N] when the tool came with a speed v [m/s]: the hard
  /// level, and v·√(k·m), at which the spring that is the bushing has taken up the energy ½·m·v².
  package func trueForce(after speed: Double) -> Double {
    limits.contactForce.hard + impact * speed
  }

  /// Greatest estimated force [N].
  package var estimatedForce: Double { limits.contactForce.hard + Self.estimatedImpact }

  /// Greatest estimated moment [N·m].
  package var estimatedMoment: Double {
    limits.contactMoment.hard + Self.estimatedImpact * Self.lever
  }

  /// Greatest distance outside the fence [m]: the margin at which the arm is stopped, and the way v·I/d that
  /// the tool goes on against the damping d of the stop.
  package var fenceExcess: Double { limits.fenceMargin + toolSpeed * brakingTime }

  /// The same of the orientation [rad].
  package var fenceTurn: Double { limits.fenceTurnMargin + toolTurnSpeed * brakingTime }
}
