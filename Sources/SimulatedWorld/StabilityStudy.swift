public import Geometry

/// How much delay between state and torque an arm bears under Cartesian impedance.
///
/// The closed loop is linearised at a posture, M·q̈ = -(JᵀKJ + k·N)·q - (JᵀDJ + d·N)·q̇ with
/// N = 1 - Jᵀ(JJᵀ + λ²)⁻¹J, and run in discrete time with the torque held and delayed.
public enum StabilityStudy {
  /// Gains of one row.
  public struct Gains: Sendable, Equatable {
    /// Whose gains these are.
    public var name: String
    /// Translational stiffness [N/m].
    public var translationalStiffness: Double
    /// Translational damping [N·s/m].
    public var translationalDamping: Double
    /// Rotational stiffness over the full rotation vector [N·m/rad].
    public var rotationalStiffness: Double
    /// Rotational damping [N·m·s/rad].
    public var rotationalDamping: Double
    /// Stiffness of the posture [N·m/rad]; its damping is 2·√k.
    public var nullspaceStiffness: Double

    /// Gains of their parts.
    public init(
      name: String, translationalStiffness: Double, translationalDamping: Double,
      rotationalStiffness: Double, rotationalDamping: Double, nullspaceStiffness: Double
    ) {
      self.name = name
      self.translationalStiffness = translationalStiffness
      self.translationalDamping = translationalDamping
      self.rotationalStiffness = rotationalStiffness
      self.rotationalDamping = rotationalDamping
      self.nullspaceStiffness = nullspaceStiffness
    }
  }

  /// One cell of the table.
  public struct Row: Sendable, Equatable {
    /// The gains.
    public var gains: Gains
    /// Reflected rotor inertia of every joint [kg·m²].
    public var armature: Double
    /// Spectral radius of M⁻¹(JᵀDJ + d·N) [1/s]; a delay well below π/2 over it is safe.
    public var rate: Double
    /// Longest delay that stays stable, in ticks; nil when even none does.
    public var longestDelay: Int?
  }

  /// The table of all gains with all armatures; each row finds its longest stable delay up to 60.
  public static func rows(
    model path: String, posture joints: JointVector, gains: [Gains], armatures: [Double],
    timestep: Double
  ) throws(WorldError) -> [Row] {
    let bare = try BareArm(model: path, timestep: timestep)
    var arm = bare.model(carrying: .hand)
    let posture = bare.posture(at: joints)
    var rows: [Row] = []
    for gains in gains {
      for armature in armatures {
        arm.armature = JointVector(repeating: armature)
        let loop = LinearLoop(arm.massMatrix(posture), posture.jacobian, gains)
        let delay = (0...60).prefix { loop.isStable(delay: $0, timestep: timestep) }.last
        rows.append(
          Row(gains: gains, armature: armature, rate: loop.rate, longestDelay: delay))
      }
    }
    return rows
  }
}

/// A linear arm under a linear law, in joint space.
private struct LinearLoop {
  /// M⁻¹·(JᵀKJ + k·N) and M⁻¹·(JᵀDJ + d·N), row-major 7×7.
  let stiffness: [Double]
  let damping: [Double]

  init(_ mass: [Double], _ jacobian: Jacobian, _ gains: StabilityStudy.Gains) {
    let free = gains.nullspaceStiffness
    stiffness = Self.accelerations(
      mass, jacobian, gains.translationalStiffness, gains.rotationalStiffness, free)
    damping = Self.accelerations(
      mass, jacobian, gains.translationalDamping, gains.rotationalDamping, 2 * free.squareRoot())
  }

  private static func accelerations(
    _ mass: [Double], _ jacobian: Jacobian, _ linear: Double, _ angular: Double, _ free: Double
  ) -> [Double] {
    var columns: [[Double]] = []
    for column in 0..<7 {
      let unit = JointVector { $0 == column ? 1 : 0 }
      let twist = jacobian.twist(of: unit)
      let task = jacobian.torque(
        of: Wrench(force: linear * twist.linear, torque: angular * twist.angular))
      let blocked = jacobian.torque(of: WrenchEstimate.wrench(of: unit, jacobian))
      let torque = (0..<7).map { task[$0] + free * (unit[$0] - blocked[$0]) }
      columns.append(solve(mass, torque))
    }
    return (0..<49).map { columns[$0 % 7][$0 / 7] }
  }

  /// x of A·x = b for a positive definite 7×7 A, by elimination.
  private static func solve(_ matrix: [Double], _ right: [Double]) -> [Double] {
    var (a, x) = (matrix, right)
    for pivot in 0..<7 {
      for row in 0..<7 where row > pivot {
        let factor = a[7 * row + pivot] / a[8 * pivot]
        for column in pivot..<7 { a[7 * row + column] -= factor * a[7 * pivot + column] }
        x[row] -= factor * x[pivot]
      }
    }
    for row in (0..<7).reversed() {
      for column in 0..<7 where column > row { x[row] -= a[7 * row + column] * x[column] }
      x[row] /= a[8 * row]
    }
    return x
  }

  private static func apply(_ matrix: [Double], _ v: [Double]) -> [Double] {
    (0..<7).map { row in (0..<7).reduce(0) { $0 + matrix[7 * row + $1] * v[$1] } }
  }

  private static func length(_ v: [Double]) -> Double {
    v.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Spectral radius of the damping matrix by power iteration [1/s].
  var rate: Double {
    var v = (0..<7).map { 1 + 0.1 * Double($0) }
    var radius = 0.0
    for _ in 0..<500 {
      let next = Self.apply(damping, v)
      radius = Self.length(next) / Self.length(v)
      v = next.map { $0 / Self.length(next) }
    }
    return radius
  }

  /// Whether a push dies out when each torque acts `delay` ticks after the state that it answers.
  func isStable(delay: Int, timestep: Double) -> Bool {
    var position = [Double](repeating: 0, count: 7)
    var velocity = (0..<7).map { 1 + 0.1 * Double($0 % 3) }
    var pending = [[Double]](repeating: [Double](repeating: 0, count: 7), count: delay)
    var early = 0.0
    for tick in 0..<1500 {
      let pull = Self.apply(stiffness, position)
      let drag = Self.apply(damping, velocity)
      pending.append((0..<7).map { -pull[$0] - drag[$0] })
      let acting = pending.removeFirst()
      for joint in 0..<7 {
        velocity[joint] += timestep * acting[joint]
        position[joint] += timestep * velocity[joint]
      }
      if tick == 200 { early = Self.length(velocity) }
      if !(Self.length(velocity) < 1e6) { return false }
    }
    return Self.length(velocity) < early || Self.length(velocity) < 1e-6
  }
}
