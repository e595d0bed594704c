import CRealtime
import Foundation
import Glibc
import RealTime
import Testing

@Suite(.serialized) struct RealTimeTests {
  @Test func `the clock never goes back`() {
    var last = MonotonicClock.now
    for _ in 0..<10_000 {
      let now = MonotonicClock.now
      #expect(now >= last)
      last = now
    }
    #expect(last > 0)
  }

  @Test func `a deadline has passed from its instant on`() {
    let deadline = Deadline(in: 1_500_000, from: 10)
    #expect(deadline.instant == 1_500_010)
    #expect(deadline.remaining(at: 10) == 1_500_000)
    #expect(deadline.remainingMilliseconds(at: 10) == 2)
    #expect(deadline.remaining(at: 2_000_000) == 0)
    #expect(!deadline.isPast(at: 1_500_009))
    #expect(deadline.isPast(at: 1_500_010))
  }

  @Test func `a periodic timer keeps its grid and counts the periods it lost`() {
    var timer = PeriodicTimer(period: 100, start: 0)
    #expect(timer.advance(at: 99) == -1)
    #expect(timer.next == 100)
    #expect(timer.advance(at: 130) == 30)
    #expect(timer.next == 200)
    #expect(timer.advance(at: 200) == 0)
    #expect(timer.next == 300)
    #expect(timer.advance(at: 555) == 255)
    #expect(timer.next == 600)
    #expect(timer.overruns == 2)
  }

  @Test func `a wake-up is never before its instant`() {
    var timer = PeriodicTimer(period: 200_000)
    for _ in 0..<10 {
      let expected = timer.next
      if timer.wait() >= 0 { #expect(MonotonicClock.now >= expected) }
    }
  }

  @Test func `allocations of this thread are counted, others are not`() {
    var list: [Int] = []
    #expect(AllocationCount.during { list.reserveCapacity(100) } >= 1)
    #expect(AllocationCount.during { for _ in 0..<50 { use(malloc(10)) } } == 50)
    #expect(AllocationCount.during { use(calloc(2, 8)) } == 1)
    #expect(AllocationCount.during { use(realloc(nil, 8)) } == 1)
    #expect(AllocationCount.during { use(aligned_alloc(64, 128)) } == 1)
    var sum = InlineArray<7, Double>(repeating: 1)
    #expect(AllocationCount.during { for i in 0..<7 { sum[i] += Double(list.count) } } == 0)
  }

  @Test func `an aligned block is aligned and a bad alignment is refused`() {
    var block: UnsafeMutableRawPointer?
    #expect(AllocationCount.during { _ = posix_memalign(&block, 256, 100) } == 1)
    #expect(block.map { UInt(bitPattern: $0) % 256 } == 0)
    free(block)
    #expect(posix_memalign(&block, 24, 100) == EINVAL)
    #expect(posix_memalign(&block, 4, 100) == EINVAL)
  }

  @Test func `one signal asks to finish, two to stop now`() throws {
    let stop = try StopSignal()
    let before = stop.count
    kill(getpid(), SIGTERM)
    kill(getpid(), SIGINT)
    let deadline = Deadline(in: 5_000_000_000)
    while stop.count < before + 2, !deadline.isPast() { usleep(100) }
    #expect(stop.count == before + 2)
    #expect(StopSignal.request(count: 0) == .none)
    #expect(StopSignal.request(count: 1) == .finish)
    #expect(StopSignal.request(count: 2) == .stopNow)
    #expect(StopSignal.request(count: 9) == .stopNow)
  }

  @Test func `a process learns that its parent is gone or will be told`() throws {
    defer { _ = realtime_set_parent_death_signal(0) }
    try ParentWatch.dieWithParent(ParentWatch.parent)
    #expect(realtime_parent_death_signal() == SIGTERM)
    try ParentWatch.dieWithParent(ParentWatch.parent, by: .kill)
    #expect(realtime_parent_death_signal() == SIGKILL)
    let gone = RealTimeFault.parentGone(expected: -7, found: ParentWatch.parent)
    #expect(throws: gone) { try ParentWatch.dieWithParent(-7) }
  }

  @Test func `a latch holds whoever waits until it is closed, and nobody after that`() {
    let (latch, answer) = (Latch(), Latch())
    for wait in [0, 3_000_000, 30_000_000] as [Int64] {
      let start = MonotonicClock.now
      #expect(!latch.wait(upTo: wait))
      #expect(MonotonicClock.now - start >= wait)
    }
    Thread.detachNewThread {
      if latch.wait(upTo: 60_000_000_000) { answer.close() }
    }
    latch.close()
    #expect(answer.wait(upTo: 60_000_000_000))
    for _ in 0..<3 { #expect(latch.wait(upTo: 0) && answer.wait(upTo: 1_000_000_000)) }
  }

  @Test func `a refused request says which and why`() {
    let refusal = RealTimeFault.refused(call: .setScheduler, errno: EINVAL)
    #expect(throws: refusal) { try RealTimeThread.useFIFO(priority: 1000) }
  }
}

/// Frees a block after a use that the optimiser cannot see through, so that it keeps the allocation.
@inline(never) @_optimize(none) private func use(_ block: UnsafeMutableRawPointer?) { free(block) }
