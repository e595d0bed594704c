internal import CKernels

/// Kinds of work that a profile of the kernels tells apart.
public enum KernelWork: Int32, Sendable, CaseIterable {
  /// Matrix products, packing and the sums of gradients among them.
  case products = 0
  /// Layer normalisation with tanh, forward and backward.
  case normalisation = 1
  /// Adam.
  case optimiser = 2
  /// Averaging of target networks.
  case averaging = 3
  /// Draws, squashing and lone activations.
  case elementwise = 4
}

extension Kernels {
  /// Multiply-adds between registers alone, on all threads at once for about a millisecond: what this
  /// machine can do at most [floating-point operations per second].
  public func peak() -> Double { kinglet_context_peak(context) }

  /// Begins a profile at zero, for as long as the kernels live; it costs a little time itself.
  public func profile() { kinglet_context_profile(context) }

  /// Time of the caller's thread in a kind of work since `profile` [ns].
  public func profiledNanoseconds(_ work: KernelWork) -> Int64 {
    kinglet_context_time(context, work.rawValue)
  }
}
