import Messages
import Metrics
import Recipes

/// When a training is over, by rewards and steps of all its actors; never by the truth.
///
/// In lock-step what it decides for transition n of an actor depends on the transitions below n of
/// each actor alone, not on when they came.
struct FinishRule {
  private struct End {
    var place: UInt64
    var actor: UInt32
    var isRewarded: Bool
  }

  private let limits: LaunchRecipe.Finish
  private let isInRounds: Bool
  /// In the order of their places.
  private var ends: [End] = []
  private var lengths: [UInt32: UInt64] = [:]
  /// Up to where it has decided.
  private var decided: UInt64 = 0
  private var verdict: (place: UInt64, reason: Summary.FinishReason)?

  init(_ limits: LaunchRecipe.Finish, clock: LaunchRecipe.Clock) {
    self.limits = limits
    isInRounds = clock == .lockstep
  }

  /// Takes the next transition of an actor's stream.
  mutating func add(_ transition: Transition, from actor: UInt32) {
    lengths[actor, default: 0] += 1
    guard let ending = transition.ending else { return }
    let place = isInRounds ? transition.sequence + 1 : lengths.values.reduce(0, +)
    let end = End(
      place: place, actor: actor, isRewarded: ending == .terminal && transition.reward > 0)
    let behind = ends.lastIndex { ($0.place, $0.actor) < (place, actor) } ?? -1
    ends.insert(end, at: behind + 1)
  }

  /// Takes what there is as decided: the training went on after it.
  mutating func goOn() { decided = isInRounds ? lengths.values.max() ?? 0 : 0 }

  /// Why the training is over for an actor that is to go on with a transition; nil while it is not.
  ///
  /// In lock-step every actor that has not left must have sent what lies below it.
  mutating func reason(before sequence: UInt64) -> Summary.FinishReason? {
    guard isInRounds else {
      let all = lengths.values.reduce(0, +)
      verdict = verdict ?? decide(at: all).map { (all, $0) }
      return verdict?.reason
    }
    for place in Set(ends.map(\.place)).sorted()
    where place > decided && place <= sequence && verdict == nil {
      verdict = decide(at: place).map { (place, $0) }
    }
    decided = max(decided, sequence)
    guard let verdict, verdict.place <= sequence else { return nil }
    return verdict.reason
  }

  private func decide(at place: UInt64) -> Summary.FinishReason? {
    let latest = ends.filter { $0.place <= place }.map(\.isRewarded)
    if latest.count >= limits.window,
      successShare(of: latest.suffix(limits.window)) >= limits.success
    {
      return .success
    }
    let steps = lengths.values.reduce(0) { $0 + (isInRounds ? min($1, place) : $1) }
    return steps >= UInt64(limits.steps) ? .steps : nil
  }
}

/// Rewarded share of episodes; 0 of none.
func successShare(of rewarded: some Collection<Bool>) -> Double {
  rewarded.isEmpty ? 0 : Double(rewarded.count { $0 }) / Double(rewarded.count)
}
