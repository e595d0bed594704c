import CRealtime

/// The machine's clock that never jumps; unrelated to robot time.
public enum MonotonicClock {
  /// Time since an arbitrary start [ns].
  public static var now: Int64 { realtime_now() }
}

/// An instant of `MonotonicClock` by which something must have happened.
public struct Deadline: Sendable, BitwiseCopyable, Equatable {
  /// The instant [ns].
  public var instant: Int64

  /// The deadline at an instant [ns].
  public init(at instant: Int64) { self.instant = instant }

  /// The deadline a time [ns] after `now`.
  public init(in nanoseconds: Int64, from now: Int64 = MonotonicClock.now) {
    instant = now + nanoseconds
  }

  /// Time left [ns], zero once the deadline has passed.
  public func remaining(at now: Int64 = MonotonicClock.now) -> Int64 { max(0, instant - now) }

  /// Time left in whole milliseconds, rounded up so that a poll of that length reaches the deadline.
  public func remainingMilliseconds(at now: Int64 = MonotonicClock.now) -> Int {
    Int((remaining(at: now) + 999_999) / 1_000_000)
  }

  /// True from the instant on.
  public func isPast(at now: Int64 = MonotonicClock.now) -> Bool { now >= instant }
}

/// A timer on absolute instants: lateness of one wake-up does not move the next.
public struct PeriodicTimer: Sendable {
  /// Time between two wake-ups [ns].
  public let period: Int64
  /// The next wake-up [ns].
  public private(set) var next: Int64
  /// Periods left out because the caller came back after their end.
  public private(set) var overruns: UInt64 = 0

  /// A timer whose first wake-up is one period [ns] after `start`.
  public init(period: Int64, start: Int64 = MonotonicClock.now) {
    precondition(period > 0, "a period of \(period) ns")
    self.period = period
    next = start + period
  }

  /// Sleeps until the next wake-up; returns how late [ns] it came.
  ///
  /// A signal ends the sleep early with a negative lateness and leaves the timer as it was.
  public mutating func wait() -> Int64 {
    _ = realtime_sleep_until(next)
    return advance(at: MonotonicClock.now)
  }

  /// Takes a wake-up that came at `now`: returns its lateness [ns] and moves past the periods lost.
  public mutating func advance(at now: Int64) -> Int64 {
    let lateness = now - next
    guard lateness >= 0 else { return lateness }
    let lost = lateness / period
    overruns += UInt64(lost)
    next += (lost + 1) * period
    return lateness
  }
}
