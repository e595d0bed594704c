public import LearningSlots
import Randomness
import Testing

/// The sizes of what a policy or a learner is asked about.
public struct PolicySizes: Sendable {
  /// Components of an observation.
  public var observation: Int
  /// Components of an action.
  public var action: Int

  /// Both sizes.
  public init(observation: Int, action: Int) {
    self.observation = observation
    self.action = action
  }
}

/// The laws of every policy, over random observations.
///
/// `make` gives the same policy each time.
public func expectPolicyLaws<P: Policy>(
  _ sizes: PolicySizes, seed: UInt64 = 1, cases: Int = 30, _ make: () -> P
) {
  for index in 0..<cases {
    var draws = RandomStream(seed: seed, name: "policy laws", index: UInt64(index))
    expectActionsInRange(make(), sizes, &draws)
    expectEqualEpisodes(make(), make(), sizes, &draws)
    expectEpisodesApart(make(), sizes, &draws)
  }
}

/// A finite observation, however large its numbers, gives every action component, in -1…1.
private func expectActionsInRange<P: Policy>(
  _ policy: P, _ sizes: PolicySizes, _ draws: inout RandomStream
) {
  let scales: [Float] = [0, 1e-30, 0.1, 1, 10, 1e6, 1e20, .greatestFiniteMagnitude]
  var episode = PolicyEpisode(policy, seed: 1)
  for scale in scales {
    var observation = draws.observation(sizes.observation, scale: scale)
    expectInRange(episode.act(on: observation, sizes), scale)
    // One component alone out of bounds, as a broken sensor gives it.
    observation = draws.observation(sizes.observation, scale: 1)
    observation[draws.index(below: sizes.observation)] = scale
    expectInRange(episode.act(on: observation, sizes), scale)
  }
}

private func expectInRange(_ action: [Float], _ scale: Float) {
  #expect(action.allSatisfy { abs($0) <= 1 }, "\(action) on an observation up to \(scale)")
}

/// The same observations and the same stream give the same actions and the same draws, bit by bit.
private func expectEqualEpisodes<P: Policy>(
  _ first: P, _ second: P, _ sizes: PolicySizes, _ draws: inout RandomStream
) {
  let seed = draws.next()
  var one = PolicyEpisode(first, seed: seed)
  var other = PolicyEpisode(second, seed: seed)
  for _ in 0..<10 {
    let observation = draws.observation(sizes.observation, scale: 1)
    #expect(one.act(on: observation, sizes) == other.act(on: observation, sizes))
    #expect(one.stream == other.stream, "equal episodes drew different numbers")
  }
}

/// All memory is in the carry: another episode of the same policy, before or between, changes nothing.
private func expectEpisodesApart<P: Policy>(
  _ policy: P, _ sizes: PolicySizes, _ draws: inout RandomStream
) {
  let seed = draws.next()
  let observations = (0..<10).map { _ in draws.observation(sizes.observation, scale: 1) }
  var alone = PolicyEpisode(policy, seed: seed)
  let expected = observations.map { alone.act(on: $0, sizes) }
  var between = PolicyEpisode(policy, seed: draws.next())
  var again = PolicyEpisode(policy, seed: seed)
  for (observation, action) in zip(observations, expected) {
    _ = between.act(on: draws.observation(sizes.observation, scale: 1), sizes)
    #expect(again.act(on: observation, sizes) == action, "an episode changed another")
  }
}

/// A policy with the carry and the stream of one episode.
struct PolicyEpisode<P: Policy> {
  let policy: P
  var carry: P.Carry
  var stream: RandomStream

  init(_ policy: P, seed: UInt64) {
    self.policy = policy
    carry = policy.start()
    stream = RandomStream(seed: seed, name: "policy episode")
  }

  /// The next action; a component that the policy leaves out is NaN.
  mutating func act(on observation: [Float], _ sizes: PolicySizes) -> [Float] {
    var action = [Float](repeating: .nan, count: sizes.action)
    var room = action.mutableSpan
    policy.act(&carry, on: observation.span, into: &room, using: &stream)
    return action
  }
}

extension RandomStream {
  /// Numbers uniform either side of zero.
  mutating func observation(_ size: Int, scale: Float) -> [Float] {
    (0..<size).map { _ in Float(uniform(eitherSide: 1)) * scale }
  }
}
