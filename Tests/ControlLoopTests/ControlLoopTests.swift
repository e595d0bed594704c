import Conformance
import ControlLoop
import ControlSlots
import Geometry
import ImpedanceControl
import Messages
import Randomness
import RealTime
import Safety
import Testing

@Suite struct ControlLoopTests {
  @Test(arguments: [1, 2, 3]) func `a step is schedule, law and filter in turn`(seed: UInt64) throws
  {
    var draws = RandomStream(seed: seed, name: "composition")
    let filter = try filter()
    let gains = draws.compliance()
    var loop = ControlLoop(law: CartesianImpedance(), filter: filter, hold: gains)
    var law = CartesianImpedance()
    var last = JointVector()
    var inForce: Setpoint?
    for k in Int64(0)..<300 {
      var state = draws.armState()
      state.tick = k
      if k == 0 { law.start(at: state) }
      if k % 10 == 5 {
        let next = Setpoint(
          sequence: UInt64(k), effectTick: k, baseFromTool: draws.pose(), compliance: gains)
        try loop.receive(next)
        inForce = next
      }
      if inForce == nil, k == 0 {
        inForce = Setpoint(
          sequence: 0, effectTick: 0, baseFromTool: state.baseFromTool, compliance: gains)
      }
      let goal = try #require(inForce)
      let asked = law.torque(for: state, toward: goal)
      let safe = filter.admit(asked, for: state, last: last)
      let command = loop.step(state)
      #expect(command.torque == safe.allowed)
      #expect(command.tick == k)
      #expect(command.setpoint == goal.sequence)
      #expect(loop.last == safe)
      last = safe.allowed
    }
    #expect(loop.interventions > 0)
    #expect(loop.newestSetpoint == 295)
  }

