import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct DriverMachineTests {
  private let tick: Int64 = 1_000_000

  @Test func `every transition that there is`() {
    let table: [DriverMode: [DriverEvent: DriverMode]] = [
      .idle: [.opened: .ready, .faulted: .dampedStop, .userStopped: .userStopped],
      .ready: [
        .closed: .idle, .commanded: .active, .faulted: .dampedStop, .userStopped: .userStopped,
      ],
      .active: [
        .closed: .idle, .late: .holding, .silent: .dampedStop, .faulted: .dampedStop,
        .userStopped: .userStopped,
      ],
      .holding: [
        .closed: .idle, .commanded: .active, .silent: .dampedStop, .faulted: .dampedStop,
        .userStopped: .userStopped,
      ],
      .dampedStop: [.stands: .fault, .userStopped: .userStopped],
      .fault: [.recovered: .ready, .userStopped: .userStopped],
      .userStopped: [.recovered: .ready],
    ]
    for mode in DriverMode.allCases {
      for event in DriverEvent.allCases {
        #expect(mode.next(on: event) == table[mode]?[event] ?? mode, "\(mode) on \(event)")
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func `only a person leaves a stop, whatever else comes`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "events")
    for _ in 0..<300 {
      var mode = DriverMode.idle
      for _ in 0..<40 {
        let before = mode
        let event = DriverEvent.allCases[draws.index(below: DriverEvent.allCases.count)]
        mode = mode.next(on: event)
        if before.isStopped { #expect(mode.isStopped || event == .recovered) }
        if before == .dampedStop { #expect(mode != .ready, "let go while it moves") }
        if event == .userStopped { #expect(mode == .userStopped) }
      }
    }
  }

  @Test func `silence leads from active to holding to a damped stop at the stated times`() throws {
    var machine = try active(at: 1000 * tick)
    let ends: [(Int64, DriverMode)] = [
      (1000 * tick, .active), (1020 * tick, .active), (1020 * tick + 1, .holding),
      (1200 * tick, .holding), (1200 * tick + 1, .dampedStop),
    ]
    for (time, mode) in ends { #expect(machine.advance(to: moving(at: time)) == mode) }
  }

  @Test func `one long silence is a stop at once`() throws {
    var machine = try active(at: 0)
    #expect(machine.advance(to: moving(at: 3600 * 1000 * tick)) == .dampedStop)
  }

  @Test func `a command ends a hold but not a stop`() throws {
    var machine = try active(at: 0)
    #expect(machine.advance(to: moving(at: 100 * tick)) == .holding)
    let taken = machine.command(at: 101 * tick)
    #expect(taken)
    #expect(machine.advance(to: moving(at: 102 * tick)) == .active)
    #expect(machine.advance(to: moving(at: 400 * tick)) == .dampedStop)
    let refused = !machine.command(at: 401 * tick)
    #expect(refused)
    #expect(machine.mode == .dampedStop)
  }

  @Test func `commands act only in a session`() throws {
    var machine = try machine()
    let early = machine.command(at: 0)
    #expect(!early)
    machine.note(.opened, at: tick)
    let taken = machine.command(at: 2 * tick)
    #expect(taken)
    machine.note(.closed, at: 3 * tick)
    let late = machine.command(at: 4 * tick)
    #expect(!late)
  }

  @Test func `after a recovery only a newer setpoint moves the arm`() throws {
    var machine = try active(at: 0, toward: 7)
    machine.note(.userStopped, at: 10 * tick)
    let moving = machine.recover(at: 11 * tick)
    #expect(!moving, "it has not come to rest")
    stand(&machine, from: 12)
    #expect(machine.stands)
    let recovered = machine.recover(at: 100 * tick)
    #expect(recovered)
    #expect(machine.mode == .ready)
    for setpoint: UInt64 in 0...7 {
      let old = machine.command(toward: setpoint, at: 101 * tick)
      #expect(!old, "setpoint \(setpoint) is of before the stop")
    }
    #expect(machine.mode == .ready)
    let new = machine.command(toward: 8, at: 102 * tick)
    #expect(new)
    #expect(machine.mode == .active)
  }

  @Test func `what was sent while the arm stood still is of before the recovery too`() throws {
    var machine = try active(at: 0, toward: 7)
    machine.note(.userStopped, at: 10 * tick)
    let refused = machine.command(toward: 9, at: 11 * tick)
    #expect(!refused)
    stand(&machine, from: 12)
    machine.recover(at: 100 * tick)
    let old = machine.command(toward: 9, at: 101 * tick)
    #expect(!old)
    let new = machine.command(toward: 10, at: 102 * tick)
    #expect(new)
  }

  @Test func `an arm that moves is not let go, nor one that was not stopped`() throws {
    var machine = try active(at: 0)
    let free = machine.recover(at: tick)
    #expect(!free)
    machine.note(.faulted, at: 2 * tick)
    for k: Int64 in 3..<500 {
      machine.advance(to: moving(at: k * tick))
      let early = machine.recover(at: k * tick)
      #expect(!early)
    }
    var broken = moving(at: 500 * tick)
    broken.velocity = JointVector(repeating: .nan)
    for k: Int64 in 500..<700 {
      broken.time = k * tick
      machine.advance(to: broken)
    }
    #expect(!machine.stands, "a speed that is no number is none")
    stand(&machine, from: 700)
    #expect(machine.mode == .fault)
  }

  @Test(arguments: [1, 2, 3]) func `without commands modes never go back`(seed: UInt64) throws {
    var draws = RandomStream(seed: seed, name: "modes")
    for _ in 0..<200 {
      var machine = try active(at: 0)
      var time: Int64 = 0
      var rank = 0
      for _ in 0..<50 {
        time += Int64(draws.uniform() * 20e6)
        let mode = machine.advance(to: moving(at: time))
        let next = [DriverMode.active, .holding, .dampedStop].firstIndex(of: mode) ?? -1
        #expect(next >= rank)
        rank = next
      }
      #expect(rank == 2 || time <= 200 * tick)
    }
  }

  @Test func `before the first command the first posture is held for as long as it takes`() throws {
    var draws = RandomStream(seed: 1, name: "waiting")
    for mode in [DriverMode.idle, .ready] {
      var machine = try machine()
      if mode == .ready { machine.note(.opened, at: 0) }
      var state = draws.armState()
      state.velocity = JointVector()
      state.time = 0
      let home = state.position
      #expect(machine.torque(for: state, last: JointVector()) == state.coriolis)
      state.time = 100_000 * tick
      state.position = state.position + JointVector(repeating: 0.01)
      let back = machine.torque(for: state, last: JointVector()) - state.coriolis
      #expect(back == 50 * (home - state.position))
      #expect(machine.mode == mode)
    }
  }

  @Test func `a hold keeps the posture of its first tick and damps`() throws {
    var machine = try active(at: 0)
    var draws = RandomStream(seed: 1, name: "hold")
    var state = draws.armState()
    let last = draws.joints(within: 5)
    state.time = 10 * tick
    #expect(machine.torque(for: state, last: last) == last)
    state.time = 30 * tick
    let entry = state
    #expect(machine.torque(for: state, last: last) == state.coriolis - 10 * state.velocity)
    state = draws.armState()
    state.time = 31 * tick
    let expected =
      50 * (entry.position - state.position) - 10 * state.velocity + state.coriolis
    #expect(machine.torque(for: state, last: last) == expected)
    machine.command(at: 32 * tick)
    var later = draws.armState()
    later.velocity = JointVector()
    later.time = 60 * tick
    #expect(machine.torque(for: later, last: last) == later.coriolis)
  }

  @Test(arguments: [1, 2, 3], [DriverEvent.silent, .faulted, .userStopped])
  func `a stop takes energy until the arm stands, and then holds it`(
    seed: UInt64, event: DriverEvent
  ) throws {
    var draws = RandomStream(seed: seed, name: "stop")
    var machine = try active(at: 0)
    machine.note(event, at: 300 * tick)
    var state = draws.armState()
    state.time = 300 * tick
    var stood: Int64?
    for _ in 0..<2000 {
      let torque = machine.torque(for: state, last: draws.joints(within: 50))
      if machine.stands {
        stood = stood ?? state.time
      } else {
        // Damping alone: a spring or a model's Coriolis torque could drive an arm that is not as known.
        #expect(torque == -10 * state.velocity)
      }
      if machine.stands { state.coriolis = JointVector() }
      state.velocity = state.velocity + 0.001 * torque
      state.time += tick
    }
    #expect(stood != nil)
    #expect(machine.mode == (event == .userStopped ? .userStopped : .fault))
    // At rest it is held: a push is answered by a spring toward where it stood.
    let push = JointVector(repeating: 0.1)
    let home = machine.torque(for: state, last: JointVector())
    var pushed = state
    pushed.position = state.position + push
    let back = machine.torque(for: pushed, last: JointVector()) - home
    for i in 0..<7 { #expect(abs(back[i] + 50 * push[i]) < 1e-9) }
  }

  @Test func `a stop holds the posture in the end, though the arm sinks`() throws {
    for seconds in [0.3, 1] {
      var machine = try DriverMachine(
        commandTimeout: 0.02, stopTimeout: 0.2, damping: 10, stiffness: 70,
        longestDamping: seconds)
      machine.note(.userStopped, at: 0)
      var state = moving(at: 0)
      let last = Int64(seconds * 1000)
      for k in 0...(last + 10) {
        state.time = k * tick
        state.position = JointVector(repeating: 0.001 * Double(k))
        state.coriolis = JointVector(repeating: 0.3)
        let torque = machine.torque(for: state, last: JointVector())
        let sunk = JointVector(repeating: 0.001 * Double(last - k))
        let held = 70 * sunk - 10 * state.velocity + state.coriolis
        for i in 0..<JointVector.count {
          let expected = k < last ? -10 * state.velocity[i] : held[i]
          #expect(abs(torque[i] - expected) < 1e-9, "tick \(k)")
        }
        #expect(!machine.stands)
      }
    }
  }

  @Test func `an arm stands that was slow for as long as the robot says`() throws {
    for (speed, ticks) in [(0.02, Int64(50)), (0.05, 120)] {
      var machine = try DriverMachine(
        commandTimeout: 0.02, stopTimeout: 0.2, damping: 10, standingSpeed: speed,
        standingTime: 0.001 * Double(ticks))
      machine.note(.faulted, at: 0)
      var state = moving(at: 5 * tick)
      machine.advance(to: state)
      state.velocity = JointVector(repeating: 0.99 * speed)
      for k in Int64(6)..<(ticks + 20) {
        state.time = k * tick
        machine.advance(to: state)
        #expect(machine.stands == (k >= ticks + 5), "tick \(k)")
      }
    }
  }

  @Test func `times in the wrong order are refused`() {
    #expect(throws: SafetyFault.outOfRange(.stopTimeout, value: 0.01, lowest: 0.02, highest: 10)) {
      _ = try DriverMachine(commandTimeout: 0.02, stopTimeout: 0.01, damping: 10)
    }
    #expect(throws: SafetyFault.self) {
      _ = try DriverMachine(commandTimeout: .nan, stopTimeout: 0.01, damping: 10)
    }
    #expect(throws: SafetyFault.self) {
      _ = try DriverMachine(commandTimeout: 0.02, stopTimeout: 0.2, damping: 0)
    }
    #expect(throws: SafetyFault.self) {
      _ = try DriverMachine(
        commandTimeout: 0.02, stopTimeout: 0.2, damping: 10, standingTime: 0.2, longestDamping: 0.1)
    }
  }

  private func machine() throws -> DriverMachine {
    try DriverMachine(commandTimeout: 0.02, stopTimeout: 0.2, damping: 10)
  }

  private func active(at time: Int64, toward setpoint: UInt64 = 0) throws -> DriverMachine {
    var machine = try machine()
    machine.note(.opened, at: time)
    machine.command(toward: setpoint, at: time)
    return machine
  }

  private func moving(at time: Int64) -> ArmState {
    var state = ArmState()
    state.time = time
    state.velocity = JointVector(repeating: 0.5)
    return state
  }

  private func stand(_ machine: inout DriverMachine, from first: Int64) {
    for k in first..<(first + 60) {
      var state = ArmState()
      state.time = k * tick
      machine.advance(to: state)
    }
  }
}
