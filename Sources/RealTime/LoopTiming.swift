/// How punctual a loop of 1 kHz is: to note something allocates nothing and takes no lock.
public struct LoopTiming: Sendable {
  /// Distance of the time between two wake-ups from the period [ns].
  public private(set) var jitter: LatencyHistogram
  /// From waking to the end of the tick's work [ns]; its overruns are ticks that took a period or more.
  public private(set) var work: LatencyHistogram
  /// From sending a state to holding its torque, over whatever lies between [ns].
  public private(set) var roundTrip: LatencyHistogram
  /// Ticks without a torque in time.
  public private(set) var missed: UInt64 = 0
  /// Heap allocations of this thread within ticks.
  public private(set) var allocations: UInt64 = 0
  /// Locks that this thread asked for within ticks.
  public private(set) var locks: UInt64 = 0
  /// Time between two ticks [ns].
  public let period: Int64
  private var woken: Int64?
  private var before: (allocations: UInt64, locks: UInt64) = (0, 0)
  private var asked: Int64 = 0
  private var reported: Int64

  /// The timing of a loop whose ticks come every `period` [ns].
  public init(period: Int64, from start: Int64 = MonotonicClock.now) {
    self.period = period
    jitter = LatencyHistogram(budget: period / 2)
    work = LatencyHistogram(budget: period - 1)
    roundTrip = LatencyHistogram(budget: period - 1)
    reported = start
  }

  /// A tick begins.
  public mutating func noteWake(at now: Int64 = MonotonicClock.now) {
    if let woken { jitter.record(abs(now - woken - period)) }
    woken = now
    before = (AllocationCount.total, LockCount.total)
  }

  /// The state of the tick is about to be sent.
  public mutating func noteAsk(at now: Int64 = MonotonicClock.now) { asked = now }

  /// The torque of the tick is there.
  public mutating func noteAnswer(at now: Int64 = MonotonicClock.now) {
    roundTrip.record(now - asked)
  }

  /// The torque of the tick did not come in time.
  public mutating func noteMiss() { missed += 1 }

  /// The work of the tick is done.
  public mutating func noteEnd(at now: Int64 = MonotonicClock.now) {
    guard let woken else { return }
    work.record(now - woken)
    allocations += AllocationCount.total - before.allocations
    locks += LockCount.total - before.locks
  }

  /// True once a second.
  public mutating func isReportDue(at now: Int64 = MonotonicClock.now) -> Bool {
    guard now - reported >= 1_000_000_000 else { return false }
    reported = now
    return true
  }
}
