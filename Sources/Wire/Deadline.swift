/// The latest moment of a wait, on the machine's monotonic clock.
struct Deadline {
  private let instant: ContinuousClock.Instant

  /// A moment so much later than now.
  init(after duration: Duration) { instant = ContinuousClock.now + duration }

  private init(at instant: ContinuousClock.Instant) { self.instant = instant }

  /// This moment, or the one so much later than now, whichever is sooner.
  func orSooner(in duration: Duration) -> Deadline {
    Deadline(at: min(instant, ContinuousClock.now + duration))
  }

  /// Whether the moment is over.
  var isOver: Bool { ContinuousClock.now >= instant }

  /// Time left, none once the moment is over.
  var left: Duration { max(.zero, instant - ContinuousClock.now) }

  /// Time left, rounded up, between zero and `most` [ms].
  func milliseconds(atMost most: Int) -> Int {
    max(0, min(most, (instant - ContinuousClock.now).millisecondsRoundedUp))
  }
}

extension Duration {
  /// Whole milliseconds that are at least as long.
  var millisecondsRoundedUp: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
