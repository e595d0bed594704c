import Conformance
import ControlLoop
import Geometry
import Messages
import Randomness
import Testing

@Suite struct SetpointScheduleTests {
  @Test(arguments: [1, 2, 3]) func `at each tick the newest setpoint that is due is in force`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "schedule")
    for _ in 0..<50 {
      var schedule = SetpointSchedule(hold: setpoint(0, 0, &draws))
      var taken: [Setpoint] = []
      var sequence: UInt64 = 0
      for tick in Int64(0)..<100 {
        if draws.uniform() < 0.3 {
          sequence += 1 + UInt64(draws.index(below: 3))
          let next = setpoint(sequence, tick - 2 + Int64(draws.index(below: 12)), &draws)
          try schedule.insert(next)
          taken.append(next)
        }
        let expected = taken.last { $0.effectTick <= tick }
        let found = schedule.setpoint(at: tick)
        // An older setpoint must not come back after a newer one has been in force.
        let newest = taken.filter { $0.effectTick <= tick }.max { $0.sequence < $1.sequence }
        #expect(found.sequence == newest?.sequence ?? 0)
        if let expected { #expect(found == expected) }
      }
      #expect(schedule.newest == sequence)
    }
  }

  @Test func `a duplicate or an older setpoint is refused and changes nothing`() throws {
    var draws = RandomStream(seed: 1, name: "order")
    var schedule = SetpointSchedule(hold: setpoint(0, 0, &draws))
    let fifth = setpoint(5, 3, &draws)
    try schedule.insert(fifth)
    for sequence in [UInt64(0), 1, 4, 5] {
      let late = setpoint(sequence, 4, &draws)
      var refusal: SetpointRefusal?
      do { try schedule.insert(late) } catch { refusal = error }
      #expect(refusal == .outOfOrder(received: sequence, newest: 5))
    }
    #expect(schedule.newest == 5)
    #expect(schedule.setpoint(at: 2).sequence == 0)
    #expect(schedule.setpoint(at: 4) == fifth)
  }

  @Test func `a full schedule refuses until a tick has passed`() throws {
    var draws = RandomStream(seed: 1, name: "full")
    var schedule = SetpointSchedule(hold: setpoint(0, 0, &draws))
    let capacity = SetpointSchedule.capacity
    for i in 1...capacity { try schedule.insert(setpoint(UInt64(i), Int64(i), &draws)) }
    let extra = setpoint(UInt64(capacity + 1), 100, &draws)
    var refusal: SetpointRefusal?
    do { try schedule.insert(extra) } catch { refusal = error }
    #expect(refusal == .full(capacity: capacity))
    #expect(schedule.newest == UInt64(capacity))
    #expect(schedule.setpoint(at: 1).sequence == 1)
    try schedule.insert(extra)
    for i in 2...capacity { #expect(schedule.setpoint(at: Int64(i)).sequence == UInt64(i)) }
    #expect(schedule.setpoint(at: 99).sequence == UInt64(capacity))
    #expect(schedule.setpoint(at: 100) == extra)
  }

  @Test func `a setpoint with a number that is none is refused`() {
    var draws = RandomStream(seed: 1, name: "invalid")
    var schedule = SetpointSchedule(hold: setpoint(0, 0, &draws))
    for spoil in spoilers {
      for bad in [Double.nan, .infinity, -1] {
        var broken = setpoint(1, 0, &draws)
        guard spoil(&broken, bad) else { continue }
        var refusal: SetpointRefusal?
        do { try schedule.insert(broken) } catch { refusal = error }
        #expect(refusal == .invalid(sequence: 1))
      }
    }
    #expect(schedule.newest == 0)
  }

  @Test func `a number that leaves no room for the next is refused`() throws {
    var draws = RandomStream(seed: 1, name: "numbers")
    for bits in [62, 63] {
      var schedule = SetpointSchedule(hold: setpoint(0, 0, &draws))
      let last: UInt64 = 1 << UInt64(bits)
      var refusal: SetpointRefusal?
      do { try schedule.insert(setpoint(last, 0, &draws)) } catch { refusal = error }
      #expect(refusal == .invalid(sequence: last))
      try schedule.insert(setpoint(1 << 62 - 1, 0, &draws))
      #expect(schedule.newest == 1 << 62 - 1)
    }
  }

  @Test func `a setpoint after its tick is taken and counted`() throws {
    var draws = RandomStream(seed: 1, name: "late")
    var schedule = SetpointSchedule(hold: setpoint(0, 0, &draws))
    _ = schedule.setpoint(at: 10)
    try schedule.insert(setpoint(1, 11, &draws))
    #expect(schedule.late == 0)
    try schedule.insert(setpoint(2, 10, &draws))
    #expect(schedule.late == 1)
    #expect(schedule.setpoint(at: 11).sequence == 2)
  }

  @Test func `a ramp goes straight from where the target was to where it goes`() throws {
    var draws = RandomStream(seed: 1, name: "ramp")
    let hold = setpoint(0, 0, &draws)
    var schedule = SetpointSchedule(hold: hold, rampTicks: 10)
    let (first, second) = (setpoint(1, 0, &draws), setpoint(2, 25, &draws))
    let third = setpoint(3, 30, &draws)
    try schedule.insert(first)
    for tick in Int64(0)..<9 {
      expectNear(
        schedule.setpoint(at: tick).baseFromTool,
        hold.baseFromTool.interpolated(
          toward: first.baseFromTool, fraction: Double(tick + 1) / 10))
    }
    for tick in Int64(9)..<25 { #expect(schedule.setpoint(at: tick) == first) }
    try schedule.insert(second)
    try schedule.insert(third)
    for tick in Int64(25)..<30 {
      expectNear(
        schedule.setpoint(at: tick).baseFromTool,
        first.baseFromTool.interpolated(
          toward: second.baseFromTool, fraction: Double(tick - 24) / 10))
    }
    let corner = first.baseFromTool.interpolated(toward: second.baseFromTool, fraction: 0.5)
    for tick in Int64(30)..<39 {
      let target = schedule.setpoint(at: tick)
      #expect(target.sequence == 3)
      expectNear(
        target.baseFromTool,
        corner.interpolated(toward: third.baseFromTool, fraction: Double(tick - 29) / 10))
    }
    #expect(schedule.setpoint(at: 39) == third)
    #expect(schedule.setpoint(at: 40) == third)
  }

  private var spoilers: [(inout Setpoint, Double) -> Bool] {
    [
      {
        $0.compliance.translationalStiffness = $1; return true
      },
      {
        $0.compliance.translationalDamping = $1; return true
      },
      {
        $0.compliance.rotationalStiffness = $1; return true
      },
      {
        $0.compliance.rotationalDamping = $1; return true
      },
      {
        $0.compliance.nullspaceStiffness = $1; return true
      },
      {
        $0.compliance.clipToward.x = $1; return true
      },
      {
        $0.compliance.clipAgainst.y = $1; return true
      },
      {
        $0.compliance.clipRotation.z = $1; return true
      },
      {
        $0.baseFromTool.translation.y = $1; return $1 != -1
      },
      {
        $0.baseFromTool.rotation.vector.z = $1; return $1 != -1
      },
      {
        $0.baseFromTool.rotation.w = $1; return $1 != -1
      },
    ]
  }

  private func expectNear(_ a: Transform<Base, Tool>, _ b: Transform<Base, Tool>) {
    #expect((a.translation - b.translation).length < 1e-12)
    #expect((a.rotation * b.rotation.inverse).rotationVector.length < 1e-12)
  }

  private func setpoint(
    _ sequence: UInt64, _ tick: Int64, _ draws: inout RandomStream
  ) -> Setpoint {
    Setpoint(
      sequence: sequence, effectTick: tick, baseFromTool: draws.pose(),
      compliance: draws.compliance())
  }
}
