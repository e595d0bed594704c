import Geometry
import Messages

extension EpisodeOrigin {
  /// Of an episode whose arm stands still at the origin.
  static func still(_ episode: UInt64) -> EpisodeOrigin {
    let hold = Setpoint(
      sequence: 1, effectTick: 0, baseFromTool: .identity,
      compliance: Compliance(
        translationalStiffness: 1, translationalDamping: 1, rotationalStiffness: 1,
        rotationalDamping: 1, clipToward: .one, clipAgainst: .one, clipRotation: .one,
        nullspaceStiffness: 1))
    return EpisodeOrigin(
      start: EpisodeStart(episode: episode, isEvaluation: false), state: ArmState(), latency: 0,
      setpointSequence: 0, grantSequence: 0, steps: 0,
      control: ControlSnapshot(schedule: ScheduleSnapshot(current: hold)))
  }
}
