/// A histogram of durations with fixed memory: 16 buckets per doubling, so that a quantile is at
/// most 1/16 above the true one.
///
/// Recording allocates nothing.
public struct LatencyHistogram: Sendable, BitwiseCopyable {
  @usableFromInline static let fine = 16
  @usableFromInline static let bucketCount = 608
  @usableFromInline var buckets = InlineArray<608, UInt64>(repeating: 0)
  /// A longer duration is an overrun [ns].
  public let budget: Int64
  /// Durations recorded.
  public private(set) var count: UInt64 = 0
  /// Longest duration [ns].
  public private(set) var max: Int64 = 0
  /// Durations above the budget.
  public private(set) var overruns: UInt64 = 0

  /// An empty histogram with a budget [ns].
  public init(budget: Int64 = .max) { self.budget = budget }

  /// Takes one duration [ns]; a negative one counts as zero.
  public mutating func record(_ duration: Int64) {
    buckets[Self.bucket(of: duration)] += 1
    count += 1
    max = Swift.max(max, duration)
    if duration > budget { overruns += 1 }
  }

  /// The duration [ns] that a fraction of all durations does not exceed, rounded up to its bucket's
  /// end and never above `max`; zero when empty.
  public func quantile(_ fraction: Double) -> Int64 {
    precondition((0...1).contains(fraction), "a quantile of \(fraction)")
    let rank = Swift.max(1, UInt64((fraction * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for i in 0..<Self.bucketCount {
      seen += buckets[i]
      if seen >= rank { return Swift.min(max, Self.end(of: i)) }
    }
    return max
  }

  /// Median [ns].
  public var p50: Int64 { quantile(0.5) }
  /// 99th percentile [ns].
  public var p99: Int64 { quantile(0.99) }
  /// 99.9th percentile [ns].
  public var p999: Int64 { quantile(0.999) }

  /// Adds the durations of another histogram; its overruns stand as counted there.
  public mutating func merge(_ other: Self) {
    for i in 0..<Self.bucketCount { buckets[i] += other.buckets[i] }
    count += other.count
    overruns += other.overruns
    max = Swift.max(max, other.max)
  }

  /// 0…15 ns have buckets of their own; above, the top five bits choose the bucket.
  static func bucket(of duration: Int64) -> Int {
    guard duration >= fine else { return Swift.max(0, Int(duration)) }
    let doubling = 63 - duration.leadingZeroBitCount - 4
    return Swift.min(bucketCount - 1, doubling * fine + Int(duration >> doubling))
  }

  /// The longest duration of a bucket.
  static func end(of bucket: Int) -> Int64 {
    guard bucket >= 2 * fine else { return Int64(bucket) }
    let doubling = bucket / fine - 1
    return (Int64(bucket - doubling * fine) + 1) << doubling - 1
  }
}
