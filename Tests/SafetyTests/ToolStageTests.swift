import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct ToolStageTests {
  static let seeds: [UInt64] = [1, 2, 3]

  @Test(arguments: seeds) func `a tool that turns above its speed limit gets no power`(seed: UInt64)
    throws
  {
    let filter = try wide { $0.toolTurnSpeed = 2.5 }
    var draws = RandomStream(seed: seed, name: "turn")
    for _ in 0..<500 {
      var state = state(&draws)
      for row in 0..<3 { for joint in 0..<7 { state.jacobian[row, joint] = 0 } }
      let speed = state.jacobian.twist(of: state.velocity).angular.length
      state.velocity = (2.5 * (1.0001 + draws.uniform()) / speed) * state.velocity
      let asked = draws.joints(within: 50)
      let safe = filter.admit(asked, for: state, last: JointVector())
      #expect(safe.allowed.dot(state.velocity) < 0)
      #expect(safe.events == .toolTurnSpeed)
      state.velocity = (0.45 / 1.11) * state.velocity
      if state.jacobian.twist(of: state.velocity).angular.length < 0.75 * 2.5 {
        #expect(filter.admit(asked, for: state, last: JointVector()).allowed == asked)
      }
    }
  }

  @Test(arguments: seeds) func `power fades from 0.75 of a tool's speed limit to nothing at it`(
    seed: UInt64
  ) throws {
    let filter = try wide { $0.toolTurnSpeed = 2.5 }
    var draws = RandomStream(seed: seed, name: "fade")
    for _ in 0..<300 {
      var state = state(&draws)
      let isLinear = draws.uniform() < 0.5
      // The other speed of the tool is none.
      let rows = isLinear ? 3..<6 : 0..<3
      for row in rows { for joint in 0..<7 { state.jacobian[row, joint] = 0 } }
      let share = 0.7 + 0.3 * draws.uniform()
      let (now, limit) =
        isLinear ? (twist(state).linear.length, 0.5) : (twist(state).angular.length, 2.5)
      state.velocity = (share * limit / now) * state.velocity
      let asked = draws.joints(within: 20)
      let power = asked.dot(state.velocity)
      let left = filter.admit(asked, for: state, last: JointVector()).allowed.dot(state.velocity)
      let depth = max(0, (share - 0.75) / 0.25)
      #expect(abs(left - (power > 0 ? (1 - depth) * power : power)) < 1e-9)
    }
  }

  @Test(arguments: seeds) func `the brake of each tool speed is its stated damping`(seed: UInt64)
    throws
  {
    let filter = try wide { $0.toolTurnSpeed = 2.5 }
    var draws = RandomStream(seed: seed, name: "damping")
    for _ in 0..<300 {
      var state = state(&draws)
      let (linear, angular) = (twist(state).linear.length, twist(state).angular.length)
      state.velocity = (1.5 * max(0.5 / linear, 2.5 / angular)) * state.velocity
      let tool = twist(state)
      let safe = filter.admit(JointVector(), for: state, last: JointVector())
      var brake = Wrench<Base>()
      if tool.linear.length > 0.5 {
        brake.force = tool.linear * (-200 * (1 - 0.5 / tool.linear.length))
      }
      if tool.angular.length > 2.5 {
        brake.torque = tool.angular * (-5 * (1 - 2.5 / tool.angular.length))
      }
      // A brake gives power nowhere, so that the fade of the second takes nothing of the first.
      let expected = state.jacobian.torque(of: brake)
      let gap = safe.allowed - expected
      #expect(gap.dot(gap) < 1e-16 * (1 + expected.dot(expected)))
    }
  }

  @Test(arguments: 0..<7) func `each joint is braked by the stated law, from the stated speed on`(
    joint: Int
  ) throws {
    let filter = try Panda.filter()
    var draws = RandomStream(seed: UInt64(joint), name: "law")
    let (limit, torque) = (Panda.velocity[joint], Panda.torque[joint])
    for side in [1.0, -1.0] {
      for _ in 0..<100 {
        var state = ArmState()
        state.position = Panda.middle
        let share = 0.9 + 0.1 * draws.uniform()
        state.velocity[joint] = side * limit * share
        var asked = JointVector()
        asked[joint] = side * torque * draws.uniform()
        let safe = filter.admit(asked, for: state, last: JointVector())
        let depth = (share - 0.9) / 0.1
        let expected = asked[joint] * (1 - depth) - side * 2 * torque * (share - 0.9)
        #expect(abs(safe.allowed[joint] - expected) < 1e-9)
        // Toward a position limit the speed limit falls: a stop 0.02 rad before it at 5 rad/s².
        let distance = 0.11 + 0.15 * draws.uniform()
        let slow = 0.9 * (2 * 5 * (distance - 0.02)).squareRoot()
        state.position[joint] =
          side > 0 ? Panda.upper[joint] - distance : Panda.lower[joint] + distance
        for (gap, isBraked) in [(-1e-6, false), (1e-6, true)] {
          state.velocity[joint] = side * (slow + gap)
          let safe = filter.admit(JointVector(), for: state, last: JointVector())
          #expect(safe.events == (isBraked ? .jointVelocity : []))
        }
      }
    }
  }

  @Test(arguments: 0..<7) func `in the margin of a position limit the stated law pushes back`(
    joint: Int
  ) throws {
    let filter = try Panda.filter()
    var draws = RandomStream(seed: UInt64(joint), name: "margin")
    for side in [1.0, -1.0] {
      for _ in 0..<100 {
        var state = ArmState()
        state.position = Panda.middle
        let depth = draws.uniform()
        let limit = side > 0 ? Panda.upper[joint] : Panda.lower[joint]
        state.position[joint] = limit - side * 0.1 * (1 - depth)
        var asked = JointVector()
        let share = draws.uniform(eitherSide: 1) * [1, 1e6][draws.index(below: 2)]
        asked[joint] = side * Panda.torque[joint] * share
        let safe = filter.admit(asked, for: state, last: JointVector())
        // What is beyond the limit counts as the limit.
        let outward = Panda.torque[joint] * min(max(share, -1), 1)
        let faded = outward > 0 ? outward * (1 - depth) : outward
        let expected = max(-1, (faded / Panda.torque[joint] - 0.25 * depth))
        #expect(abs(side * safe.allowed[joint] - expected * Panda.torque[joint]) < 1e-9)
      }
    }
  }

  @Test(arguments: seeds) func `outside the fence a spring pushes the tool back, up to the margin`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "spring")
    for _ in 0..<300 {
      let target: Transform<Base, Target> = draws.pose()
      let filter = try wide(about: target) { _ in }
      var state = state(&draws)
      state.velocity = JointVector()
      var place = draws.vector(within: 0.1)
      let axis = draws.index(below: 3)
      let side = draws.uniform() < 0.5 ? 1.0 : -1.0
      let depth = 0.06 * draws.uniform()
      place[axis] = side * (0.1 + depth)
      state.baseFromTool = target * Transform(rotation: .identity, translation: place)
      let asked = draws.joints(within: 5)
      let safe = filter.admit(asked, for: state, last: JointVector())
      var force = Vector3()
      let isPushed = depth > 0.005 && depth <= 0.05
      if isPushed { force[axis] = -200 * side * (depth - 0.005) }
      let push = state.jacobian.torque(of: Wrench(force: target.rotation(force)))
      let gap = safe.allowed - asked - push
      #expect(gap.dot(gap) < 1e-18)
      #expect(safe.events == (isPushed ? .fence : []))
    }
  }

  @Test(arguments: 0..<7)
  func `no torque carries a joint past its speed while the rate takes it back`(
    joint: Int
  ) throws {
    let filter = try Panda.guarded()
    let inertia = SampleArm.light[joint]
    var draws = RandomStream(seed: UInt64(joint), name: "coming")
    for side in [1.0, -1.0] {
      for _ in 0..<200 {
        var state = ArmState()
        state.position = Panda.middle
        // Below the onset of braking, where nothing but the coming speed can cut.
        state.velocity[joint] = side * Panda.velocity[joint] * draws.uniform(eitherSide: 0.89)
        var asked = JointVector()
        asked[joint] = side * 100
        var last = JointVector()
        last[joint] = side * Panda.torque[joint]
        let sent = filter.admit(asked, for: state, last: last).allowed[joint]
        let room = Panda.velocity[joint] - 0.001 - side * state.velocity[joint]
        let most = (1 + 2 * 1000 * inertia * room).squareRoot() - 1
        let fromRate = Panda.torque[joint] - 1
        #expect(abs(side * sent - max(fromRate, min(Panda.torque[joint], most))) < 1e-9)
      }
    }
  }

  @Test(arguments: seeds) func `a contact is reported from its level on, and changes nothing`(
    seed: UInt64
  ) throws {
    let filter = try Panda.guarded()
    var draws = RandomStream(seed: seed, name: "contact")
    for _ in 0..<200 {
      var state = ArmState()
      state.position = Panda.middle
      let way = draws.vector(within: 1)
      let asked = draws.joints(within: 0.9)
      for (force, moment, isContact) in [
        (24.999, 4.999, false), (25.001, 0, true), (0, 5.001, true), (100, 0, true),
      ] {
        state.toolWrench.force = way * (force / way.length)
        state.toolWrench.torque = way * (moment / way.length)
        let safe = filter.admit(asked, for: state, last: JointVector())
        #expect(safe.allowed == asked)
        #expect(safe.events == (isContact ? .contact : []))
      }
    }
  }

  private func twist(_ state: ArmState) -> Twist<Base> { state.jacobian.twist(of: state.velocity) }

  /// An arm in the middle of its range, with its tool at the target of no turn.
  private func state(_ draws: inout RandomStream) -> ArmState {
    var state = draws.armState()
    state.position = Panda.middle
    state.baseFromTool = .identity
    return state
  }

  /// A filter whose joints and rates are wide open, with a fence of 0.1 m.
  private func wide(
    about target: Transform<Base, Target> = .identity, _ change: (inout SafetyLimits) -> Void
  ) throws -> SafetyFilter {
    let joints = try Panda.limits(
      lower: .init(repeating: -1e9, count: 7), upper: .init(repeating: 1e9, count: 7),
      velocity: .init(repeating: 1000, count: 7), torque: .init(repeating: 1e6, count: 7),
      rate: 1e9)
    return try Panda.guarded(about: target) {
      $0 = SafetyLimits(joints: joints, toolSpeed: 0.5)
      change(&$0)
    }
  }
}
