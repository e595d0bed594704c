import CRealtime

/// Counts heap allocations of the calling thread.
///
/// The process defines malloc and its kin itself (CRealtime/allocations.c), so shared libraries and
/// the Swift runtime are counted too.
public enum AllocationCount {
  /// Allocations by the calling thread since it started.
  public static var total: UInt64 { realtime_allocations() }

  /// Allocations that the calling thread made while `body` ran.
  @inlinable public static func during<Fault: Error>(
    _ body: () throws(Fault) -> Void
  ) throws(Fault) -> UInt64 {
    let before = total
    try body()
    return total - before
  }
}
