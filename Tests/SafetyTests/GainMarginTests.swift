import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct GainMarginTests {
  @Test(arguments: [1, 2, 3]) func `unit directions give the rates of their own dampers`(
    seed: UInt64
  ) throws {
    // Joints 1 to 6 are the tool's axes, so the operator is diagonal and its rates are known.
    var draws = RandomStream(seed: seed, name: "diagonal")
    for _ in 0..<100 {
      var jacobian = Jacobian()
      for axis in 0..<6 { jacobian[axis, axis] = 1 }
      var mass = InlineArray<49, Double>(repeating: 0)
      let inertia = (0..<7).map { _ in 0.1 + draws.uniform() }
      for i in 0..<7 { mass[i * 7 + i] = inertia[i] }
      let gains = draws.compliance()
      let posture = 2 * gains.nullspaceStiffness.squareRoot()
      let damping = Compliance.projectorDamping * Compliance.projectorDamping
      let leak = damping / (1 + damping)
      let expected =
        (0..<7).map { (joint: Int) -> Double in
          switch joint {
          case 0..<3: (gains.translationalDamping + posture * leak) / inertia[joint]
          case 3..<6: (gains.rotationalDamping + posture * leak) / inertia[joint]
          default: posture / inertia[joint]
          }
        }.max() ?? 0
      let margin = try GainMargin(
        compliance: gains, jacobian: jacobian, massMatrix: mass, delay: 0.001)
      #expect(abs(margin.rate - expected) < 1e-9 * expected)
      #expect(abs(margin.product - margin.rate * 0.001) < 1e-12)
    }
  }

  @Test(arguments: [1, 2, 3]) func `the rate bounds every quotient of damping and inertia`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "quotient")
    for _ in 0..<100 {
      let jacobian = draws.jacobian()
      let factor = (0..<7).map { _ in draws.joints(within: 1) }
      var mass = InlineArray<49, Double>(repeating: 0)
      for row in 0..<7 {
        for column in 0..<7 {
          mass[row * 7 + column] = factor[row].dot(factor[column]) + (row == column ? 0.1 : 0)
        }
      }
      var gains = draws.compliance()
      gains.nullspaceStiffness = 0
      let margin = try GainMargin(
        compliance: gains, jacobian: jacobian, massMatrix: mass, delay: 0)
      for _ in 0..<20 {
        let v = draws.joints(within: 1)
        let twist = jacobian.twist(of: v)
        let power =
          gains.translationalDamping * twist.linear.dot(twist.linear)
          + gains.rotationalDamping * twist.angular.dot(twist.angular)
        var energy = 0.0
        for row in 0..<7 {
          for column in 0..<7 { energy += v[row] * mass[row * 7 + column] * v[column] }
        }
        #expect(power / energy <= margin.rate * (1 + 1e-9))
      }
    }
  }

  @Test func `the verdict turns at one half and at half of π`() throws {
    let rate = try margin(delay: 0).rate
    #expect(try margin(delay: 0.499 / rate).verdict == .comfortable)
    #expect(try margin(delay: 0.501 / rate).verdict == .thin)
    #expect(try margin(delay: 1.570 / rate).verdict == .thin)
    #expect(try margin(delay: 1.571 / rate).verdict == .unstable)
    #expect(abs(try margin(delay: 0).longestDelay * rate - .pi / 2) < 1e-12)
  }

  @Test func `the verdict agrees with a delayed damper stepped in time`() throws {
    // ẍ = -ρ·ẋ(t - T) in small steps: it decays below ρ·T = π/2 and grows above.
    let rate = try margin(delay: 0).rate
    for (product, isStable) in [(0.45, true), (1.4, true), (1.75, false)] {
      let delay = product / rate
      let steps = 1000
      let step = delay / Double(steps)
      var history = [Double](repeating: 1, count: steps)
      var (velocity, late) = (1.0, 0.0)
      for i in 0..<(60 * steps) {
        velocity -= step * rate * history[i % steps]
        history[i % steps] = velocity
        if i >= 59 * steps - 4 * steps { late = max(late, abs(velocity)) }
      }
      #expect((late < 1) == isStable)
      #expect((try margin(delay: delay).verdict == .unstable) == !isStable)
    }
  }

  @Test func `a mass matrix that is none is refused`() throws {
    var draws = RandomStream(seed: 1, name: "mass")
    let (gains, jacobian) = (draws.compliance(), draws.jacobian())
    let bad: [Double] = [0, -1, .nan, .infinity]
    for value in bad {
      #expect(throws: SafetyFault.singularMass) {
        _ = try GainMargin(
          compliance: gains, jacobian: jacobian, massMatrix: InlineArray(repeating: value), delay: 0
        )
      }
    }
  }

  private func margin(delay: Double) throws -> GainMargin {
    var draws = RandomStream(seed: 2, name: "verdict")
    var mass = InlineArray<49, Double>(repeating: 0)
    for i in 0..<7 { mass[i * 7 + i] = 0.5 }
    return try GainMargin(
      compliance: draws.compliance(), jacobian: draws.jacobian(), massMatrix: mass, delay: delay)
  }
}
