import Foundation
import Geometry
import Messages

/// The arm's own estimate of what pushes it, from its joint torques.
///
/// τ̂ is the low-passed external torque; ŵ = (J·Jᵀ + λ²·1)⁻¹·J·τ̂, turned into the tool's axes, less
/// the average before the episode, plus the episode's hidden bias.
struct WrenchEstimate {
  /// Low-passed external torque [N·m].
  private(set) var torque = JointVector()
  /// The estimate before zeroing and bias.
  private(set) var raw = Wrench<Tool>()
  /// Subtracted since the last `zero`.
  private(set) var zeroPoint = Wrench<Tool>()
  /// The episode's hidden bias.
  var bias = Wrench<Tool>()

  private static let window = WrenchMemory.window
  private static let damping = 1e-4
  private var history = InlineArray<100, Wrench<Tool>>(repeating: Wrench())
  private var filled = 0
  private var next = 0
  private let gain: Double

  /// A first-order low-pass with this cut-off [Hz], sampled every `timestep` [s].
  init(cutOff: Double, timestep: Double) {
    gain = 1 - exp(-2 * .pi * cutOff * timestep)
  }

  /// All that the estimate goes on from.
  var memory: WrenchMemory {
    get {
      var memory = WrenchMemory()
      (memory.filteredTorque, memory.raw, memory.zero, memory.bias) = (torque, raw, zeroPoint, bias)
      memory.history = (0..<Self.window).map { history[$0] }
      (memory.filled, memory.next) = (filled, next)
      return memory
    }
    set {
      (torque, raw, zeroPoint, bias) =
        (newValue.filteredTorque, newValue.raw, newValue.zero, newValue.bias)
      for place in 0..<Self.window { history[place] = newValue.history[place] }
      (filled, next) = (newValue.filled, newValue.next)
    }
  }

  /// The wrench to report, in the tool.
  var wrench: Wrench<Tool> {
    Wrench(
      force: raw.force - zeroPoint.force + bias.force,
      torque: raw.torque - zeroPoint.torque + bias.torque)
  }

  /// The joint torque to report: the low-passed one, zeroed and biased like the wrench.
  func externalTorque(_ jacobian: Jacobian, _ turn: Rotation<Base, Tool>) -> JointVector {
    let shift = Wrench<Tool>(
      force: bias.force - zeroPoint.force, torque: bias.torque - zeroPoint.torque)
    let shifted = jacobian.torque(of: turn(shift))
    return JointVector { torque[$0] + shifted[$0] }
  }

  /// Takes one tick's external torque.
  mutating func add(
    _ external: JointVector, _ jacobian: Jacobian, _ turn: Rotation<Base, Tool>
  ) {
    torque = JointVector { torque[$0] + gain * (external[$0] - torque[$0]) }
    raw = turn.inverse(Self.wrench(of: torque, jacobian))
    history[next] = raw
    next = (next + 1) % Self.window
    filled = min(filled + 1, Self.window)
  }

  /// Takes the average of the last 100 ticks, or of as many as there were, as zero.
  mutating func zero() {
    guard filled > 0 else { return }
    var sum = Wrench<Tool>()
    for i in 0..<filled {
      sum.force += history[i].force
      sum.torque += history[i].torque
    }
    zeroPoint = Wrench(force: sum.force / Double(filled), torque: sum.torque / Double(filled))
  }

  /// (J·Jᵀ + λ²·1)⁻¹·J·τ by Cholesky factors, in base axes.
  static func wrench(of torque: JointVector, _ jacobian: borrowing Jacobian) -> Wrench<Base> {
    let j = jacobian.values.span
    let t = torque.values.span
    var storage = InlineArray<36, Double>(repeating: 0)
    var solution = InlineArray<6, Double>(repeating: 0)
    var factor = storage.mutableSpan
    var x = solution.mutableSpan
    for row in 0..<6 {
      for joint in 0..<7 { x[row] += j[7 * row + joint] * t[joint] }
      for column in 0...row {
        var sum = row == column ? damping : 0
        for joint in 0..<7 { sum += j[7 * row + joint] * j[7 * column + joint] }
        for k in 0..<column { sum -= factor[6 * row + k] * factor[6 * column + k] }
        factor[6 * row + column] = row == column ? sum.squareRoot() : sum / factor[7 * column]
      }
    }
    for row in 0..<6 {
      for k in 0..<row { x[row] -= factor[6 * row + k] * x[k] }
      x[row] /= factor[7 * row]
    }
    for row in stride(from: 5, through: 0, by: -1) {
      for k in stride(from: row + 1, to: 6, by: 1) { x[row] -= factor[6 * k + row] * x[k] }
      x[row] /= factor[7 * row]
    }
    return Wrench(force: Vector3(x[0], x[1], x[2]), torque: Vector3(x[3], x[4], x[5]))
  }
}
