import CKernels
public import Geometry
public import Messages

/// How much delay a damping loop bears: its fastest rate ρ against the delay of its torque.
///
/// ρ is the spectral radius of M⁻¹(JᵀDJ + D₀) [1/s] with D₀ = 2√kₙ·N. A loop closed over a delay t is
/// stable for ρ·t < π/2 and keeps a comfortable margin below 0.5.
public struct GainMargin: Sendable, BitwiseCopyable, Equatable {
  /// What the product of rate and delay means.
  public enum Verdict: Sendable, BitwiseCopyable {
    /// ρ·t below 0.5.
    case comfortable
    /// ρ·t from 0.5 to π/2.
    case thin
    /// ρ·t at least π/2.
    case unstable
  }

  /// ρ [1/s].
  public let rate: Double
  /// Total delay of the torque: transport, computation and half a tick [s].
  public let delay: Double
  /// ρ·t.
  public var product: Double { rate * delay }
  /// The longest delay that would still be stable [s].
  public var longestDelay: Double { .pi / 2 / rate }

  /// The verdict on `product`.
  public var verdict: Verdict {
    product < 0.5 ? .comfortable : product < .pi / 2 ? .thin : .unstable
  }

  /// The margin of a compliance at a posture, given the 7×7 mass matrix [kg·m²], row by row.
  ///
  /// Throws `outOfRange` for a delay outside 0…1 s, `singularMass` when M is not positive definite.
  public init(
    compliance: Compliance, jacobian: Jacobian, massMatrix: InlineArray<49, Double>, delay: Double
  ) throws(SafetyFault) {
    try SafetyFault.check(.delay, delay, within: 0...1)
    let linear = compliance.translationalDamping
    let angular = compliance.rotationalDamping
    let damping: InlineArray<6, Double> = [linear, linear, linear, angular, angular, angular]
    let nullspace = 2 * max(0, compliance.nullspaceStiffness).squareRoot()
    rate = massMatrix.span.withUnsafeBufferPointer { mass in
      jacobian.values.span.withUnsafeBufferPointer { jacobian in
        damping.span.withUnsafeBufferPointer { damping in
          guard let m = mass.baseAddress, let j = jacobian.baseAddress, let d = damping.baseAddress
          else { return -1 }
          return impedance_damping_rate(m, j, d, nullspace, Compliance.projectorDamping)
        }
      }
    }
    self.delay = delay
    guard rate >= 0 else { throw .singularMass }
  }
}
