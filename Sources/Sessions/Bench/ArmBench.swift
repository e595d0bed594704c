import Foundation
import Geometry
import Messages
import Metrics
import Recipes
import SimulatedWorld

/// How the simulated arm holds a pressed part, and how much delay its loop bears.
public struct ArmReport: Report {
  /// One row of the stability table.
  public struct Stability: Encodable, Sendable {
    /// Whose gains.
    public var gains: String
    /// Reflected rotor inertia of every joint [kg·m²].
    public var armature: Double
    /// Spectral radius of M⁻¹·(JᵀDJ + d·N) [1/s].
    public var ratePerSecond: Double
    /// Longest delay from state to torque that stays stable [ms]; absent when none does.
    public var longestDelayMilliseconds: Double?
  }

  /// Robot time of the hold [s].
  public var holdSeconds: Double
  /// Whether every pin was in its hole throughout the hold.
  public var isSeated: Bool
  /// How far the part moved from the hold's first half second to its last [mm].
  public var creepMillimetres: Double
  /// How far the housing was pressed into the board at most [mm].
  public var sinkMillimetres: Double
  /// Mechanical energy at the end of the hold less that at its start, half a second's mean each [J].
  public var energyDriftJoules: Double
  /// Mean contact force during the hold [N].
  public var contactForceNewtons: Double
  /// Gains by armature.
  public var stability: [Stability]

  /// The report for a person.
  public var text: String {
    let head = """
      arm, \(decimal(holdSeconds, 0)) s of holding a part pressed with \
      \(decimal(contactForceNewtons, 1)) N\(isSeated ? "" : " that is not seated")
        creep           \(decimal(creepMillimetres, 5)) mm
        sink            \(decimal(sinkMillimetres, 4)) mm
        energy drift    \(decimal(energyDriftJoules, 6)) J
        longest stable delay from state to torque [ms] by armature [kg·m²]
      """
    return ([head] + table).joined(separator: "\n")
  }

  private var table: [String] {
    let armatures = Set(stability.map(\.armature)).sorted()
    var names: [String] = []
    for row in stability where !names.contains(row.gains) { names.append(row.gains) }
    func line(_ name: String, _ cells: [String]) -> String {
      "    " + name.padding(toLength: 24, withPad: " ", startingAt: 0)
        + cells.map { String(repeating: " ", count: max(1, 7 - $0.count)) + $0 }.joined()
    }
    return [line("", armatures.map { decimal($0, 2) })]
      + names.map { name in
        let cells = stability.filter { $0.gains == name }.map {
          $0.longestDelayMilliseconds.map { decimal($0, 0) } ?? "-"
        }
        return line(name, cells)
      }
  }
}

/// Seats the part by script, holds it, and looks at the simulator's truth.
struct ArmBench: ~Copyable {
  private let recipe: SessionRecipe
  private var led: LedArm

  init(_ recipe: SessionRecipe) throws {
    let led = try LedArm(recipe)
    self.recipe = recipe
    self.led = led
  }

  /// Holds for so many seconds of robot time.
  mutating func run(seconds: Double) throws -> ArmReport {
    let geometry = TaskGeometry(recipe)
    let pressed = geometry.pressed(recipe)
    let above = geometry.start(x: 0, y: 0, yaw: 0)
    try led.go(toward: above, recipe.task.reset.compliance, ticks: 5000)
    try led.go(toward: pressed, recipe.task.compliance, ticks: 5000)
    let tick = recipe.robot.driver.timestep
    var hold = Hold(ticks: Int((seconds / tick).rounded()), window: Int((0.5 / tick).rounded()))
    for _ in 0..<hold.ticks {
      try led.tick()
      hold.add(led.arm.truth(), energy: led.arm.mechanicalEnergy())
    }
    if let reason = led.stopReason { throw SessionFailure("bench: \(reason)") }
    return ArmReport(
      holdSeconds: Double(hold.ticks) * tick, isSeated: hold.isSeated,
      creepMillimetres: 1e3 * hold.creep.length, sinkMillimetres: 1e3 * hold.sink,
      energyDriftJoules: hold.energyDrift, contactForceNewtons: hold.force,
      stability: try stability())
  }

  private func stability() throws -> [ArmReport.Stability] {
    let robot = recipe.robot
    let rows = try StabilityStudy.rows(
      model: recipe.robotFolder + "/" + robot.driver.model, posture: robot.joints.home,
      gains: [
        .init(name: "task", recipe.task.compliance),
        .init(name: "reset", recipe.task.reset.compliance), .softExample, .stiffExample,
      ], armatures: [0, 0.05, 0.1, 0.2], timestep: robot.driver.timestep)
    return rows.map { row in
      ArmReport.Stability(
        gains: row.gains.name, armature: row.armature, ratePerSecond: row.rate,
        longestDelayMilliseconds: row.longestDelay.map {
          1e3 * Double($0) * robot.driver.timestep
        })
    }
  }
}

extension StabilityStudy.Gains {
  /// The gains of a compliance.
  init(name: String, _ compliance: Compliance) {
    self.init(
      name: name, translationalStiffness: compliance.translationalStiffness,
      translationalDamping: compliance.translationalDamping,
      rotationalStiffness: compliance.rotationalStiffness,
      rotationalDamping: compliance.rotationalDamping,
      nullspaceStiffness: compliance.nullspaceStiffness)
  }

  /// libfranka's impedance example: 150 N/m and 10 N·m/rad, critically damped for unit inertia.
  fileprivate static var softExample: Self {
    Self(
      name: "libfranka 150/10", translationalStiffness: 150,
      translationalDamping: 2 * 150.0.squareRoot(), rotationalStiffness: 10,
      rotationalDamping: 2 * 10.0.squareRoot(), nullspaceStiffness: 0)
  }

  /// Four times the gains of SERL, with damping to match: where trouble starts.
  fileprivate static var stiffExample: Self {
    Self(
      name: "four times SERL", translationalStiffness: 12000, translationalDamping: 360,
      rotationalStiffness: 300, rotationalDamping: 14, nullspaceStiffness: 10)
  }
}

/// Sums over a hold: a first and a last window, and the extremes of the whole.
private struct Hold {
  let ticks: Int
  private let window: Int
  private var count = 0
  private var first = (place: Vector3.zero, energy: 0.0)
  private var last = (place: Vector3.zero, energy: 0.0)
  private var forces = 0.0
  private(set) var sink = 0.0
  private(set) var isSeated = true

  init(ticks: Int, window: Int) {
    self.ticks = ticks
    self.window = max(1, min(window, ticks / 2))
  }

  var creep: Vector3 { last.place - first.place }
  var energyDrift: Double { last.energy - first.energy }
  var force: Double { forces / Double(max(1, count)) }

  mutating func add(_ truth: Truth, energy: Double) {
    let share = 1 / Double(window)
    if count < window {
      first.place += share * truth.boardFromPart.translation
      first.energy += share * energy
    }
    if count >= ticks - window {
      last.place += share * truth.boardFromPart.translation
      last.energy += share * energy
    }
    forces += truth.contactForce
    sink = max(sink, -truth.remainingDepth)
    isSeated = isSeated && truth.pinsInHoles == truth.pins
    count += 1
  }
}

extension Commands {
  /// Measures holding and stability: `kinglet bench arm`.
  public static func benchArm(
    file: String, overrides: [String], seconds: Double
  ) throws -> ArmReport {
    var bench = try ArmBench(SessionRecipe.load(launchFile: file, overrides: overrides))
    return try bench.run(seconds: seconds)
  }
}
