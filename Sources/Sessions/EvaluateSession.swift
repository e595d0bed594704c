import Foundation
import Geometry
import LearningSlots
import Messages
import Metrics
import OffPolicy
import Randomness
import Recipes
import Wire

/// What `evaluate` found.
///
/// Success is the simulator's truth at the episode's end.
public struct EvaluationReport: Report {
  /// Episodes run.
  public var episodes: Int
  /// Episodes that truly succeeded.
  public var successes: Int
  /// 95 % confidence interval of the success rate (Wilson).
  public var successLow: Double
  /// See `successLow`.
  public var successHigh: Double
  /// Rewarded episodes that did not truly succeed.
  public var rewardFalsePositives: Int
  /// True successes that were not rewarded.
  public var rewardFalseNegatives: Int
  /// Mean robot time from first observation to the end, over true successes [s]; nil without one.
  public var cycleSeconds: Double?
  /// Mean parts of it.
  public var phaseSeconds: PhaseSeconds?
  /// The same of the scripted expert on the same episodes, when asked for [s].
  public var expertCycleSeconds: Double?
  /// True successes of the scripted expert on the same episodes, when asked for.
  public var expertSuccesses: Int?
  /// Mean of cycle time over the kinematic bound.
  public var cycleOverBound: Double?
  /// Largest true contact force of any episode [N].
  public var peakForceNewtons: Double
  /// 95th percentile of the episodes' largest true contact force [N].
  public var peakForce95Newtons: Double
  /// Episodes in which the true contact force was over 20 N.
  public var overForce: Int
  /// Share of actions over the controller's clip, per axis.
  public var clipped: [Double]
  /// Clock of the episodes.
  public var clock: String
  /// Seed of the episodes.
  public var seed: UInt64

  /// The report for a person.
  public var text: String {
    var lines = [
      "seated \(successes) of \(episodes) (95 % interval \(decimal(100 * successLow, 1)) to "
        + "\(decimal(100 * successHigh, 1)) %), \(clock), seed \(seed)",
      "reward false positives \(rewardFalsePositives), false negatives \(rewardFalseNegatives)",
      cycle,
      "peak contact force \(decimal(peakForceNewtons, 1)) N "
        + "(95 % of episodes below \(decimal(peakForce95Newtons, 1)) N, \(overForce) over 20 N)",
      "clipped actions x y z rx ry rz: "
        + clipped.map { decimal(100 * $0, 0) + " %" }.joined(separator: " "),
    ]
    if let expertSuccesses {
      let cycle = expertCycleSeconds.map { ", cycle \(decimal($0, 2)) s" } ?? ""
      lines.append("expert on the same episodes: \(expertSuccesses) seated\(cycle)")
    }
    return lines.joined(separator: "\n")
  }

  private var cycle: String {
    guard let cycleSeconds, let cycleOverBound, let phaseSeconds else {
      return "no cycle: none was seated"
    }
    return "cycle \(decimal(cycleSeconds, 2)) s, \(decimal(cycleOverBound, 2)) times the "
      + "kinematic bound\nof it \(phaseSeconds.text)"
  }
}

/// Runs a policy on episodes that count, beside the simulator's truth.
struct EvaluateSession {
  let session: SessionContext
  let episodes: Int
  /// Called with a line for each episode that failed and for each tenth.
  let say: (String) -> Void

  /// Results of one policy.
  func run<P: Policy>(_ policy: P) throws -> EvaluationReport {
    var truth = try session.client(of: .truth, role: "driver")
    var loop = try EpisodeLoop(session, isEvaluation: true)
    var actor = FixedActor(
      policy, stream: RandomStream(seed: session.recipe.launch.seed, name: "evaluation"))
    var tally = EvaluationTally(bound: KinematicBound(session.recipe))
    for episode in 0..<episodes {
      let result = try loop.run(UInt64(episode), with: &actor)
      guard case .truth(let found) = try truth.call(.truthRequest, within: .seconds(10)) else {
        throw SessionFailure("the driver's truth socket sent something else")
      }
      tally.add(result, truth: found)
      if !found.isSuccess { say(failure(of: result, found)) }
      let done = episode + 1
      if done.isMultiple(of: 10) { say("\(tally.successes) of \(done) seated") }
      if session.isAskedToFinish { break }
    }
    loop.stopAll(reason: "evaluation finished")
    return tally.report(session.recipe.launch)
  }

