import Geometry
public import LearningSlots
public import Messages
public import Randomness
import Testing

/// States of one reward source's rule, as its tests draw them.
public struct RewardCases {
  /// Steps in a row for which the rule must hold.
  public var steps: Int
  /// Largest reward, either sign.
  public var largest: Float
  /// A state that satisfies every bound.
  public var met: (inout RandomStream) -> ArmState
  /// One state per bound, each breaking that bound alone, and the bound's name.
  public var broken: (inout RandomStream) -> [(bound: String, state: ArmState)]
  /// Changes every field of a state that the rule does not speak of.
  public var disturb: (inout ArmState, inout RandomStream) -> Void

  /// Cases of their parts.
  public init(
    steps: Int, largest: Float, met: @escaping (inout RandomStream) -> ArmState,
    broken: @escaping (inout RandomStream) -> [(bound: String, state: ArmState)],
    disturb: @escaping (inout ArmState, inout RandomStream) -> Void
  ) {
    self.steps = steps
    self.largest = largest
    self.met = met
    self.broken = broken
    self.disturb = disturb
  }
}

/// The laws of every reward source that pays once a rule has held for some steps in a row.
///
/// `make` gives a fresh source of the rule that `cases` speaks of.
public func expectRewardSourceLaws<Source: RewardSource & ~Copyable>(
  _ cases: RewardCases, seed: UInt64 = 1, repetitions: Int = 50, _ make: () -> Source
) {
  for index in 0..<repetitions {
    var draws = RandomStream(seed: seed, name: "reward laws", index: UInt64(index))
    expectBounded(make(), cases, &draws)
    expectPaidInARow(make(), cases, &draws)
    expectEveryBoundCounts(make(), cases, &draws)
    expectStartForgets(make(), cases, &draws)
    expectOnlyTheRuleCounts(make(), make(), cases, &draws)
  }
}

/// Whatever the sensors say, the reward is finite and bounded, and only a terminal ending is judged.
private func expectBounded<Source: RewardSource & ~Copyable>(
  _ made: consuming Source, _ cases: RewardCases, _ draws: inout RandomStream
) {
  var source = made
  source.start()
  let extremes = [Double.greatestFiniteMagnitude, 1e150, 1e-300, .infinity, -.infinity, .nan]
  for step in 0..<30 {
    var state = step % 3 == 0 ? cases.met(&draws) : draws.armState()
    let value = extremes[draws.index(below: extremes.count)]
    switch step % 6 {
    case 1: state.baseFromTool.translation[draws.index(below: 3)] = value
    case 2: state.toolWrench.force[draws.index(below: 3)] = value
    case 4: state.toolTwist.linear[draws.index(below: 3)] = value
    case 5: state.baseFromTool.rotation = .init(w: value, x: 0, y: 1, z: 0)
    default: break
    }
    let verdict = source.judge(state)
    #expect(abs(verdict.reward) <= cases.largest, "a reward of \(verdict.reward)")
    #expect(verdict.ending == nil || verdict.ending == .terminal, "a limit is not the reward's")
  }
}

/// Nothing until the rule has held for its steps in a row, then a reward and the end.
private func expectPaidInARow<Source: RewardSource & ~Copyable>(
  _ made: consuming Source, _ cases: RewardCases, _ draws: inout RandomStream
) {
  var source = made
  source.start()
  for _ in 1..<cases.steps {
    #expect(source.judge(cases.met(&draws)) == Judgement(reward: 0), "paid before its time")
  }
  let verdict = source.judge(cases.met(&draws))
  #expect(verdict.reward > 0 && verdict.ending == .terminal, "not paid: \(verdict)")
  #expect(verdict.reward <= cases.largest, "a reward of \(verdict.reward)")
}

/// One state that breaks one bound gives nothing and starts the count anew.
private func expectEveryBoundCounts<Source: RewardSource & ~Copyable>(
  _ made: consuming Source, _ cases: RewardCases, _ draws: inout RandomStream
) {
  var source = made
  for (bound, state) in cases.broken(&draws) {
    source.start()
    for _ in 1..<cases.steps { _ = source.judge(cases.met(&draws)) }
    #expect(source.judge(state) == Judgement(reward: 0), "paid in spite of \(bound)")
    for _ in 1..<cases.steps {
      #expect(source.judge(cases.met(&draws)) == Judgement(reward: 0), "\(bound) is forgotten")
    }
    #expect(source.judge(cases.met(&draws)).reward > 0, "not paid again after \(bound)")
  }
}

/// A start leaves nothing of the episode before.
private func expectStartForgets<Source: RewardSource & ~Copyable>(
  _ made: consuming Source, _ cases: RewardCases, _ draws: inout RandomStream
) {
  var source = made
  for before in 0...cases.steps {
    source.start()
    for _ in 0..<before { _ = source.judge(cases.met(&draws)) }
    source.start()
    for _ in 1..<cases.steps {
      #expect(source.judge(cases.met(&draws)) == Judgement(reward: 0), "a start does not count")
    }
    #expect(source.judge(cases.met(&draws)).reward > 0)
  }
}

/// Two histories that differ only in what the rule does not speak of are judged alike.
private func expectOnlyTheRuleCounts<Source: RewardSource & ~Copyable>(
  _ first: consuming Source, _ second: consuming Source, _ cases: RewardCases,
  _ draws: inout RandomStream
) {
  var one = first
  var other = second
  one.start()
  other.start()
  for _ in 0..<40 {
    let broken = cases.broken(&draws)
    let isMet = draws.index(below: 4) > 0
    let state = isMet ? cases.met(&draws) : broken[draws.index(below: broken.count)].state
    var disturbed = state
    cases.disturb(&disturbed, &draws)
    #expect(one.judge(state) == other.judge(disturbed), "a field outside the rule counts")
  }
}
