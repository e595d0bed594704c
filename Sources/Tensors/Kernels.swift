internal import CKernels

/// The instruction set that the kernels run with.
public enum KernelVariant: Int32, Sendable, CaseIterable, Comparable {
  /// Any CPU.
  case portable = 0
  /// AVX2 and FMA.
  case avx2 = 1
  /// AVX-512 F, BW, DQ and VL.
  case avx512 = 2

  /// The fastest that this CPU runs.
  public static var best: Self { Self(rawValue: kinglet_best_variant()) ?? .portable }

  /// True when `a` needs less of a CPU than `b`.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Owner of the kernels' threads and packing buffers; serves one caller at a time.
public struct Kernels: ~Copyable, @unchecked Sendable {
  let context: OpaquePointer
  /// Threads that share the work, the caller's among them.
  public let threads: Int
  /// The instruction set in use.
  public let variant: KernelVariant

  /// Starts one thread fewer than `threads`, since the caller's own is among them.
  ///
  /// `variant` must be one that this CPU runs.
  public init(threads: Int = 1, variant: KernelVariant = .best) {
    precondition((1...64).contains(threads), "kernels take 1 to 64 threads, not \(threads)")
    guard let context = kinglet_context_create(Int32(threads), variant.rawValue) else {
      preconditionFailure("no context of \(threads) threads with \(variant)")
    }
    self.context = context
    self.threads = threads
    self.variant = variant
  }

  deinit { kinglet_context_destroy(context) }

  /// How often the packing buffers have grown.
  public var allocations: Int { Int(kinglet_context_allocations(context)) }
}

/// The constants of one step of Adam (Kingma and Ba 2015), bias corrections worked in.
public struct AdamStep: Sendable {
  /// Learning rate over 1 - β₁ᵗ.
  public var rate: Float
  /// 1 - β₁.
  public var firstWeight: Float
  /// 1 - β₂, worked out in double precision: from a β₂ of 0.999 in single it is wrong by 2·10⁻⁵.
  public var secondWeight: Float
  /// 1/√(1 - β₂ᵗ).
  public var inverseRootCorrection: Float
  /// Added to the denominator.
  public var epsilon: Float

  /// A step of its parts.
  public init(
    rate: Float, firstWeight: Float, secondWeight: Float, inverseRootCorrection: Float,
    epsilon: Float
  ) {
    self.rate = rate
    self.firstWeight = firstWeight
    self.secondWeight = secondWeight
    self.inverseRootCorrection = inverseRootCorrection
    self.epsilon = epsilon
  }

  var raw: kinglet_adam {
    kinglet_adam(
      rate: rate, first_weight: firstWeight, second_weight: secondWeight,
      inverse_root_correction: inverseRootCorrection, epsilon: epsilon)
  }
}

extension Kernels {
  /// m += (1-β₁)(g-m), v += (1-β₂)(g²-v), value -= rate·m/(√v·correction + ε).
  public func take(
    _ step: AdamStep, gradient: borrowing Matrix, first: borrowing Matrix,
    second: borrowing Matrix, value: borrowing Matrix
  ) {
    precondition(gradient.count == value.count && first.count == value.count)
    precondition(second.count == value.count)
    var adam = step.raw
    kinglet_adam_step(
      context, &adam, Int64(value.count), gradient.base, first.base, second.base, value.base)
  }

  /// Writes what `take` would add to the value, and changes nothing else.
  public func propose(
    _ step: AdamStep, gradient: borrowing Matrix, first: borrowing Matrix,
    second: borrowing Matrix, into change: borrowing Matrix
  ) {
    precondition(gradient.count == change.count && first.count == change.count)
    precondition(second.count == change.count)
    var adam = step.raw
    kinglet_adam_propose(
      context, &adam, Int64(change.count), gradient.base, first.base, second.base, change.base)
  }

  /// target += rate·(value - target).
  public func approach(_ value: borrowing Matrix, rate: Float, target: borrowing Matrix) {
    precondition(value.count == target.count)
    kinglet_approach(context, Int64(value.count), value.base, rate, target.base)
  }

  /// Standard normal draws; each takes two uniform draws in 0..<1 (Box-Muller).
  public func normal(
    fromUniforms uniforms: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    kinglet_normal(context, Int64(count), uniforms, out)
  }
}