  private func failure(of result: EpisodeResult, _ truth: Truth) -> String {
    "episode \(result.episode) failed after \(decimal(result.seconds, 1)) s: "
      + "\(truth.pinsInHoles) of \(truth.pins) pins in their holes, "
      + "\(decimal(1e3 * truth.remainingDepth, 2)) mm from seated, "
      + "peak force \(decimal(truth.peakContactForce, 1)) N"
      + (result.isRewarded ? ", rewarded all the same" : "")
  }
}

/// The least time in which the speed caps let an insertion happen: the slowest axis to the board, and
/// from there the pins' length.
struct KinematicBound {
  private let compliance: Compliance
  private let length: Double

  init(_ recipe: SessionRecipe) {
    compliance = recipe.task.compliance
    length = recipe.task.connector.length
  }

  /// The bound from a start pose [s].
  ///
  /// An axis' cap is K·clip/D.
  func seconds(from start: Transform<Target, Tool>) -> Double {
    let speed = compliance.translationalStiffness / compliance.translationalDamping
    let turnSpeed = compliance.rotationalStiffness / compliance.rotationalDamping
    // The target looks down: its x is the base's, its y and z are against the base's.
    let x = start.translation.x > 0 ? compliance.clipAgainst.x : compliance.clipToward.x
    let y = start.translation.y > 0 ? compliance.clipToward.y : compliance.clipAgainst.y
    let down = compliance.clipAgainst.z
    let turn = start.rotation.rotationVector
    var slowest = max(abs(start.translation.x) / x, abs(start.translation.y) / y) / speed
    slowest = max(slowest, (-start.translation.z - length) / (down * speed))
    for axis in 0..<3 {
      slowest = max(slowest, abs(turn[axis]) / (compliance.clipRotation[axis] * turnSpeed))
    }
    return slowest + length / (down * speed)
  }
}

/// Adds up what episodes showed.
struct EvaluationTally {
  private(set) var successes = 0
  private let bound: KinematicBound
  private var episodes = 0
  private var falsePositives = 0
  private var falseNegatives = 0
  private var seconds: [Double] = []
  private var ratios: [Double] = []
  private var phases: [PhaseSeconds] = []
  private var forces: [Double] = []
  private var clipped = [Double](repeating: 0, count: ObservationLayout.actionSize)

  init(bound: KinematicBound) { self.bound = bound }

  mutating func add(_ result: EpisodeResult, truth: Truth) {
    episodes += 1
    forces.append(truth.peakContactForce)
    for axis in clipped.indices { clipped[axis] += result.clipped[axis] }
    if truth.isSuccess {
      successes += 1
      seconds.append(result.seconds)
      ratios.append(result.seconds / bound.seconds(from: result.targetFromStart))
      phases.append(result.phases.parts(of: result.seconds))
      if !result.isRewarded { falseNegatives += 1 }
    } else if result.isRewarded {
      falsePositives += 1
    }
  }

  func report(_ launch: LaunchRecipe) -> EvaluationReport {
    let interval = Proportion(successes: successes, trials: episodes).interval()
    let sorted = forces.sorted()
    let mean = { (list: [Double]) in
      list.reduce(0, +) / Double(list.count)
    }
    let hasCycle = !seconds.isEmpty
    return EvaluationReport(
      episodes: episodes, successes: successes, successLow: interval.lowerBound,
      successHigh: interval.upperBound, rewardFalsePositives: falsePositives,
      rewardFalseNegatives: falseNegatives, cycleSeconds: hasCycle ? mean(seconds) : nil,
      phaseSeconds: hasCycle
        ? PhaseSeconds(
          approach: mean(phases.map(\.approach)), search: mean(phases.map(\.search)),
          seating: mean(phases.map(\.seating))) : nil, expertCycleSeconds: nil,
      expertSuccesses: nil, cycleOverBound: hasCycle ? mean(ratios) : nil,
      peakForceNewtons: sorted.last ?? 0,
      peakForce95Newtons: sorted.isEmpty ? 0 : sorted[(sorted.count - 1) * 95 / 100],
      overForce: forces.count { $0 > 20 },
      clipped: clipped.map { $0 / Double(max(1, episodes)) },
      clock: launch.clock.rawValue, seed: launch.seed)
  }
}