  @Test(arguments: [1, 2, 3, 4], [0, 7, 40] as [Int64])
  func `a loop goes on from another's snapshot as that one does`(seed: UInt64, ramp: Int64) throws {
    var draws = RandomStream(seed: seed, name: "snapshot")
    let gains = draws.compliance()
    var loop = ControlLoop(
      law: CartesianImpedance(), filter: try filter(), hold: gains, rampTicks: ramp)
    var other = ControlLoop(
      law: CartesianImpedance(), filter: try filter(), hold: draws.compliance(), rampTicks: ramp)
    _ = other.step(draws.armState())
    let snapshotAt = Int64(draws.index(below: 200))
    for k in Int64(0)..<300 {
      if k == snapshotAt {
        let isRestored = other.restore(loop.snapshot)
        #expect(isRestored)
        let same = other.snapshot == loop.snapshot
        #expect(same)
      }
      var state = draws.armState()
      state.tick = k
      if k % 10 == 5 {
        let next = Setpoint(
          sequence: UInt64(k), effectTick: k + Int64(draws.index(below: 30)),
          baseFromTool: draws.pose(), compliance: gains)
        try loop.receive(next)
        if k >= snapshotAt { try other.receive(next) }
      }
      let command = loop.step(state)
      if k >= snapshotAt { #expect(other.step(state) == command) }
    }
    #expect(other.interventions == loop.interventions)
  }

  @Test func `a snapshot that no loop gives is refused, and changes nothing`() throws {
    var draws = RandomStream(seed: 5, name: "foreign")
    var loop = try makeLoop(draws.compliance())
    _ = loop.step(draws.armState())
    let before = loop.snapshot
    var foreign = before
    foreign.lawMemory = [1, 2]
    var isRestored = loop.restore(foreign)
    #expect(!isRestored)
    foreign = before
    foreign.schedule.current.compliance.translationalStiffness = -1
    isRestored = loop.restore(foreign)
    #expect(!isRestored)
    foreign = before
    let late = Setpoint(
      sequence: 9, effectTick: 1, baseFromTool: draws.pose(), compliance: draws.compliance())
    foreign.schedule.newest = 9
    foreign.schedule.waiting = [late, late]
    isRestored = loop.restore(foreign)
    #expect(!isRestored)
    // Ticks that would trap later: none after the last number, none before what was asked for.
    for (last, asked) in [(Int64.max, 0), (5, 6), (nil, 0)] as [(Int64?, Int64)] {
      foreign = before
      foreign.lastTick = last
      foreign.schedule.lastTick = asked
      isRestored = loop.restore(foreign)
      #expect(!isRestored, "last \(String(describing: last)), asked \(asked)")
    }
    let isUnchanged = loop.snapshot == before
    #expect(isUnchanged)
  }

  @Test func `interventions are told once, the newest ones when there are too many`() throws {
    var draws = RandomStream(seed: 6, name: "told")
    var loop = try makeLoop(draws.compliance())
    var expected: [Int64] = []
    for k in Int64(0)..<3000 {
      var state = draws.armState()
      state.tick = k
      _ = loop.step(state)
      if !loop.last.events.isEmpty { expected.append(k) }
    }
    let told = loop.takeInterventions()
    #expect(expected.count > SafetyInterventions.most)
    #expect(told.interventions.map(\.tick) == Array(expected.suffix(SafetyInterventions.most)))
    #expect(told.untold == UInt64(expected.count - SafetyInterventions.most))
    #expect(told.interventions.last?.allowed == loop.last.allowed || loop.last.events.isEmpty)
    let again = loop.takeInterventions()
    #expect(again == SafetyInterventions())
  }

  @Test func `before the first setpoint the first pose is held`() throws {
    var draws = RandomStream(seed: 1, name: "hold")
    var loop = try makeLoop(draws.compliance())
    var state = still(&draws)
    #expect(loop.step(state).torque == JointVector())
    state.tick = 1
    state.baseFromTool.translation.z -= 0.001
    let command = loop.step(state)
    #expect(command.setpoint == 0)
    // The tool sank: the torque works upward.
    let up = Wrench<Base>(force: Vector3(0, 0, 1))
    #expect(command.torque.dot(state.jacobian.torque(of: up)) > 0)
  }

  @Test func `a tick waits for the setpoint that it requires`() throws {
    var draws = RandomStream(seed: 1, name: "required")
    var loop = try makeLoop(draws.compliance())
    var state = still(&draws)
    expectComputable(loop, state, true)
    state.requiredSetpoint = 2
    expectComputable(loop, state, false)
    for sequence in [UInt64(1), 2] {
      try loop.receive(
        Setpoint(
          sequence: sequence, effectTick: 5, baseFromTool: draws.pose(),
          compliance: draws.compliance()))
      expectComputable(loop, state, sequence == 2)
    }
    #expect(loop.step(state).setpoint == 0)
    expectComputable(loop, state, false)
    state.tick = 5
    expectComputable(loop, state, true)
    #expect(loop.step(state).setpoint == 2)
  }

  @Test func `after ticks without us the rate counts from the torque that acted`() throws {
    var draws = RandomStream(seed: 1, name: "gap")
    var loop = try makeLoop(draws.compliance())
    var state = still(&draws)
    _ = loop.step(state)
    state.tick = 10
    state.torque = JointVector(repeating: 5)
    #expect(loop.step(state).torque == JointVector(repeating: 4))
    #expect(loop.last.events == .torqueRate)
    state.tick = 11
    #expect(loop.step(state).torque == JointVector(repeating: 3))
  }

  @Test(arguments: [1, 2, 3]) func `no finite or broken state makes an unsafe torque`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "broken")
    var loop = try makeLoop(draws.compliance())
    let odd = [Double.nan, .infinity, -.infinity, 1e308, 1e30, 0]
    var last: JointVector?
    for k in Int64(0)..<500 {
      var state = draws.armState()
      state.tick = k
      if k == 0 { state.velocity = JointVector() }
      switch draws.index(below: 6) {
      case 0: state.velocity[draws.index(below: 7)] = odd[draws.index(below: odd.count)]
      case 1: state.position[draws.index(below: 7)] = odd[draws.index(below: odd.count)]
      case 2: state.jacobian.values[draws.index(below: 42)] = odd[draws.index(below: odd.count)]
      case 3: state.baseFromTool.translation.x = odd[draws.index(below: odd.count)]
      case 4: state.coriolis[draws.index(below: 7)] = odd[draws.index(below: odd.count)]
      default: break
      }
      let torque = loop.step(state).torque
      #expect(torque.isFinite)
      for i in 0..<7 {
        #expect(abs(torque[i]) <= (i < 4 ? 87 : 12))
        if let last { #expect(abs(torque[i] - last[i]) <= 1 + 1e-12) }
      }
      last = torque
    }
  }

