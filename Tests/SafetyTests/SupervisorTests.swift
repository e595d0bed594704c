import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct SupervisorTests {
  @Test(arguments: [1, 2, 3]) func `an arm within all its limits need not stop`(seed: UInt64) throws
  {
    var draws = RandomStream(seed: seed, name: "fine")
    var supervisor = Supervisor(try Panda.guarded())
    for k in Int64(0)..<1000 {
      let reason = supervisor.stopReason(for: fine(&draws, tick: k))
      #expect(reason == nil)
    }
    #expect(supervisor.isFenceClosed)
  }

  @Test(arguments: 0..<7) func `a joint past its limit stops the arm`(joint: Int) throws {
    let filter = try Panda.guarded()
    var draws = RandomStream(seed: UInt64(joint), name: "joint")
    for side in [1.0, -1.0] {
      let limit = side > 0 ? Panda.upper[joint] : Panda.lower[joint]
      var state = fine(&draws, tick: 0)
      state.position[joint] = limit
      #expect(filter.stopReason(for: state) == nil)
      state.position[joint] = limit + side * 1e-9
      #expect(
        filter.stopReason(for: state)
          == .jointPosition(joint: joint, value: state.position[joint], limit: limit))
      state = fine(&draws, tick: 0)
      state.velocity[joint] = side * Panda.velocity[joint]
      #expect(filter.stopReason(for: state) == nil)
      state.velocity[joint] *= 1 + 1e-9
      #expect(
        filter.stopReason(for: state)
          == .jointSpeed(
            joint: joint, value: state.velocity[joint], limit: Panda.velocity[joint]))
    }
  }

  @Test(arguments: [1, 2, 3]) func `the hard level of force or moment stops the arm`(seed: UInt64)
    throws
  {
    let filter = try Panda.guarded()
    var draws = RandomStream(seed: seed, name: "hard")
    for _ in 0..<100 {
      var state = fine(&draws, tick: 0)
      let way = draws.vector(within: 1)
      state.toolWrench.force = way * (79.999 / way.length)
      state.toolWrench.torque = way * (19.999 / way.length)
      #expect(filter.stopReason(for: state) == nil)
      state.toolWrench.force = way * (80.001 / way.length)
      guard case .contactForce(let force, 80)? = filter.stopReason(for: state) else {
        Issue.record("no stop for the force")
        continue
      }
      #expect(abs(force - 80.001) < 1e-9)
      state.toolWrench.force = .zero
      state.toolWrench.torque = way * (20.001 / way.length)
      guard case .contactMoment(_, 20)? = filter.stopReason(for: state) else {
        Issue.record("no stop for the moment")
        continue
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func `a tool that was inside and leaves by the margin stops the arm`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "leave")
    for _ in 0..<100 {
      let target: Transform<Base, Target> = draws.pose()
      var supervisor = Supervisor(try Panda.guarded(about: target))
      var state = ArmState()
      state.position = Panda.middle
      let side = draws.uniform() < 0.5 ? 1.0 : -1.0
      let axis = draws.index(below: 3)
      for (k, (beyond, isStopped)) in [
        (0.3, false), (0.051, false), (0.006, false), (0.0601, false), (0.0049, false),
        (0.049, false), (0.0501, true),
      ].enumerated() {
        var place = Vector3()
        place[axis] = side * (0.1 + beyond)
        state.tick = Int64(k)
        state.baseFromTool = target * Transform(rotation: .identity, translation: place)
        let reason = supervisor.stopReason(for: state)
        guard isStopped else {
          #expect(reason == nil)
          continue
        }
        guard case .fence(let distance, 0)? = reason else {
          Issue.record("\(String(describing: reason))")
          continue
        }
        #expect(abs(distance - beyond) < 1e-9)
      }
      supervisor.rearm()
      let again = supervisor.stopReason(for: state)
      #expect(again == nil)
      #expect(!supervisor.isFenceClosed)
    }
  }

  @Test func `a tool turned out of its fence stops the arm`() throws {
    var supervisor = Supervisor(try Panda.guarded())
    var state = ArmState()
    state.position = Panda.middle
    for (k, (turn, isStopped)) in [
      (0.6, false), (0.36, false), (0.51, false), (0.34, false), (0.49, false), (0.51, true),
    ].enumerated() {
      state.tick = Int64(k)
      state.baseFromTool.rotation = Rotation(rotationVector: Vector3(0, turn, 0))
      let reason = supervisor.stopReason(for: state)
      #expect((reason != nil) == isStopped)
    }
  }

  @Test(arguments: 0..<7) func `torque at a limit on more than 50 of 100 ticks stops the arm`(
    joint: Int
  ) throws {
    var draws = RandomStream(seed: UInt64(joint), name: "saturated")
    for kind in 0..<2 {
      var supervisor = Supervisor(try Panda.guarded())
      var history: [Bool] = []
      var last = JointVector()
      for k in Int64(0)..<1000 {
        var state = fine(&draws, tick: k)
        let isCut = k > 0 && draws.uniform() < (k < 500 ? 0.4 : 0.7)
        state.torque = last
        // At the limit with a steady torque, or at the rate far from the limit.
        if kind == 0 {
          state.torque[joint] = isCut ? Panda.torque[joint] : Panda.torque[joint] - 0.5
        } else {
          state.torque[joint] += isCut ? (last[joint] > 0 ? -1 : 1) : 0
        }
        last = state.torque
        // The first tick of all has no tick before it.
        history.append(isCut && k > 0)
        let reason = supervisor.stopReason(for: state)
        let count = history.suffix(100).count { $0 }
        #expect(supervisor.saturatedTicks == count)
        #expect(reason == (count > 50 ? .torqueSaturated(ticks: count) : nil))
      }
      #expect(supervisor.saturatedTicks > 50)
      supervisor.rearm()
      #expect(supervisor.saturatedTicks == 0)
    }
  }

  @Test func `what is no number stops the arm, wherever it stands`() throws {
    let filter = try Panda.guarded()
    let breaks: [(inout ArmState, Double) -> Void] = [
      { $0.position[4] = $1 }, { $0.velocity[6] = $1 }, { $0.torque[0] = $1 },
      { $0.jacobian[5, 6] = $1 }, { $0.baseFromTool.translation.y = $1 },
      { $0.baseFromTool.rotation.w = $1 }, { $0.baseFromTool.rotation.vector.z = $1 },
      { $0.toolWrench.force.x = $1 }, { $0.toolWrench.torque.z = $1 },
    ]
    var draws = RandomStream(seed: 1, name: "broken")
    for change in breaks {
      for value in [Double.nan, .infinity, -.infinity] {
        var state = fine(&draws, tick: 0)
        change(&state, value)
        #expect(filter.stopReason(for: state) == .notFinite)
        var supervisor = Supervisor(filter)
        let reason = supervisor.stopReason(for: state)
        #expect(reason == .notFinite)
      }
    }
  }

  @Test func `each reason says what happened and the limit, in one line`() {
    let reasons: [(StopReason, [String])] = [
      (.jointPosition(joint: 2, value: 3.5, limit: 2.9), ["joint 3", "3.5", "2.9"]),
      (.jointSpeed(joint: 0, value: -2.5, limit: 2.175), ["joint 1", "-2.5", "2.175"]),
      (.fence(distance: 0.06, turn: 0.1), ["fence", "0.06", "0.1"]),
      (.contactForce(value: 81, limit: 80), ["force", "81", "80"]),
      (.contactMoment(value: 21, limit: 20), ["moment", "21", "20"]),
      (.torqueSaturated(ticks: 51), ["51", "100"]), (.notFinite, ["number"]),
    ]
    for (reason, words) in reasons {
      for word in words { #expect("\(reason)".contains(word)) }
      #expect(!"\(reason)".contains("\n"))
    }
  }

  /// An arm well inside all its limits.
  private func fine(_ draws: inout RandomStream, tick: Int64) -> ArmState {
    var state = draws.armState()
    state.tick = tick
    state.position = Panda.middle + draws.joints(within: 1)
    state.velocity = draws.joints(within: 1)
    state.torque = JointVector()
    state.baseFromTool = Transform(
      rotation: Rotation(rotationVector: draws.vector(within: 0.05)),
      translation: draws.vector(within: 0.1))
    return state
  }
}
