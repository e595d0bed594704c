import LearningSlots
import Metrics
import OffPolicy
import Randomness
import RealTime
import Recipes
import Tensors

/// How fast the learner learns on random data.
public struct LearnerReport: Report {
  /// Components of an observation.
  public var observation: Int
  /// Components of an action.
  public var action: Int
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
  /// Transitions that the batches are drawn from within the time; 0 where one batch serves all.
  public var transitions: Int
  /// Critic updates measured.
  public var updates: Int
  /// Critic updates per second, their share of actor updates included; median of the blocks.
  public var updatesPerSecond: Double
  /// Operations of an update's matrix products, counted from the shapes [10⁹].
  public var gigaOperationsPerUpdate: Double
  /// Those per second [10⁹/s].
  public var gflops: Double
  /// Multiply-adds between registers alone, on the same threads between the blocks [10⁹/s].
  public var peakGflops: Double
  /// Median over the blocks of the one over the other.
  public var peakShare: Double
  /// Heap allocations of one update by the calling thread, after warm-up.
  public var allocationsPerUpdate: Double
  /// Page faults of the process per update, after warm-up.
  public var pageFaultsPerUpdate: Double
  /// Where the calling thread's time goes.
  public var shares: LearnerShares

  /// The report for a person.
  public var text: String {
    """
    learner, \(observation) numbers to \(action), \(ensemble) critics of width \(width), \
    \(drawn) drawn, batch \(batch)\(transitions > 0 ? " of \(transitions)" : ""), \
    an actor update every \(criticsPerActor), \(threads) threads
      updates         \(decimal(updatesPerSecond, 1)) a second over \(updates)
      products        \(decimal(gflops, 1)) of \(decimal(peakGflops, 1)) GFLOP/s, \
    \(decimal(100 * peakShare, 1)) % of this machine's peak in the same seconds
      time            \(shares.text)
      allocations     \(decimal(allocationsPerUpdate, 3)) an update
      page faults     \(decimal(pageFaultsPerUpdate, 3)) an update
    """
  }
}

/// Shares of an update's time, on the calling thread.
public struct LearnerShares: Encodable, Sendable {
  /// Matrix products, packing and the sums of gradients among them.
  public var products: Double
  /// Layer normalisation with tanh.
  public var normalisation: Double
  /// Adam.
  public var optimiser: Double
  /// Averaging of target critics.
  public var averaging: Double
  /// Draws, squashing and lone activations.
  public var elementwise: Double
  /// The rest: losses, concatenations, draws of a batch, and waiting for other threads in layers.
  public var other: Double

  init(_ shares: [KernelWork: Double]) {
    products = shares[.products] ?? 0
    normalisation = shares[.normalisation] ?? 0
    optimiser = shares[.optimiser] ?? 0
    averaging = shares[.averaging] ?? 0
    elementwise = shares[.elementwise] ?? 0
    other = 1 - shares.values.reduce(0, +)
  }

  var text: String {
    [
      ("products", products), ("normalisation", normalisation), ("Adam", optimiser),
      ("averaging", averaging), ("elementwise", elementwise), ("other", other),
    ].map { "\($0.0) \(decimal(100 * $0.1, 1)) %" }.joined(separator: ", ")
  }
}

/// What one action of a policy costs.
public struct PolicyReport: Report {
  /// Actions measured.
  public var actions: Int
  /// From a scaled observation to a drawn action, median [µs].
  public var medianMicroseconds: Double
  /// 99 of 100 actions took at most this [µs].
  public var p99Microseconds: Double
  /// Heap allocations of one action.
  public var allocationsPerAction: Double

  /// The report for a person.
  public var text: String {
    """
    policy, one observation at a time, \(actions) actions
      action          \(Spread(median: medianMicroseconds, p99: p99Microseconds).text)
      allocations     \(decimal(allocationsPerAction, 3)) an action
    """
  }
}

extension RLPDConfiguration {
  /// SERL's learner for a Franka without cameras: what `kinglet bench learner` measures unless told
  /// otherwise.
  static var benchmark: Self {
    var configuration = Self(observationSize: 22, actionSize: 7)
    configuration.ensemble = 10
    return configuration
  }
}

