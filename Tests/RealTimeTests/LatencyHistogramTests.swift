import RealTime
import Testing

@Suite struct LatencyHistogramTests {
  @Test(arguments: [1, 2, 3]) func `a quantile is the true one or at most a sixteenth above`(
    seed: UInt64
  ) {
    var state = seed
    var all: [Int64] = []
    var histogram = LatencyHistogram(budget: 1_000_000)
    for _ in 0..<5000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // Any magnitude from 1 ns to about 4 s.
      let duration = Int64(state >> 33) >> Int64(state >> 20 & 31)
      all.append(duration)
      histogram.record(duration)
    }
    all.sort()
    for fraction in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
      let rank = max(1, Int((fraction * Double(all.count)).rounded(.up)))
      let exact = all[rank - 1]
      let found = histogram.quantile(fraction)
      #expect(found >= exact)
      #expect(found <= exact + exact / 16)
    }
    #expect(histogram.max == all.last)
    #expect(histogram.count == 5000)
    #expect(histogram.overruns == UInt64(all.filter { $0 > 1_000_000 }.count))
    #expect(histogram.p50 == histogram.quantile(0.5))
    #expect(histogram.p99 == histogram.quantile(0.99))
    #expect(histogram.p999 == histogram.quantile(0.999))
  }

  @Test func `durations beyond all buckets and below zero are kept`() {
    var histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == 0)
    histogram.record(-5)
    #expect(histogram.quantile(1) == 0)
    histogram.record(.max)
    #expect(histogram.max == .max)
    #expect(histogram.quantile(1) > 1 << 40)
  }

  @Test func `merging is recording both`() {
    var (a, b, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    for i in 0..<1000 {
      let duration = Int64(i * i)
      if i % 3 == 0 { a.record(duration) } else { b.record(duration) }
      both.record(duration)
    }
    a.merge(b)
    for fraction in [0.1, 0.5, 0.99, 1] { #expect(a.quantile(fraction) == both.quantile(fraction)) }
    #expect(a.count == both.count)
    #expect(a.max == both.max)
  }

  @Test func `recording allocates nothing`() {
    var histogram = LatencyHistogram()
    // The first use of a generic type may allocate its description, once per process.
    for i in 0..<10 { histogram.record(Int64(i)) }
    #expect(AllocationCount.during { for i in 0..<1000 { histogram.record(Int64(i)) } } == 0)
    #expect(histogram.count == 1010)
  }
}
