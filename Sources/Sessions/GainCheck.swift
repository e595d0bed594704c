import Geometry
import Messages
import Recipes
import Safety
import SimulatedWorld

/// Whether a session's gains bear the delay of its torque loop, at home and along the task's poses: those
/// of task and reset, and the largest that the filter lets anybody command.
struct GainCheck {
  /// The least favourable posture of one compliance.
  struct Finding {
    /// Whose gains: "task", "reset" or "limits".
    var compliance: String
    /// Where: "home", "target" or "start".
    var place: String
    /// The margin there.
    var margin: GainMargin
  }

  /// A stiffness without the damping that the delay asks for.
  private struct Spring {
    var compliance: String
    var axis: String
    var stiffness: Double
    var damping: Double
    var unit: String
  }

  /// One finding for each compliance of the session.
  let findings: [Finding]
  private let recipe: SessionRecipe
  private let springs: [Spring]
  private let delay: Double

  /// Searches the least margin of each compliance.
  init(_ recipe: SessionRecipe) throws {
    let geometry = TaskGeometry(recipe)
    let starts = [-1.0, 1].flatMap { x in
      [-1.0, 1].map { y in geometry.start(x: x, y: y, yaw: x * y) }
    }
    let target = geometry.baseFromTarget * Transform<Target, Tool>.identity
    let dynamics = try WorldConfiguration(recipe).dynamics(at: starts + [target])
    let places = ["home"] + starts.map { _ in "start" } + ["target"]
    let delay = Self.delay(recipe)
    self.delay = delay
    self.recipe = recipe
    springs = [("task", recipe.task.compliance), ("reset", recipe.task.reset.compliance)].flatMap {
      name, gains in
      [
        Spring(
          compliance: name, axis: "translational", stiffness: gains.translationalStiffness,
          damping: gains.translationalDamping, unit: "N·s/m"),
        Spring(
          compliance: name, axis: "rotational", stiffness: gains.rotationalStiffness,
          damping: gains.rotationalDamping, unit: "N·m·s/rad"),
      ]
    }
    findings = try [
      ("task", recipe.task.compliance), ("reset", recipe.task.reset.compliance),
      (Self.limits, Compliance(largest: try SafetyLimits(recipe).gains)),
    ].compactMap { name, compliance in
      try zip(places, dynamics).map { place, dynamics in
        Finding(
          compliance: name, place: place,
          margin: try GainMargin(
            compliance: compliance, jacobian: dynamics.jacobian,
            massMatrix: dynamics.massMatrix, delay: delay))
      }.max { $0.margin.product < $1.margin.product }
    }
  }

  /// Total delay from a state to the torque that answers it, at worst [s]: half a tick for which the
  /// torque is held, a tick in which it is computed, and where a process of its own computes it on the
  /// wall's clock, what the driver waits for it, 0.9 of a tick.
  static func delay(_ recipe: SessionRecipe) -> Double {
    let launch = recipe.launch
    let transport = launch.placement == .process && launch.clock == .realtime ? 0.9 : 0
    return (ownTicks + transport) * recipe.robot.driver.timestep
  }

  /// Ticks of it that are left where the driver computes the torque itself.
  private static let ownTicks = 0.5 + 1

  /// Throws one line about gains in use that would not be stable.
  func refuse() throws { try refuse(findings.filter { $0.compliance != Self.limits }) }

  /// Throws one line about gains that would not be stable, also about those that might be commanded, and
  /// about the driver's own.
  func refuseAny() throws {
    try refuse(findings)
    try Self.refuseOwn(recipe)
  }

  /// Throws one line about the driver's own gains, where they are not stable over its delay t: d·Σ 1/Iᵢ·t
  /// bounds d·ρ(M⁻¹)·t, Iᵢ the least inertia 1/(M⁻¹)ᵢᵢ of a joint, and k asks for a d of k·t.
  static func refuseOwn(_ recipe: SessionRecipe) throws {
    let safety = recipe.robot.safety
    let delay = ownTicks * recipe.robot.driver.timestep
    let inverse = (0..<JointVector.count).reduce(0) { $0 + 1 / safety.leastInertia[$1] }
    let product = safety.stopDamping * inverse * delay
    guard product < .pi / 2 else {
      throw SessionFailure(
        "the driver's own damping, safety.stopDamping of \(safety.stopDamping) N·m·s/rad, over its delay "
          + "gives up to \(decimal(product, 2)): unstable from 1.57 on; lower it, or give safety.leastInertia"
      )
    }
    guard safety.stopDamping >= safety.holdStiffness * delay else {
      throw SessionFailure(
        "the driver's own stiffness, safety.holdStiffness of \(safety.holdStiffness) N·m/rad, asks for a "
          + "safety.stopDamping of at least \(decimal(safety.holdStiffness * delay, 3)) N·m·s/rad over its delay; it is "
          + "\(safety.stopDamping): raise it, or lower the stiffness")
    }
  }

  private func refuse(_ findings: [Finding]) throws {
    for spring in springs where spring.damping < spring.stiffness * delay {
      throw SessionFailure(
        "the \(spring.axis) damping of the \(spring.compliance), \(decimal(spring.damping, 3)) \(spring.unit), "
          + "is too small for its stiffness over \(decimal(1e3 * delay, 2)) ms of delay: it must be at "
          + "least \(decimal(spring.stiffness * delay, 3)); raise it, or lower the stiffness")
    }
    for finding in findings where finding.margin.verdict == .unstable {
      throw SessionFailure(
        Self.line(finding) + ": unstable from 1.57 on; lower the damping, or shorten the delay")
    }
  }

  /// A line for each compliance in use whose margin is thin.
  var warnings: [String] {
    findings.filter { $0.margin.verdict == .thin && $0.compliance != Self.limits }.map {
      Self.line($0) + ": thin; comfortable is below 0.5"
    }
  }

  private static let limits = "limits"

  private static func line(_ finding: Finding) -> String {
    let margin = finding.margin
    let whose =
      finding.compliance == limits ? "limits (`safety.gains` of the robot)" : finding.compliance
    return "the gains of the \(whose) at \(finding.place): a damping rate of "
      + "\(decimal(margin.rate, 0))/s over \(decimal(1e3 * margin.delay, 2)) ms of delay gives "
      + decimal(margin.product, 2)
  }
}

extension Compliance {
  /// The largest gains that may be commanded; clips do not matter to the margin.
  fileprivate init(largest gains: GainLimits) {
    self.init(
      translationalStiffness: gains.translationalStiffness,
      translationalDamping: gains.translationalDamping,
      rotationalStiffness: gains.rotationalStiffness, rotationalDamping: gains.rotationalDamping,
      clipToward: .zero, clipAgainst: .zero, clipRotation: .zero,
      nullspaceStiffness: gains.nullspaceStiffness)
  }
}
