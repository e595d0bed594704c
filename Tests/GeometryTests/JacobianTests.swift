import Geometry
import Testing

@Suite struct JacobianTests {
  @Test(arguments: seeds) func `tool and joints see the same power`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<1000 {
      let (jacobian, velocity) = (draws.jacobian(), draws.joints(within: 2))
      let wrench = Wrench<Base>(force: draws.vector(within: 50), torque: draws.vector(within: 10))
      let atTool = wrench.power(along: jacobian.twist(of: velocity))
      let atJoints = jacobian.torque(of: wrench).dot(velocity)
      #expect(abs(atTool - atJoints) < 1e-11)
    }
  }

  @Test(arguments: seeds) func `power does not depend on the frame`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let baseFromTool: Rotation<Base, Tool> = draws.rotation()
      let wrench = Wrench<Tool>(force: draws.vector(within: 50), torque: draws.vector(within: 10))
      let twist = Twist<Tool>(linear: draws.vector(within: 1), angular: draws.vector(within: 1))
      let inBase = baseFromTool(wrench).power(along: baseFromTool(twist))
      #expect(abs(inBase - wrench.power(along: twist)) < 1e-11)
    }
  }

  @Test(arguments: 0..<7) func `one joint's unit speed gives its column`(joint: Int) {
    var draws = Draws(state: 5)
    let jacobian = draws.jacobian()
    let twist = jacobian.twist(of: JointVector { $0 == joint ? 1 : 0 })
    for axis in 0..<3 {
      #expect(twist.linear[axis] == jacobian[axis, joint])
      #expect(twist.angular[axis] == jacobian[axis + 3, joint])
    }
  }

  @Test(arguments: seeds) func `joint vectors form a vector space`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<200 {
      let (a, b) = (draws.joints(within: 3), draws.joints(within: 3))
      let s = draws.number(within: 3)
      let around = a + b - a - b
      let distributed = s * a + s * b - s * (a + b)
      #expect(a + b == b + a)
      #expect(around.dot(around) < 1e-28)
      #expect(distributed.dot(distributed) < 1e-28)
      #expect(a.dot(b) == b.dot(a))
      #expect(a.limited(to: JointVector(repeating: 1)).array.allSatisfy { abs($0) <= 1 })
    }
  }

  @Test func `a list of another length is no joint vector`() {
    #expect(JointVector([1, 2, 3, 4, 5, 6]) == nil)
    #expect(JointVector([1, 2, 3, 4, 5, 6, 7])?.array == [1, 2, 3, 4, 5, 6, 7])
    #expect(!JointVector { $0 == 3 ? .nan : 0 }.isFinite)
    #expect(!JointVector { $0 == 6 ? .infinity : 0 }.isFinite)
  }
}
