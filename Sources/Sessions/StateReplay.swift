import Episodes
import Foundation
import Geometry
import Messages
import RealTime
import Recipes
import SimulatedWorld

/// How a recorded episode is shown.
public struct ShowOptions: Sendable {
  /// Robot time per time on the wall; nil as fast as it goes.
  public var speed: Double?
  /// Called between steps; shows the next one when it returns true, else no more.
  public var awaitStep: (@Sendable () -> Bool)?
  /// A picture of the last step.
  public var png: String?
  /// A film.
  public var video: String?
  /// Width of one view [pixels].
  public var width = 640
  /// Height of one view [pixels].
  public var height = 480

  /// As fast as it goes, without pictures.
  public init() {}
}

/// What came of showing a recorded episode.
public struct ShownReport: Report {
  /// The recorded file.
  public var file: String
  /// Steps shown.
  public var steps: Int
  /// Whether the recorded states put the part, to the last bit, where the simulator had it.
  public var identical: Bool
  /// Largest distance of the part from where it was [mm].
  public var maxDivergenceMillimetres: Double
  /// No force is computed when states are shown.
  public var maxDivergenceNewtons = 0.0
  /// Pictures drawn.
  public var frames: Int
  /// What drew them, such as "egl, llvmpipe".
  public var renderer: String?

  /// The report for a person.
  public var text: String {
    var lines = ["\(file): \(steps) steps shown"]
    lines.append(
      identical
        ? "each state puts the part where it was, to the last bit"
        : "the part is up to \(decimal(maxDivergenceMillimetres, 4)) mm from where it was: "
          + "another model or another kind of processor")
    if let renderer { lines.append("\(frames) pictures drawn with \(renderer)") }
    return lines.joined(separator: "\n")
  }
}

/// Shows a recorded episode again from its simulator states.
struct StateReplay {
  let recorded: RecordedEpisode
  let recipe: SessionRecipe
  let options: ShowOptions
  let say: (String) -> Void

  /// Shows every step.
  func run() throws -> ShownReport {
    guard let start = recorded.origin.world else {
      throw SessionFailure("\(recorded.path): recorded on a real arm; there is nothing to show")
    }
    var world = try SimulatedArm(WorldConfiguration(recipe), seed: recipe.launch.seed)
    var report = ShownReport(
      file: recorded.path, steps: 0, identical: true, maxDivergenceMillimetres: 0, frames: 0)
    var camera = try EpisodeFilm(recorded, recipe: recipe, options: options)
    try camera?.film(
      SimulatorState(tick: start.state.tick, integration: start.integration), "start")
    let began = MonotonicClock.now
    for (step, state) in recorded.simulatorStates.enumerated() where step < recorded.truths.count {
      let truth = recorded.truths[step]
      let boardFromPart = try world.show(state.integration, placements: start.placements)
      report.identical = report.identical && boardFromPart == truth.boardFromPart
      let off = (boardFromPart.translation - truth.boardFromPart.translation).length
      report.maxDivergenceMillimetres = max(report.maxDivergenceMillimetres, 1e3 * off)
      report.steps += 1
      let line = line(step, truth)
      wait(for: state.tick - start.state.tick, since: began)
      say(line)
      try camera?.film(state, line)
      if options.awaitStep?() == false { break }
    }
    report.frames = camera?.frames ?? 0
    report.renderer = camera?.renderer
    try camera?.finish()
    return report
  }

  private func line(_ step: Int, _ truth: Truth) -> String {
    let seconds = Double(truth.tick - recorded.origin.state.tick) * recipe.robot.driver.timestep
    let (height, off) = (truth.boardFromPart.translation.z, truth.sidewaysDistance)
    let reward = step < recorded.rewards.count ? recorded.rewards[step].reward : 0
    return "step \(step)  t \(decimal(seconds, 1)) s  height \(decimal(1e3 * height, 2)) mm  "
      + "off \(decimal(1e3 * off, 2)) mm  force \(decimal(truth.contactForce, 1)) N"
      + (reward > 0 ? "  reward \(decimal(Double(reward), 0))" : "")
  }

  private func wait(for ticks: Int64, since began: Int64) {
    guard let speed = options.speed else { return }
    let due = began + Int64(Double(ticks) * recipe.robot.driver.timestep * 1e9 / speed)
    let left = due - MonotonicClock.now
    if left > 0 { usleep(UInt32(left / 1000)) }
  }
}
