import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct CommandWatchTests {
  private let tick: Int64 = 1_000_000

  @Test func `silence leads from active to holding to stopped at the stated times`() throws {
    var watch = try watch()
    watch.command(at: 1000 * tick)
    #expect(watch.advance(to: 1000 * tick) == .active)
    #expect(watch.advance(to: 1020 * tick) == .active)
    #expect(watch.advance(to: 1020 * tick + 1) == .holding)
    #expect(watch.advance(to: 1200 * tick) == .holding)
    #expect(watch.advance(to: 1200 * tick + 1) == .stopped)
  }

  @Test func `one long silence is a stop at once`() throws {
    var watch = try watch()
    watch.command(at: 0)
    #expect(watch.advance(to: 3600 * 1000 * tick) == .stopped)
  }

  @Test func `a command ends a hold but not a stop`() throws {
    var watch = try watch()
    watch.command(at: 0)
    #expect(watch.advance(to: 100 * tick) == .holding)
    let taken = watch.command(at: 101 * tick)
    #expect(taken)
    #expect(watch.advance(to: 102 * tick) == .active)
    #expect(watch.advance(to: 400 * tick) == .stopped)
    let refused = !watch.command(at: 401 * tick)
    #expect(refused)
    #expect(watch.advance(to: 402 * tick) == .stopped)
    watch.rearm()
    #expect(watch.advance(to: 403 * tick) == .waiting)
    let again = watch.command(at: 404 * tick)
    #expect(again)
    #expect(watch.advance(to: 405 * tick) == .active)
  }

  @Test(arguments: [1, 2, 3]) func `without commands phases never go back`(seed: UInt64) throws {
    var draws = RandomStream(seed: seed, name: "phases")
    for _ in 0..<200 {
      var watch = try watch()
      watch.command(at: 0)
      var time: Int64 = 0
      var rank = 0
      for _ in 0..<50 {
        time += Int64(draws.uniform() * 20e6)
        let next =
          [CommandWatch.Phase.active, .holding, .stopped]
          .firstIndex(of: watch.advance(to: time)) ?? -1
        #expect(next >= rank)
        rank = next
      }
      #expect(rank == 2 || time <= 200 * tick)
    }
  }

  @Test func `before the first command the first posture is held for as long as it takes`() throws {
    var watch = try watch()
    var draws = RandomStream(seed: 1, name: "waiting")
    var state = draws.armState()
    state.velocity = JointVector()
    state.time = 0
    let home = state.position
    #expect(watch.torque(for: state, last: JointVector()) == state.coriolis)
    state.time = 100_000 * tick
    state.position = state.position + JointVector(repeating: 0.01)
    let back = watch.torque(for: state, last: JointVector()) - state.coriolis
    #expect(back == 50 * (home - state.position))
    #expect(watch.phase == .waiting)
  }

  @Test func `a hold keeps the posture of its first tick and damps`() throws {
    var watch = try watch()
    watch.command(at: 0)
    var draws = RandomStream(seed: 1, name: "hold")
    var state = draws.armState()
    let last = draws.joints(within: 5)
    state.time = 10 * tick
    #expect(watch.torque(for: state, last: last) == last)
    state.time = 30 * tick
    let entry = state
    #expect(watch.torque(for: state, last: last) == state.coriolis - 10 * state.velocity)
    state = draws.armState()
    state.time = 31 * tick
    let expected =
      50 * (entry.position - state.position) - 10 * state.velocity + state.coriolis
    #expect(watch.torque(for: state, last: last) == expected)
    watch.command(at: 32 * tick)
    var later = draws.armState()
    later.velocity = JointVector()
    later.time = 60 * tick
    #expect(watch.torque(for: later, last: last) == later.coriolis)
  }

  @Test(arguments: [1, 2, 3]) func `a damped stop takes energy until the arm stands`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "stop")
    var watch = try watch()
    watch.command(at: 0)
    var state = draws.armState()
    state.time = 300 * tick
    let start = state.velocity.dot(state.velocity)
    for _ in 0..<2000 {
      let torque = watch.torque(for: state, last: draws.joints(within: 50))
      if state.velocity.dot(state.velocity) > 0 { #expect(torque.dot(state.velocity) < 0) }
      state.velocity = state.velocity + 0.001 * torque
      state.time += tick
    }
    #expect(watch.phase == .stopped)
    #expect(state.velocity.dot(state.velocity) < 1e-12 * start)
  }

  @Test func `times in the wrong order are refused`() {
    #expect(throws: SafetyFault.outOfRange(.stopTimeout, value: 0.01, lowest: 0.02, highest: 10)) {
      _ = try CommandWatch(commandTimeout: 0.02, stopTimeout: 0.01, damping: 10)
    }
    #expect(throws: SafetyFault.self) {
      _ = try CommandWatch(commandTimeout: .nan, stopTimeout: 0.01, damping: 10)
    }
    #expect(throws: SafetyFault.self) {
      _ = try CommandWatch(commandTimeout: 0.02, stopTimeout: 0.2, damping: 0)
    }
  }

  private func watch() throws -> CommandWatch {
    try CommandWatch(commandTimeout: 0.02, stopTimeout: 0.2, damping: 10)
  }
}
