import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct SafetyFilterTests {
  static let seeds: [UInt64] = [1, 2, 3]

  @Test(arguments: seeds) func `whatever is asked, what is sent keeps torque and rate`(seed: UInt64)
    throws
  {
    let filter = try Panda.filter(rate: 1000)
    var draws = RandomStream(seed: seed, name: "anything")
    let extremes = [0, 1, 100, 1e6, 1e300, Double.infinity, .nan, .greatestFiniteMagnitude]
    func factor() -> Double { extremes[draws.index(below: extremes.count)] }
    var last = JointVector()
    for _ in 0..<2000 {
      var state = draws.armState()
      state.position = factor() * state.position
      state.velocity = factor() * state.velocity
      if draws.uniform() < 0.3 { state.jacobian[2, 3] = factor() }
      let asked = factor() * draws.joints(within: 1)
      let safe = filter.admit(asked, for: state, last: last)
      #expect(safe.allowed.isFinite)
      for i in 0..<7 {
        #expect(abs(safe.allowed[i]) <= Panda.torque[i])
        #expect(abs(safe.allowed[i] - last[i]) <= 1 + 1e-12)
      }
      last = safe.allowed
    }
  }

  @Test(arguments: seeds) func `an ordinary torque passes bit by bit`(seed: UInt64) throws {
    let filter = try Panda.filter(rate: 1000)
    var draws = RandomStream(seed: seed, name: "ordinary")
    for _ in 0..<1000 {
      let state = quiet(&draws)
      let asked = draws.joints(within: 10)
      let last = asked + draws.joints(within: 0.9)
      let safe = filter.admit(asked, for: state, last: last)
      #expect(safe.allowed == asked)
      #expect(safe.asked == asked)
      #expect(safe.events.isEmpty)
    }
  }

  @Test(arguments: seeds) func `any change of a torque is reported, and only then`(seed: UInt64)
    throws
  {
    let filter = try Panda.filter(rate: 3000)
    var draws = RandomStream(seed: seed, name: "report")
    for _ in 0..<1000 {
      var state = quiet(&draws)
      if draws.uniform() < 0.2 { state.velocity = draws.joints(within: 3) }
      if draws.uniform() < 0.2 { state.position = draws.joints(within: 3) }
      let asked = draws.joints(within: draws.uniform() < 0.5 ? 5 : 30)
      let safe = filter.admit(asked, for: state, last: draws.joints(within: 3))
      if safe.allowed != safe.asked { #expect(!safe.events.isEmpty) }
      if safe.events.isEmpty { #expect(safe.allowed == safe.asked) }
    }
  }

  @Test(arguments: 0..<7) func `a joint beyond its margin is pushed back`(joint: Int) throws {
    let filter = try Panda.filter()
    var draws = RandomStream(seed: UInt64(joint), name: "limit")
    for side in [1.0, -1.0] {
      let limit = side > 0 ? Panda.upper[joint] : Panda.lower[joint]
      for _ in 0..<200 {
        var state = quiet(&draws)
        // At the limit or beyond it, whatever the law asks, the sent torque points back.
        state.position[joint] = limit + side * 0.2 * draws.uniform()
        let asked = draws.joints(within: 80)
        let safe = filter.admit(asked, for: state, last: JointVector())
        #expect(side * safe.allowed[joint] < 0)
        #expect(safe.events.contains(.jointPosition))
        // Within the margin, no outward torque grows.
        state.position[joint] = limit - side * 0.1 * draws.uniform()
        let weak = draws.joints(within: 12)
        let inside = filter.admit(weak, for: state, last: JointVector())
        #expect(side * inside.allowed[joint] <= side * weak[joint])
      }
    }
  }

  @Test func `the push off a position limit sets in without a jump`() throws {
    let filter = try Panda.filter()
    var state = ArmState()
    state.position = Panda.middle
    let asked = JointVector(repeating: 5)
    state.position[0] = Panda.upper[0] - 0.1 + 1e-9
    let safe = filter.admit(asked, for: state, last: asked)
    #expect(abs(safe.allowed[0] - 5) < 1e-6)
    #expect(safe.events == .jointPosition)
  }

  @Test(arguments: 0..<7) func `a joint at its speed limit is never driven on`(joint: Int) throws {
    let filter = try Panda.filter()
    var draws = RandomStream(seed: UInt64(joint), name: "speed")
    for side in [1.0, -1.0] {
      for _ in 0..<200 {
        var state = quiet(&draws)
        state.jacobian = Jacobian()
        state.velocity[joint] = side * Panda.velocity[joint] * (1 + draws.uniform())
        let asked = draws.joints(within: 80)
        let safe = filter.admit(asked, for: state, last: JointVector())
        #expect(side * safe.allowed[joint] < 0)
        #expect(safe.events.contains(.jointVelocity))
        state.velocity[joint] = side * Panda.velocity[joint] * (0.9 + 1e-10)
        let onset = filter.admit(asked, for: state, last: JointVector()).allowed[joint]
        let open = min(max(asked[joint], -Panda.torque[joint]), Panda.torque[joint])
        #expect(abs(onset - open) < 1e-6)
      }
    }
  }

  @Test(arguments: seeds) func `a tool above its speed limit gets no power`(seed: UInt64) throws {
    let limits = try Panda.limits(
      velocity: .init(repeating: 100, count: 7), torque: .init(repeating: 1e6, count: 7), rate: 1e9)
    let filter = try SafetyFilter(
      limits: SafetyLimits(joints: limits, toolSpeed: 0.5), stopDamping: 10, period: 0.001)
    var draws = RandomStream(seed: seed, name: "tool")
    for _ in 0..<1000 {
      var state = draws.armState()
      state.position = Panda.middle
      let speed = state.jacobian.twist(of: state.velocity).linear.length
      state.velocity = (0.5 * (1.0001 + draws.uniform()) / speed) * state.velocity
      let asked = draws.joints(within: 50)
      let safe = filter.admit(asked, for: state, last: JointVector())
      #expect(safe.allowed.dot(state.velocity) < 0)
      #expect(safe.events.contains(.toolSpeed))
      state.velocity = (0.3749 / (0.5 * 2)) * state.velocity
      if state.jacobian.twist(of: state.velocity).linear.length < 0.375 {
        #expect(filter.admit(asked, for: state, last: JointVector()).allowed == asked)
      }
    }
  }

  @Test(arguments: 0..<7) func `a number that is none brings a damped stop`(joint: Int) throws {
    let filter = try Panda.filter()
    var draws = RandomStream(seed: UInt64(joint), name: "nan")
    for bad in [Double.nan, .infinity, -.infinity] {
      let state = quiet(&draws)
      var asked = draws.joints(within: 5)
      asked[joint] = bad
      let safe = filter.admit(asked, for: state, last: JointVector())
      #expect(safe.allowed == -10 * state.velocity)
      #expect(safe.events == .notFinite)
      var broken = state
      broken.position[joint] = bad
      let stopped = filter.admit(JointVector(), for: broken, last: JointVector())
      #expect(stopped.allowed == -10 * state.velocity)
      broken = state
      broken.jacobian[joint % 6, joint] = bad
      #expect(
        filter.admit(JointVector(), for: broken, last: JointVector()).allowed
          == -10 * state.velocity)
      broken = state
      broken.velocity[joint] = bad
      let blind = filter.admit(JointVector(), for: broken, last: JointVector())
      #expect(blind.allowed[joint] == 0)
      #expect(blind.events.contains(.notFinite))
    }
  }

  @Test func `the rate counts from the torque sent last`() throws {
    let filter = try Panda.filter(rate: 1000)
    var state = ArmState()
    state.position = Panda.middle
    let last = JointVector { Double($0) }
    let up = filter.admit(JointVector(repeating: 11), for: state, last: last)
    #expect(up.allowed == JointVector { Double($0) + 1 })
    #expect(up.events == .torqueRate)
    let down = filter.admit(JointVector(repeating: -11), for: state, last: last)
    #expect(down.allowed == JointVector { Double($0) - 1 })
    let wild = filter.admit(
      JointVector(repeating: 11), for: state, last: JointVector(repeating: .nan))
    #expect(wild.allowed == JointVector(repeating: 1))
    let far = filter.admit(JointVector(), for: state, last: JointVector(repeating: 1e3))
    #expect(far.allowed == JointVector { Panda.torque[$0] - 1 })
  }

  @Test(arguments: seeds) func `no torques within a seventh of the limits leave the range`(
    seed: UInt64
  ) throws {
    // Seven joints without friction, with inertias like the Panda's, under torques held for 0.2 s.
    // Beyond that the torque rate, which comes last, may be too slow to brake.
    let filter = try Panda.filter(rate: 1000)
    let inertia = [2, 2, 1.5, 1.2, 0.3, 0.3, 0.15]
    var draws = RandomStream(seed: seed, name: "push")
    var state = ArmState()
    state.position = Panda.middle
    var last = JointVector()
    var asked = JointVector()
    var events = SafetyEvents()
    for tick in 0..<20_000 {
      if tick % 200 == 0 {
        let share = draws.joints(within: 1.0 / 7)
        asked = JointVector { share[$0] * Panda.torque[$0] }
      }
      let safe = filter.admit(asked, for: state, last: last)
      last = safe.allowed
      events.formUnion(safe.events)
      state.velocity = state.velocity + 0.001 * JointVector { last[$0] / inertia[$0] }
      state.position = state.position + 0.001 * state.velocity
      for i in 0..<7 {
        #expect(state.position[i] > Panda.lower[i] && state.position[i] < Panda.upper[i])
        #expect(abs(state.velocity[i]) < 1.05 * Panda.velocity[i])
      }
    }
    #expect(events.isSuperset(of: [.jointPosition, .jointVelocity, .torqueRate]))
  }

  @Test func `limits that no arm has are refused`() throws {
    #expect(throws: SafetyFault.invalidLimit(.velocity, joint: 2, value: 0)) {
      var velocity = Panda.velocity
      velocity[2] = 0
      _ = try Panda.limits(velocity: velocity)
    }
    #expect(throws: SafetyFault.invalidLimit(.position, joint: 6, value: 5)) {
      var lower = Panda.lower
      lower[6] = 5
      _ = try Panda.limits(lower: lower)
    }
    #expect(throws: SafetyFault.invalidLimit(.torqueRate, joint: 0, value: .infinity)) {
      _ = try Panda.limits(rate: .infinity)
    }
    let limits = try Panda.limits()
    #expect(throws: SafetyFault.outOfRange(.toolSpeed, value: -1, lowest: 1e-3, highest: 10)) {
      _ = try SafetyFilter(
        limits: SafetyLimits(joints: limits, toolSpeed: -1), stopDamping: 10, period: 0.001)
    }
  }

  /// An arm well inside all its limits.
  private func quiet(_ draws: inout RandomStream) -> ArmState {
    var state = draws.armState()
    state.position = Panda.middle + draws.joints(within: 1)
    state.velocity = draws.joints(within: 0.05)
    return state
  }
}
