import Messages
import Sessions
import Testing

/// What `launch` makes of its processes' heartbeats and figures.
@Suite struct WatchTests {
  private static let second: Int64 = 1_000_000_000
  private let names = [
    ProcessName(.driver), ProcessName(.learner), ProcessName(.reward), ProcessName(actor: 2),
  ]

  /// Heartbeats twice a second of all but one from a time on, whose work a function gives.
  private func watch(
    until end: Int64, silent: ProcessName? = nil, standstillMinutes: Double? = 0.5,
    progress: (ProcessName, Int64) -> UInt64
  ) -> Watch {
    var watch = Watch(silence: 10, standstillMinutes: standstillMinutes, at: 0)
    for half in 0...(2 * end) {
      let now = half * Self.second / 2
      for name in names where !(name == silent && now > 5 * Self.second) {
        watch.note(name, progress: progress(name, now), at: now)
      }
    }
    return watch
  }

  @Test func `who beats and works is not found`() {
    for end in [0, 1, 9, 100, 5000] as [Int64] {
      var watch = watch(until: end) { UInt64($1) }
      #expect(watch.finding(at: end * Self.second) == nil)
    }
  }

  @Test func `whoever falls silent is found, after the silence and not before`() {
    for name in names {
      for end in 6...30 as ClosedRange<Int64> {
        var watch = watch(until: end, silent: name) { UInt64($1) }
        let isFound = end > 15
        #expect(
          watch.finding(at: end * Self.second)
            == (isFound
              ? .silent(name, seconds: Double((end - 5) * Self.second) * 1e-9) : nil))
      }
    }
  }

  @Test func `who was away itself holds it against nobody, and afterwards judges as before`() {
    for away in [2, 9, 11, 3600] as [Int64] {
      var watch = watch(until: 20) { UInt64($1) }
      let back = (20 + away) * Self.second
      for half in 0...18 as ClosedRange<Int64> {
        #expect(watch.finding(at: back + half * Self.second / 2) == nil)
      }
      for name in names.dropFirst() { watch.note(name, progress: 1, at: back + 9 * Self.second) }
      // Of the absence a second counts.
      for half in 18...20 as ClosedRange<Int64> {
        #expect((watch.finding(at: back + half * Self.second / 2) != nil) == (half > 18))
      }
    }
  }

  @Test func `who looks seldom finds silence late, but finds it`() {
    for milliseconds in [100, 500, 1000, 1100, 3000] as [Int64] {
      var watch = watch(until: 20) { UInt64($1) }
      var looks: Int64 = 0
      while watch.finding(at: 20 * Self.second + looks * milliseconds * 1_000_000) == nil {
        looks += 1
        guard looks < 1000 else { return #expect(Bool(false), "nothing is found") }
      }
      #expect((looks - 1) * min(milliseconds, 1000) <= 10_000)
      #expect(looks * min(milliseconds, 1000) > 10_000)
    }
  }

  @Test
  func `a learner that learns nothing is found, and with it who has done nothing for longest`() {
    for stuck in names {
      // The learner waits for whoever is stuck from the third second on.
      let progress = { (name: ProcessName, now: Int64) in
        let limit: Int64 = name == stuck ? 3 : name.role == .learner ? 4 : .max
        return UInt64(min(now, limit &* Self.second < 0 ? now : limit * Self.second))
      }
      var early = watch(until: 33, progress: progress)
      #expect(early.finding(at: 33 * Self.second) == nil)
      var watch = watch(until: 40, progress: progress)
      let learned: Int64 = stuck.role == .learner ? 3 : 4
      #expect(
        watch.finding(at: 40 * Self.second)
          == .standstill(
            seconds: Double((40 - learned) * Self.second) * 1e-9, stillest: stuck))
    }
  }

  @Test func `where nothing need go on, nothing that stands still is found`() {
    var idle = watch(until: 4000, standstillMinutes: nil) { _, _ in 1 }
    #expect(idle.finding(at: 4000 * Self.second) == nil)
    var resting = watch(until: 40) { _, _ in 1 }
    #expect(resting.finding(at: 40 * Self.second) != nil)
    resting.rest(at: 39 * Self.second)
    #expect(resting.finding(at: 40 * Self.second) == nil)
  }

  private func loop(_ role: String, ticks: Int, overruns: Int, missed: Int) -> Status {
    Status(
      role: role,
      values: [("ticks", ticks), ("overruns", overruns), ("missedTorques", missed)].map {
        StatusValue(name: "\(role)/\($0)", value: Double($1))
      })
  }

  @Test(arguments: ["driver", "controller"])
  func `a loop that is late on more than one tick in a hundred is named, once a minute`(
    role: String
  ) {
    for share in [0.0, 0.002, 0.009, 0.012, 0.5, 2] {
      var watch = LagWatch(updatesPerStep: 4)
      var told: [Int] = []
      for second in 0...125 {
        let late = Int((Double(second) * 1000 * share).rounded())
        let status = loop(role, ticks: 1000 * second, overruns: late / 2, missed: late - late / 2)
        let line = watch.line(for: status, at: Int64(second) * Self.second)
        if let line {
          told.append(second)
          #expect(line.contains(role), "\(line)")
        }
      }
      #expect(told == (share > 0.01 ? [5, 65, 125] : []), "\(share)")
    }
  }

  @Test func `a learner that makes fewer updates than it should is named`() {
    for (ratio, isBehind) in [(4.0, false), (3.3, false), (3.1, true), (0.2, true)] {
      var watch = LagWatch(updatesPerStep: 4)
      let status = Status(
        role: "learner", values: [StatusValue(name: "learner/updatesPerStep", value: ratio)])
      let lines = (0..<100).compactMap { watch.line(for: status, at: $0 * Self.second) }
      #expect(lines.count == (isBehind ? 2 : 0))
    }
  }
}
