import Episodes
import Messages

/// Runs a recorded episode again: from its first record, with its actions, through driver, controller
/// and reward.
struct ReplaySession {
  let session: SessionContext
  let recorded: RecordedEpisode

  /// Runs it; what came of it is recorded like any other episode.
  func run() throws {
    guard let world = recorded.origin.world else {
      throw SessionFailure(
        "\(recorded.path): recorded on a real arm, whose world cannot be put back; "
          + "use --mode state")
    }
    var loop = try EpisodeLoop(session, isEvaluation: recorded.origin.start.isEvaluation)
    var episode = try loop.begin(again: recorded.origin, in: world)
    var isOver = false
    for action in recorded.actions.prefix(recorded.rewards.count) where !isOver {
      let choice = ActorChoice(
        numbers: action.asked, version: action.policyVersion, intended: action.intended)
      isOver = try loop.step(choice, in: &episode).ending != nil
      if session.isAskedToFinish { throw SessionFailure("told to stop") }
    }
    if !isOver { try loop.leave(episode) }
    loop.stopAll(reason: "replay finished")
  }
}

/// How a recorded episode compares with itself run again.
public struct RerunReport: Report {
  /// The recorded file.
  public var file: String
  /// Steps compared.
  public var steps: Int
  /// Ticks compared.
  public var ticks: Int
  /// Whether everything came again to the last bit.
  public var identical: Bool
  /// What differed first.
  public var firstDifference: String?
  /// Largest distance of the tool from where it was [mm].
  public var maxDivergenceMillimetres: Double
  /// Largest angle of the tool from how it was [°].
  public var maxDivergenceDegrees: Double
  /// Largest difference of the estimated force [N].
  public var maxDivergenceNewtons: Double
  /// Largest distance in each step [mm].
  public var stepDivergenceMillimetres: [Double]
  /// Whether the episode was recorded by the same build on the same kind of processor, in lock-step.
  public var isExactnessDue: Bool
  /// Why it is not, for a person; empty when it is.
  public var excuses: [String]
  /// Whether the episode came again as it must: exactly where that is due, else every tick within
  /// `toleranceMillimetres` and `toleranceDegrees` and every verdict the same.
  public var passes: Bool
  /// Tolerance where exactness is not due [mm].
  public var toleranceMillimetres = 0.5
  /// Tolerance where exactness is not due [°].
  public var toleranceDegrees = 0.5

  init(_ recorded: RecordedEpisode, _ comparison: EpisodeComparison, excuses: [String]) {
    file = recorded.path
    steps = comparison.steps
    ticks = comparison.ticks
    identical = comparison.isIdentical
    firstDifference = comparison.firstDifference
    maxDivergenceMillimetres = 1e3 * comparison.distance
    maxDivergenceDegrees = comparison.angle * 180 / .pi
    maxDivergenceNewtons = comparison.force
    stepDivergenceMillimetres = comparison.stepDistances.map { 1e3 * $0 }
    self.excuses = excuses
    isExactnessDue = excuses.isEmpty
    passes = comparison.isIdentical
    if !passes, !isExactnessDue {
      passes =
        maxDivergenceMillimetres <= toleranceMillimetres
        && maxDivergenceDegrees <= toleranceDegrees
        && comparison.hasSameVerdicts && comparison.steps == recorded.rewards.count
        && comparison.ticks == recorded.states.count
    }
  }

  /// The report for a person.
  public var text: String {
    var lines = ["\(file): \(steps) steps, \(ticks) ticks run again"]
    if identical {
      lines.append("identical to the last bit")
    } else {
      lines.append("first difference: \(firstDifference ?? "none")")
      lines.append(
        "largest divergence \(decimal(maxDivergenceMillimetres, 4)) mm, "
          + "\(decimal(maxDivergenceDegrees, 4))°, \(decimal(maxDivergenceNewtons, 3)) N")
      for (step, distance) in stepDivergenceMillimetres.enumerated() where distance > 0 {
        lines.append("  step \(step): \(decimal(distance, 5)) mm")
      }
    }
    lines += excuses.map { "not due to be exact: \($0)" }
    lines.append(
      passes
        ? "verdict: the recording came again" : "verdict: the recording did NOT come again")
    return lines.joined(separator: "\n")
  }
}