/// Sizes of a bench that differ from those of its configuration.
public struct LearnerSizes: Sendable {
  /// Components of an observation; the magnified inputs of a recipe belong to its own and then go.
  public var observation: Int?
  /// Components of an action; likewise.
  public var action: Int?
  /// Critics.
  public var ensemble: Int?
  /// Target critics in the minimum.
  public var drawn: Int?
  /// Units of a hidden layer.
  public var width: Int?
  /// Transitions of an update.
  public var batch: Int?
  /// Threads of an update.
  public var threads: Int?
  /// Critic updates per actor update.
  public var criticsPerActor: Int?

  /// No difference.
  public init() {}

  func applied(to base: RLPDConfiguration) throws -> RLPDConfiguration {
    var result = base
    if observation != nil || action != nil {
      let plain = RLPDConfiguration(
        observationSize: observation ?? base.observationSize,
        actionSize: action ?? base.actionSize)
      (result.observationSize, result.actionSize) = (plain.observationSize, plain.actionSize)
      (result.fineWidths, result.setpoints) = (plain.fineWidths, plain.setpoints)
    }
    result.ensemble = ensemble ?? result.ensemble
    result.drawn = drawn ?? min(result.drawn, result.ensemble)
    result.width = width ?? result.width
    result.batchRows = batch ?? result.batchRows
    result.threads = threads ?? result.threads
    result.criticsPerActor = criticsPerActor ?? result.criticsPerActor
    guard (1...result.ensemble).contains(result.drawn) else {
      throw SessionFailure(
        "--drawn \(result.drawn): there are \(result.ensemble) critics; draw 1 to that many")
    }
    return result
  }
}

extension Commands {
  /// Measures updates of the learner: `kinglet bench learner`.
  ///
  /// Without a recipe's file, of `RLPDConfiguration.benchmark`. Batches are drawn from so many
  /// transitions within the time; with 0 one batch lies ready.
  public static func benchLearner(
    file: String?, overrides: [String], sizes: LearnerSizes, transitions: Int, updates: Int
  ) throws -> LearnerReport {
    benchLearner(
      try sized(sizes, file: file, overrides: overrides), transitions: transitions,
      updates: updates)
  }

  private static func sized(
    _ sizes: LearnerSizes, file: String?, overrides: [String]
  ) throws -> RLPDConfiguration {
    let base = try file.map {
      RLPDConfiguration(try SessionRecipe.load(launchFile: $0, overrides: overrides))
    }
    return try sizes.applied(to: base ?? .benchmark)
  }

  private static func benchLearner(
    _ configuration: RLPDConfiguration, transitions: Int, updates: Int
  ) -> LearnerReport {
    var bench = LearnerBench(configuration, transitions: transitions)
    // Whole rounds of critic and actor updates, so that each block does the same work.
    let round = configuration.criticsPerActor
    let rounds = max(1, updates / (9 * round))
    bench.update(2 * round)
    let blocks = (0..<9).map { _ in bench.block(rounds * round) }
    let work = configuration.operationsPerUpdate
    let faults = PageFaults.total
    let allocations = AllocationCount.during { bench.update(3 * round) }
    let faulted = PageFaults.total - faults
    let rate = median(blocks.map(\.updatesPerSecond))
    return LearnerReport(
      observation: configuration.observationSize, action: configuration.actionSize,
      ensemble: configuration.ensemble, drawn: configuration.drawn, width: configuration.width,
      batch: configuration.batchRows, threads: configuration.threads,
      criticsPerActor: configuration.criticsPerActor, transitions: transitions,
      updates: 9 * rounds * round,
      updatesPerSecond: rate, gigaOperationsPerUpdate: work * 1e-9, gflops: rate * work * 1e-9,
      peakGflops: median(blocks.map(\.peak)) * 1e-9,
      peakShare: median(blocks.map { $0.updatesPerSecond * work / $0.peak }),
      allocationsPerUpdate: Double(allocations) / Double(3 * round),
      pageFaultsPerUpdate: Double(faulted) / Double(3 * round),
      shares: LearnerShares(bench.shares(of: rounds * round)))
  }

  /// Measures inference for a batch of one: `kinglet bench policy`.
  ///
  /// Without a recipe's file, of `RLPDConfiguration.benchmark`.
  public static func benchPolicy(
    file: String?, overrides: [String], sizes: LearnerSizes, actions: Int
  ) throws -> PolicyReport {
    let configuration = try sized(sizes, file: file, overrides: overrides)
    let policy = RLPD(configuration, seed: 1).snapshot()
    let (times, count) = time(policy, actions: actions)
    let spread = Spread(nanoseconds: times)
    return PolicyReport(
      actions: actions, medianMicroseconds: spread.median, p99Microseconds: spread.p99,
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
