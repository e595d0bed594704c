import LearningSlots
import Metrics
import OffPolicy
import Randomness
import RealTime
import Recipes

/// How fast the learner learns on random data of the task's sizes.
public struct LearnerReport: Report {
  /// Critics.
  public var ensemble: Int
  /// Target critics in the minimum.
  public var drawn: Int
  /// Units of a hidden layer.
  public var width: Int
  /// Transitions of an update.
  public var batch: Int
  /// Threads of an update.
  public var threads: Int
  /// Critic updates per actor update.
  public var criticsPerActor: Int
  /// Critic updates measured.
  public var updates: Int
  /// Critic updates per second, their share of actor updates included.
  public var updatesPerSecond: Double
  /// Heap allocations of one update by the calling thread, after warm-up.
  public var allocationsPerUpdate: Double

  /// The report for a person.
  public var text: String {
    """
    learner, \(ensemble) critics of width \(width), \(drawn) drawn, batch \(batch), \
    \(threads) threads
      updates         \(decimal(updatesPerSecond, 1)) a second over \(updates)
      allocations     \(decimal(allocationsPerUpdate, 3)) an update
    """
  }
}

/// What one action of a policy costs.
public struct PolicyReport: Report {
  /// Actions measured.
  public var actions: Int
  /// From a scaled observation to a drawn action [µs].
  public var actionMicroseconds: Spread
  /// Heap allocations of one action.
  public var allocationsPerAction: Double

  /// The report for a person.
  public var text: String {
    """
    policy, one observation at a time, \(actions) actions
      action          \(actionMicroseconds.text)
      allocations     \(decimal(allocationsPerAction, 3)) an action
    """
  }
}

extension Commands {
  /// Measures updates of the learner: `kinglet bench learner`.
  public static func benchLearner(
    file: String, overrides: [String], updates: Int
  ) throws -> LearnerReport {
    let session = try SessionRecipe.load(launchFile: file, overrides: overrides)
    let recipe = session.launch.learner
    let configuration = RLPDConfiguration(session)
    return LearnerReport(
      ensemble: recipe.ensemble, drawn: recipe.drawn, width: recipe.width, batch: recipe.batch,
      threads: recipe.threads, criticsPerActor: recipe.criticsPerActor, updates: updates,
      updatesPerSecond: LearnerBench.updatesPerSecond(configuration, updates: updates),
      allocationsPerUpdate: allocations(configuration))
  }

  /// Over so many rounds of critic and actor updates that neither kind is missed.
  private static func allocations(_ configuration: RLPDConfiguration) -> Double {
    var learner = RLPD(configuration, seed: 1)
    let batch = LearnerBench.randomBatch(configuration, seed: 1)
    let updates = 3 * configuration.criticsPerActor
    for _ in 0..<updates { _ = learner.update(from: batch) }
    let count = AllocationCount.during {
      for _ in 0..<updates { _ = learner.update(from: batch) }
    }
    return Double(count) / Double(updates)
  }

  /// Measures inference for a batch of one: `kinglet bench policy`.
  public static func benchPolicy(
    file: String, overrides: [String], actions: Int
  ) throws -> PolicyReport {
    let session = try SessionRecipe.load(launchFile: file, overrides: overrides)
    let policy = RLPD(RLPDConfiguration(session), seed: 1).snapshot()
    let (times, count) = time(policy, actions: actions)
    return PolicyReport(
      actions: actions, actionMicroseconds: Spread(nanoseconds: times),
      allocationsPerAction: Double(count) / Double(max(1, actions)))
  }

  /// Times of `actions` actions on random observations [ns], after a hundred more, and how often
  /// the heap was asked for memory within them.
  private static func time(
    _ policy: GaussianPolicy, actions: Int
  ) -> (times: [Int64], allocations: UInt64) {
    var stream = RandomStream(seed: 1, name: "bench.policy")
    var observation = [Float](repeating: 0, count: policy.observationSize)
    var action = [Float](repeating: 0, count: policy.actionSize)
    var carry = policy.start()
    var times: [Int64] = []
    times.reserveCapacity(actions)
    var allocations: UInt64 = 0
    for index in -100..<actions {
      for place in observation.indices { observation[place] = Float(stream.uniform(eitherSide: 2)) }
      let before = AllocationCount.total
      let start = MonotonicClock.now
      var room = action.mutableSpan
      policy.act(&carry, on: observation.span, into: &room, using: &stream)
      guard index >= 0 else { continue }
      times.append(MonotonicClock.now - start)
      allocations += AllocationCount.total - before
    }
    return (times, allocations)
  }
}
