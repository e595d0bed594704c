import Conformance
import Geometry
import LearningSlots
import Messages
import Randomness
import Rewards
import Testing

/// A rule about a target that is neither at the base nor upright.
private let rule = SeatedRule(
  baseFromTarget: Transform(
    rotation: Rotation(rotationVector: Vector3(2, -1, 0.5)), translation: Vector3(0.5, 0.1, 0.2)),
  depth: 0.0002, sideways: 0.001, pressing: 2, speed: 0.003, steps: 3)

/// A state by what the rule speaks of: shares of the bounds, and how the sideways part points.
private func state(
  depth: Double, sideways: Double, pressing: Double, speed: Double, _ stream: inout RandomStream
) -> ArmState {
  var state = ArmState()
  let direction = stream.vector(within: 1) * Vector3(1, 1, 0)
  let aside = sideways * rule.sideways / direction.length * direction
  let targetFromTool = Transform<Target, Tool>(
    rotation: Rotation(rotationVector: stream.vector(within: 0.2)),
    translation: aside + Vector3(0, 0, depth * rule.depth))
  state.baseFromTool = rule.baseFromTarget * targetFromTool
  state.toolWrench.force = Vector3(
    stream.uniform(eitherSide: 5), stream.uniform(eitherSide: 5), -pressing * rule.pressing)
  let velocity = stream.vector(within: 1)
  state.toolTwist.linear = speed * rule.speed / velocity.length * velocity
  return state
}

private func met(_ stream: inout RandomStream) -> ArmState {
  state(
    depth: stream.uniform(eitherSide: 0.99), sideways: 0.99 * stream.uniform(),
    pressing: 1.01 + 5 * stream.uniform(), speed: 0.99 * stream.uniform(), &stream)
}

private func broken(_ stream: inout RandomStream) -> [(bound: String, state: ArmState)] {
  let over = 1.01 + 5 * stream.uniform()
  return [
    ("too high", state(depth: -over, sideways: 0.5, pressing: 2, speed: 0.5, &stream)),
    ("too deep", state(depth: over, sideways: 0.5, pressing: 2, speed: 0.5, &stream)),
    ("sideways", state(depth: 0.5, sideways: over, pressing: 2, speed: 0.5, &stream)),
    ("not pressed", state(depth: 0.5, sideways: 0.5, pressing: 0.99, speed: 0.5, &stream)),
    ("pulled", state(depth: 0.5, sideways: 0.5, pressing: -over, speed: 0.5, &stream)),
    ("moving", state(depth: 0.5, sideways: 0.5, pressing: 2, speed: over, &stream)),
  ]
}

/// Everything but the tool's position, its velocity, and the force along the insertion axis.
private func disturb(_ state: inout ArmState, _ stream: inout RandomStream) {
  var other = stream.armState()
  other.tick = Int64(stream.index(below: 1 << 30))
  other.time = Int64(stream.index(below: 1 << 30))
  other.requiredSetpoint = stream.next()
  other.torque = stream.joints(within: 80)
  other.externalTorque = stream.joints(within: 80)
  other.baseFromTool.translation = state.baseFromTool.translation
  other.toolTwist.linear = state.toolTwist.linear
  other.toolTwist.angular = stream.vector(within: 3)
  other.toolWrench.force = Vector3(
    stream.uniform(eitherSide: 50), stream.uniform(eitherSide: 50), state.toolWrench.force.z)
  other.toolWrench.torque = stream.vector(within: 10)
  state = other
}

@Suite struct SeatedRewardTests {
  @Test func `it keeps the laws of a reward source`() {
    let cases = RewardCases(steps: 3, largest: 1, met: met, broken: broken, disturb: disturb)
    expectRewardSourceLaws(cases) { SeatedReward(rule) }
  }

  @Test(arguments: [1, 2, 7]) func `the laws hold for any number of steps`(steps: Int) {
    var longer = rule
    longer.steps = steps
    let cases = RewardCases(steps: steps, largest: 1, met: met, broken: broken, disturb: disturb)
    expectRewardSourceLaws(cases, repetitions: 10) { SeatedReward(longer) }
  }

  @Test func `a paid episode is worth 1`() {
    var stream = RandomStream(seed: 1, name: "paid")
    var reward = SeatedReward(rule)
    reward.start()
    let verdicts = (0..<3).map { _ in reward.judge(met(&stream)) }
    #expect(verdicts.map(\.reward) == [0, 0, 1])
    #expect(verdicts.map(\.ending) == [nil, nil, .terminal])
  }

  @Test func `the rule is met within its bounds and only there`() {
    var stream = RandomStream(seed: 1, name: "rule")
    for _ in 0..<200 {
      #expect(rule.isMet(by: met(&stream)))
      for (bound, state) in broken(&stream) { #expect(!rule.isMet(by: state), "\(bound)") }
    }
  }
}
