import Geometry
import Messages

/// What came of an episode.
struct EpisodeResult: Sendable {
  /// Episode number.
  var episode: UInt64
  /// Steps taken.
  var steps: Int
  /// Whether the reward source called it a success.
  var isRewarded: Bool
  /// Sum of rewards.
  var reward: Double
  /// Where the tool was at the start, seen from the target.
  var targetFromStart: Transform<Target, Tool>
  /// State after the last step, or at the start before the first.
  var last: ArmState
  /// Robot time from the first observation to the last [s].
  var seconds: Double
  /// Share of action numbers whose setpoint error exceeds its clip, per axis of the tool.
  var clipped: [Double]
  /// How the time divides.
  var phases: EpisodePhases

  /// What a recording says of it.
  var outcome: [String: String] {
    [
      "isRewarded": "\(isRewarded)", "steps": "\(steps)", "seconds": "\(seconds)",
      "reward": "\(reward)",
      "clipped": clipped.map { "\($0)" }.joined(separator: " "),
    ]
  }
}