  @Test func `a step allocates nothing and takes no lock`() throws {
    var draws = RandomStream(seed: 1, name: "allocations")
    var loop = try makeLoop(draws.compliance())
    var command = JointTorque()
    var state = draws.armState()
    // The first steps may allocate descriptions of generic types, once per process.
    for k in 0..<20 {
      state.tick = Int64(k)
      command = loop.step(state)
    }
    try loop.receive(
      Setpoint(
        sequence: 1, effectTick: 50, baseFromTool: draws.pose(), compliance: draws.compliance()))
    let locks = LockCount.total
    let allocations = AllocationCount.during {
      for k in 20..<120 {
        state.tick = Int64(k)
        state.velocity[0] = k % 7 == 0 ? 3 : 0
        state.position[1] = k % 5 == 0 ? 1.75 : 0
        command = loop.step(state)
      }
    }
    #expect(allocations == 0 && LockCount.total == locks)
    #expect(command.tick == 119)
    #expect(command.setpoint == 1)
  }

  /// The whole of a tick in this process, but the sockets: encoding, decoding, schedule, law, safety,
  /// timing, and what the driver makes of the torque.
  @Test func `a tick from the driver's state to its torque allocates nothing and takes no lock`()
    throws
  {
    var draws = RandomStream(seed: 2, name: "allocations")
    var loop = try makeLoop(draws.compliance())
    var timing = LoopTiming(period: 1_000_000)
    var guarded = DriverGuard(
      try DriverMachine(commandTimeout: 0.02, stopTimeout: 0.2, damping: 10), try filter())
    guarded.note(.opened, at: 0, because: "a session opened")
    let wire = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(ArmState.encodedLength, JointTorque.encodedLength), alignment: 16)
    defer { wire.deallocate() }
    var state = draws.armState()
    func tick(_ k: Int) throws -> JointTorque {
      timing.noteWake()
      state.tick = Int64(k)
      timing.noteAsk()
      state.encode(into: wire)
      let arrived = try ArmState(
        decoding: UnsafeRawBufferPointer(rebasing: wire[..<ArmState.encodedLength]))
      loop.step(arrived).encode(into: wire)
      let torque = try JointTorque(
        decoding: UnsafeRawBufferPointer(rebasing: wire[..<JointTorque.encodedLength]))
      timing.noteAnswer()
      // Each fifth tick goes without, as when one is late.
      let decision = guarded.decide(k % 5 == 4 ? nil : torque, for: state)
      timing.noteEnd()
      return decision.torque
    }
    for k in 0..<20 { _ = try tick(k) }
    var last = JointTorque()
    let locks = LockCount.total
    let allocations = try AllocationCount.during { for k in 20..<1020 { last = try tick(k) } }
    #expect(allocations == 0 && LockCount.total == locks)
    #expect(guarded.machine.mode == .active)
    #expect(last.tick == 1019 && timing.roundTrip.count == 1020)
  }

  @Test func `equal states and setpoints give equal torques bit by bit`() throws {
    func run() throws -> [JointTorque] {
      var draws = RandomStream(seed: 9, name: "determinism")
      var loop = try makeLoop(draws.compliance(), ramp: 20)
      return try (0..<200).map { k in
        var state = draws.armState()
        state.tick = Int64(k)
        if k % 50 == 0 {
          try loop.receive(
            Setpoint(
              sequence: UInt64(k + 1), effectTick: Int64(k + 10), baseFromTool: draws.pose(),
              compliance: draws.compliance()))
        }
        return loop.step(state)
      }
    }
    #expect(try run() == run())
  }

  private func expectComputable(
    _ loop: borrowing ControlLoop<CartesianImpedance>, _ state: ArmState, _ expected: Bool
  ) {
    let found = loop.canCompute(state)
    #expect(found == expected)
  }

  private func filter() throws -> SafetyFilter {
    let limits = try JointLimits(
      lower: JointVector(repeating: -2.6), upper: JointVector(repeating: 2.6),
      velocity: JointVector(repeating: 2.5), torque: JointVector { $0 < 4 ? 87 : 12 },
      torqueRate: JointVector(repeating: 1000))
    return try SafetyFilter(
      limits: SafetyLimits(joints: limits, toolSpeed: 0.5), stopDamping: 10, period: 0.001)
  }

  private func makeLoop(
    _ gains: Compliance, ramp: Int64 = 0
  ) throws -> ControlLoop<CartesianImpedance> {
    ControlLoop(law: CartesianImpedance(), filter: try filter(), hold: gains, rampTicks: ramp)
  }

  /// An arm at rest in the middle of its range, without coriolis or torque.
  private func still(_ draws: inout RandomStream) -> ArmState {
    var state = draws.armState()
    state.position = JointVector()
    state.velocity = JointVector()
    state.coriolis = JointVector()
    return state
  }
}
