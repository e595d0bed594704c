public import Geometry
public import LearningSlots
public import Messages

/// How the arm leaves the board and reaches the next start pose.
public struct RetractRoute: Sendable, Equatable {
  /// First straight back along the target's insertion axis, to this far before the target [m].
  public var clearance: Double
  /// Gains and clips of the whole reset.
  public var compliance: Compliance
  /// How near the start pose counts as there [m] and [rad].
  public var tolerance: (position: Double, rotation: Double)
  /// A tool slower than this is at rest [m/s].
  public var speed: Double
  /// Steps after which a person is asked.
  public var patience: Int
  /// The equilibrium leads the measured pose by at most this [m] and [rad].
  public var lead: (position: Double, rotation: Double)

  /// A route of its parts.
  public init(
    clearance: Double, compliance: Compliance,
    tolerance: (position: Double, rotation: Double) = (0.001, 0.01), speed: Double = 0.004,
    patience: Int = 300, lead: (position: Double, rotation: Double) = (0.03, 0.2)
  ) {
    self.clearance = clearance
    self.compliance = compliance
    self.tolerance = tolerance
    self.speed = speed
    self.patience = patience
    self.lead = lead
  }

  /// True when all bounds and gains are equal.
  public static func == (a: Self, b: Self) -> Bool {
    a.clearance == b.clearance && a.compliance == b.compliance && a.tolerance == b.tolerance
      && a.speed == b.speed && a.patience == b.patience && a.lead == b.lead
  }
}

/// Scripted reset: straight out of the board, then to the start pose, always through the controller.
public struct RetractAndPlace: ResetPolicy {
  private enum Phase { case retract, place }

  private let route: RetractRoute
  private let baseFromTarget: Transform<Base, Target>
  private let baseFromStart: Transform<Base, Tool>
  private var phase = Phase.retract
  private var steps = 0

  /// A reset that ends at a start pose.
  public init(
    route: RetractRoute, baseFromTarget: Transform<Base, Target>,
    baseFromStart: Transform<Base, Tool>
  ) {
    self.route = route
    self.baseFromTarget = baseFromTarget
    self.baseFromStart = baseFromStart
  }

  /// Out of the board, then toward the start pose; ready once it is there and at rest, and asks a
  /// person when the route's patience is over.
  public mutating func nextStep(from state: ArmState) -> ResetStep {
    steps += 1
    guard steps <= route.patience else {
      return .askHuman("the start pose was not reached in \(route.patience) steps")
    }
    let targetFromTool = baseFromTarget.inverse * state.baseFromTool
    if phase == .retract, -targetFromTool.translation.z >= route.clearance { phase = .place }
    switch phase {
    case .retract:
      var goal = targetFromTool
      goal.translation.z = -(route.clearance + 0.005)
      return .move(lead(from: state.baseFromTool, toward: baseFromTarget * goal), route.compliance)
    case .place:
      if isThere(state) { return .ready }
      return .move(lead(from: state.baseFromTool, toward: baseFromStart), route.compliance)
    }
  }

  private func isThere(_ state: ArmState) -> Bool {
    let error = baseFromStart.inverse * state.baseFromTool
    return error.translation.length <= route.tolerance.position
      && error.rotation.rotationVector.length <= route.tolerance.rotation
      && state.toolTwist.linear.length <= route.speed
  }

  /// The goal, or the point on the way to it that leads the tool by at most `route.lead`.
  private func lead(
    from pose: Transform<Base, Tool>, toward goal: Transform<Base, Tool>
  ) -> Transform<Base, Tool> {
    let offset = goal.translation - pose.translation
    let turn = (goal.rotation * pose.rotation.inverse).rotationVector
    let share = min(1, route.lead.position / max(offset.length, 1e-12))
    let turnShare = min(1, route.lead.rotation / max(turn.length, 1e-12))
    let rotation = Rotation<Base, Base>(rotationVector: turnShare * turn) * pose.rotation
    return Transform(rotation: rotation, translation: pose.translation + share * offset)
  }
}
