import Episodes
import Geometry
import Messages
import Recipes

/// What came of following a recorded episode with another arm.
public struct FollowReport: Report {
  /// The recorded file.
  public var file: String
  /// The robot that followed.
  public var robot: String
  /// Clock of the following.
  public var clock: String
  /// Way from where the arm stood to the recorded start [mm].
  public var approachMillimetres = 0.0
  /// Robot time of it [s].
  public var approachSeconds = 0.0
  /// Greatest speed of the tool on it, as measured [m/s].
  public var approachSpeed = 0.0
  /// Steps followed.
  public var steps = 0
  /// Steps recorded.
  public var recordedSteps: Int
  /// Largest distance of the tool from where it was at a step's start, seen from the target [mm].
  public var maxDivergenceMillimetres = 0.0
  /// Mean of it over the steps [mm].
  public var meanDivergenceMillimetres = 0.0
  /// Largest angle of the tool from how it was [°].
  public var maxDivergenceDegrees = 0.0
  /// Whether the recorded episode was rewarded.
  public var wasRewarded: Bool
  /// Whether this one was.
  public var isRewarded = false
  /// Whether the simulator says that it succeeded; nil on a real arm.
  public var isSuccess: Bool?
  /// How often the safety filter changed a torque.
  public var safetyInterventions = 0

  init(_ recipe: SessionRecipe, following recorded: RecordedEpisode) {
    file = recorded.path
    robot = recipe.launch.robot
    clock = recipe.launch.clock.rawValue
    recordedSteps = recorded.rewards.count
    wasRewarded = recorded.description["isRewarded"] == "true"
  }

  mutating func noteApproach(_ state: ArmState) {
    approachSpeed = max(approachSpeed, state.toolTwist.linear.length)
  }

  /// Takes how far the tool is from where it was at the start of the step after `steps`.
  mutating func note(_ error: Transform<Tool, Tool>) {
    let distance = 1e3 * error.translation.length
    maxDivergenceMillimetres = max(maxDivergenceMillimetres, distance)
    meanDivergenceMillimetres += (distance - meanDivergenceMillimetres) / Double(steps + 1)
    let angle = error.rotation.rotationVector.length * 180 / .pi
    maxDivergenceDegrees = max(maxDivergenceDegrees, angle)
  }

  mutating func note(_ result: EpisodeResult) {
    isRewarded = result.isRewarded
  }

  /// Takes what only the recorder knows.
  mutating func note(recorded description: [String: String]) {
    isSuccess = description["isSuccess"].map { $0 == "true" }
    safetyInterventions = description["safetyInterventions"].flatMap { Int($0) } ?? 0
  }

  /// The report for a person.
  public var text: String {
    let truth = isSuccess.map { $0 ? ", seated" : ", not seated" } ?? ""
    return [
      "\(file): followed by \(robot), \(clock)",
      "approach \(decimal(approachMillimetres, 0)) mm in \(decimal(approachSeconds, 1)) s, "
        + "at most \(decimal(approachSpeed, 3)) m/s",
      "\(steps) of \(recordedSteps) steps; the tool \(decimal(meanDivergenceMillimetres, 2)) mm "
        + "from where it was, at most \(decimal(maxDivergenceMillimetres, 2)) mm and "
        + "\(decimal(maxDivergenceDegrees, 2))°",
      "\(isRewarded ? "rewarded" : "not rewarded")\(truth) "
        + "(recorded: \(wasRewarded ? "rewarded" : "not rewarded")); "
        + "\(safetyInterventions) interventions of the safety filter",
    ].joined(separator: "\n")
  }
}
