import Glibc
import RealTime
import Testing

@Suite struct LoopTimingTests {
  private let period: Int64 = 1_000_000

  @Test func `jitter is the distance from the period, early or late`() {
    var timing = LoopTiming(period: period, from: 0)
    for wake in [0, 1_000_000, 2_000_010, 2_999_990, 4_000_000] as [Int64] {
      timing.noteWake(at: wake)
    }
    // 0, 10, 20 and 10 ns off.
    #expect(timing.jitter.count == 4 && timing.jitter.max == 20)
    #expect(timing.jitter.quantile(0.25) == 0 && timing.jitter.p50 == 10)
  }

  @Test func `work runs from waking, and a whole period of it is an overrun`() {
    var timing = LoopTiming(period: period, from: 0)
    timing.noteEnd(at: 50)
    #expect(timing.work.count == 0)
    for (wake, work) in [(0, 10), (1_000_000, 999_999), (2_000_000, 1_000_000)] as [(Int64, Int64)]
    {
      timing.noteWake(at: wake)
      timing.noteEnd(at: wake + work)
    }
    #expect(timing.work.count == 3 && timing.work.max == 1_000_000 && timing.work.overruns == 1)
  }

  @Test func `round trips and misses are counted apart`() {
    var timing = LoopTiming(period: period, from: 0)
    for tick in Int64(0)..<10 {
      timing.noteWake(at: tick * period)
      timing.noteAsk(at: tick * period + 5)
      if tick % 5 == 4 { timing.noteMiss() } else { timing.noteAnswer(at: tick * period + 12) }
      timing.noteEnd(at: tick * period + 20)
    }
    #expect(timing.roundTrip.count == 8 && timing.roundTrip.max == 7)
    #expect(timing.missed == 2 && timing.work.count == 10)
  }

  @Test func `a report is due once a second`() {
    var timing = LoopTiming(period: period, from: 0)
    let due = stride(from: Int64(0), through: 5_000_000_000, by: 100_000_000).filter {
      timing.isReportDue(at: $0)
    }
    #expect(due == (1...5).map { Int64($0) * 1_000_000_000 })
  }

  @Test func `what a tick allocates and locks is counted, and nothing between ticks`() {
    var timing = LoopTiming(period: period, from: 0)
    var lock = pthread_mutex_t()
    pthread_mutex_init(&lock, nil)
    defer { pthread_mutex_destroy(&lock) }
    var (kept, taken): (UnsafeMutableRawPointer?, Int) = (nil, 0)
    func take(_ count: Int) {
      for _ in 0..<count {
        pthread_mutex_lock(&lock)
        pthread_mutex_unlock(&lock)
        kept = UnsafeMutableRawPointer.allocate(byteCount: 64 + taken, alignment: 8)
        kept?.deallocate()
        taken += 1
      }
    }
    for tick in Int64(0)..<10 {
      take(3)
      timing.noteWake(at: tick * period)
      take(2)
      timing.noteEnd(at: tick * period + 20)
    }
    #expect(timing.locks == 20 && timing.allocations == 20 && taken == 50)
  }

  @Test func `to note a tick allocates nothing and takes no lock`() {
    let locks = LockCount.total

    var timing = LoopTiming(period: period)
    let allocations = AllocationCount.during {
      for _ in 0..<1000 {
        timing.noteWake()
        timing.noteAsk()
        timing.noteAnswer()
        timing.noteEnd()
        _ = timing.isReportDue()
      }
    }
    #expect(allocations == 0 && timing.work.count == 1000 && LockCount.total == locks)
    #expect(timing.allocations == 0 && timing.locks == 0)
  }
}

@Suite struct ProcessorsTests {
  @Test func `isolated processors come first, in their order`() {
    let best = { Processors.best(forRank: $0, isolated: [6, 7], interrupts: [], count: 8) }
    #expect(best(0) == 6 && best(1) == 7 && best(2) == nil)
    #expect(Processors.best(forRank: 1, isolated: [1], interrupts: [], count: 2) == nil)
  }

  @Test(arguments: 1..<4) func `few processors are shared`(count: Int) {
    #expect(Processors.best(forRank: 0, isolated: [], interrupts: [0, 0, 0], count: count) == nil)
  }

  @Test func `else those with the fewest interrupts, never the first`() {
    let interrupts: [UInt64] = [0, 900, 5, 5, 70]
    let ranks = (0..<5).map {
      Processors.best(forRank: $0, isolated: [], interrupts: interrupts, count: 5)
    }
    #expect(ranks == [3, 2, 4, 1, nil])
    #expect(Processors.best(forRank: 0, isolated: [], interrupts: [], count: 8) == 7)
  }

  @Test func `the kernel's lists are read, and what is none is passed over`() {
    #expect(Processors.numbers(of: "2-3,6\n") == [2, 3, 6])
    #expect(Processors.numbers(of: "\n") == [] && Processors.numbers(of: "3-2,x,-1,9999") == [])
  }

  @Test func `interrupts are those of devices`() {
    let text = """
                 CPU0       CPU1
       24:          1          0  IO-APIC   5-edge      ACPI:Ged
       25:         30          4  IO-APIC   6-edge      eth0
      LOC:      90000      80000  Local timer interrupts
      """
    #expect(Processors.deviceInterrupts(in: text) == [31, 4])
    #expect(Processors.deviceInterrupts(in: "").isEmpty)
  }

  @Test func `a processor that is not there is refused`() {
    let refusal = RealTimeFault.refused(call: .setAffinity, errno: 22)
    #expect(throws: refusal) { try RealTimeThread.pin(to: 100_000) }
    #expect(throws: refusal) { try RealTimeThread.pin(to: -1) }
    #expect(RealTimeThread.processor >= 0)
  }
}
