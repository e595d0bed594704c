import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct DriverGuardTests {
  private static let seeds: [UInt64] = [1, 2, 3]

  @Test(arguments: seeds) func `torques of another tick act on nothing and are counted`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "ticks")
    var guarded = try ready()
    var expected = Refusals()
    for k in Int64(0)..<200 {
      let state = calm(tick: k)
      let offset = Int64(draws.uniform(eitherSide: 3).rounded())
      if offset < 0 { expected.late += 1 }
      if offset > 0 { expected.early += 1 }
      var command = JointTorque()
      command.tick = k + offset
      command.torque = JointVector(repeating: draws.uniform(eitherSide: 0.1))
      let decision = guarded.decide(command, for: state)
      #expect(decision.isCommanded == (offset == 0))
      #expect(decision.torque.tick == k)
      if offset == 0 { #expect(decision.torque == command) }
      #expect(guarded.refusals == expected)
    }
  }

  @Test(arguments: seeds) func `no torque moves an arm that is stopped, and each is counted`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "stopped")
    for event in [DriverEvent.userStopped, .faulted] {
      var guarded = try ready()
      _ = guarded.decide(JointTorque(), for: calm(tick: 0))
      guarded.note(event, at: 0, because: "the test says so")
      for k in Int64(1)..<300 {
        var state = calm(tick: k)
        state.velocity = draws.joints(within: 0.01)
        var command = JointTorque()
        command.tick = k
        command.torque = draws.joints(within: 10)
        let last = guarded.last.allowed
        let decision = guarded.decide(command, for: state)
        #expect(!decision.isCommanded)
        #expect(guarded.refusals.stopped == UInt64(k))
        if !guarded.machine.stands { #expect(decision.torque.torque == -10 * state.velocity) }
        #expect(guarded.status(at: 0).reason == "the test says so", "\(last)")
      }
      #expect(guarded.machine.mode == (event == .faulted ? .fault : .userStopped))
    }
  }

  @Test(arguments: seeds) func `whatever is asked, what is sent keeps torque and rate`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "hostile")
    var guarded = try ready(rate: 1000)
    var arm = SampleArm(at: Panda.middle)
    var last = JointVector()
    var modes: Set<DriverMode> = []
    var setpoint: UInt64 = 1
    for k in 0..<8000 {
      let state = arm.state
      var command = JointTorque()
      command.tick = state.tick + Int64(draws.uniform(eitherSide: 0.6).rounded())
      command.setpoint = setpoint
      // Long silences, a person who stops the arm and lets it go on, a session that ends.
      let isSilent = k / 400 % 5 == 3
      if k % 1500 == 1400 { guarded.note(.userStopped, at: state.time, because: "a person") }
      if draws.uniform() < 0.02, guarded.recover(at: state.time, because: "a person") {
        setpoint += 1
      }
      if k == 4000 { guarded.note(.closed, at: state.time, because: "it ended") }
      if k == 4100 { guarded.note(.opened, at: state.time, because: "another opened") }
      modes.insert(guarded.machine.mode)
      let size = draws.uniform() < 0.1 ? Double.infinity : 1e6
      command.torque = JointVector { _ in draws.uniform() < 0.5 ? size : -size }
      if draws.uniform() < 0.05 { command.torque[3] = .nan }
      let isSent = !isSilent && draws.uniform() < 0.9
      let sent = guarded.decide(isSent ? command : nil, for: state).torque.torque
      for i in 0..<JointVector.count {
        #expect(abs(sent[i]) <= Panda.torque[i])
        #expect(abs(sent[i] - last[i]) <= 1 + 1e-9)
      }
      last = sent
      arm.step(sent)
    }
    // What is asked is so large that each session soon ends in a stop.
    #expect(modes.isSuperset(of: [.ready, .active, .dampedStop, .fault, .userStopped]), "\(modes)")
  }

  @Test func `without torques the last stays, then the posture is held, then the arm is stopped`()
    throws
  {
    var guarded = try ready()
    var command = JointTorque()
    command.torque = JointVector(repeating: 0.05)
    command.setpoint = 9
    _ = guarded.decide(command, for: calm(tick: 0))
    for k in Int64(1)..<260 {
      var state = calm(tick: k)
      state.velocity = JointVector(repeating: 0.05)
      state.coriolis = JointVector(repeating: 0.01)
      let decision = guarded.decide(nil, for: state)
      let damping = -10 * state.velocity
      let expected =
        k <= 20 ? command.torque : k <= 200 ? damping + state.coriolis : damping
      #expect(decision.torque.torque == expected, "tick \(k)")
      #expect(decision.torque.setpoint == 9, "it is what the arm goes toward, or went")
      #expect(!decision.isCommanded)
    }
    #expect(guarded.status(at: 0).mode == .dampedStop)
    #expect(guarded.status(at: 0).reason == "no torque for 200 ms")
  }

  @Test func `a state that must stop the arm does, whatever is asked`() throws {
    var state = calm(tick: 1)
    state.velocity[2] = 3
    for command in [nil, JointTorque()] {
      var guarded = try ready()
      _ = guarded.decide(JointTorque(), for: calm(tick: 0))
      let decision = guarded.decide(command, for: state)
      #expect(guarded.status(at: 0).mode == .dampedStop)
      #expect(guarded.status(at: 0).reason.contains("joint 3"))
      #expect(!decision.isCommanded)
    }
  }

  @Test func `the fence closes behind the tool and is open again after a recovery`() throws {
    var guarded = DriverGuard(try machine(), try Panda.guarded())
    guarded.note(.opened, at: 0, because: "a session opened")
    let outside = Transform<Base, Tool>(rotation: .identity, translation: Vector3(0.5, 0, 0))
    func fence(at pose: Transform<Base, Tool>, tick: Int64) -> Fence? {
      var state = calm(tick: tick)
      state.baseFromTool = pose
      _ = guarded.decide(nil, for: state)
      if guarded.machine.mode == .fault { #expect(guarded.machine.stands) }
      return guarded.fence
    }
    #expect(fence(at: outside, tick: 0) == nil)
    #expect(guarded.status(at: 0).mode == .ready)
    #expect(fence(at: .identity, tick: 1) != nil)
    #expect(fence(at: outside, tick: 2) != nil)
    #expect(guarded.status(at: 0).mode == .dampedStop)
    for k in Int64(3)..<100 { _ = fence(at: outside, tick: k) }
    let isFree = guarded.recover(at: 100_000_000, because: "a person")
    #expect(isFree)
    #expect(fence(at: outside, tick: 101) == nil)
    #expect(guarded.status(at: 0).mode == .ready)
    #expect(guarded.status(at: 0).reason == "a person")
  }

  @Test func `after a snapshot the rate counts from the torque that acted there`() throws {
    var guarded = try ready(rate: 1000)
    let acted = JointVector(repeating: 5)
    guarded.resume(from: acted)
    var command = JointTorque()
    command.torque = JointVector(repeating: 8)
    let sent = guarded.decide(command, for: calm(tick: 0)).torque.torque
    for i in 0..<JointVector.count { #expect(abs(sent[i] - 6) < 1e-9) }
  }

  @Test func `what was cut is told with what was asked and allowed`() throws {
    var guarded = try ready(rate: 1000)
    var command = JointTorque()
    command.torque = JointVector(repeating: 3)
    let sent = guarded.decide(command, for: calm(tick: 0)).torque.torque
    #expect(guarded.last.asked == command.torque)
    #expect(guarded.last.allowed == sent)
    #expect(guarded.last.events == .torqueRate)
  }

  private func machine() throws -> DriverMachine {
    try DriverMachine(commandTimeout: 0.02, stopTimeout: 0.2, damping: 10)
  }

  private func ready(rate: Double = 1e6) throws -> DriverGuard {
    var guarded = DriverGuard(try machine(), try Panda.filter(rate: rate))
    guarded.note(.opened, at: 0, because: "a session opened")
    return guarded
  }

  /// An arm in the middle of its ranges that does not move.
  private func calm(tick: Int64) -> ArmState {
    var state = SampleArm(at: Panda.middle).state
    (state.tick, state.time) = (tick, tick * 1_000_000)
    return state
  }
}
