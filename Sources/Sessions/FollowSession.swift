import Episodes
import Geometry
import LearningSlots
import Messages
import Recipes
import Resets

/// Follows a recorded episode with another arm: approaches its start slowly, then asks for its
/// setpoints, seen from the target.
///
/// Each setpoint passes as an action through the same path as a policy's: bounded about the measured
/// pose, inside the fence, judged by the reward, filtered by the controller.
struct FollowSession {
  let session: SessionContext
  let recorded: RecordedEpisode
  /// The target of the recording.
  let baseFromRecordedTarget: Transform<Base, Target>

  /// Speed of the approach [m/s] and [rad/s].
  static let approachSpeed = (linear: 0.05, angular: 0.25)
  /// How far the tool may be from where it was at a step's start [m].
  static let leash = 0.02

  /// Runs it; what came of it is recorded like any other episode.
  func run() throws -> FollowReport {
    var loop = try EpisodeLoop(session, isEvaluation: recorded.origin.start.isEvaluation)
    var report = FollowReport(session.recipe, following: recorded)
    var episode = try loop.begin(recorded.origin.start.episode) { arm in
      try approach(with: &arm, noting: &report)
    }
    var isOver = false
    var then = recorded.origin.state.baseFromTool
    var states = recorded.states[...]
    for (action, setpoint) in zip(recorded.actions, recorded.setpoints) where !isOver {
      // In real time the very tick may have been dropped.
      while let next = states.first, next.tick <= action.tick {
        then = next.baseFromTool
        states.removeFirst()
      }
      let error = aimed(then).inverse * episode.result.last.baseFromTool
      report.note(error)
      guard error.translation.length <= Self.leash else {
        throw SessionFailure(
          "\(recorded.path): stopped at step \(action.step): the tool is "
            + "\(decimal(1e3 * error.translation.length, 1)) mm from where it was, more than the "
            + "\(decimal(1e3 * Self.leash, 0)) mm allowed; is something in its way?")
      }
      isOver = try step(toward: aimed(setpoint.baseFromTool), &loop, &episode)
      report.steps += 1
    }
    if let last = recorded.setpoints.last {
      try linger(at: aimed(last.baseFromTool), until: &isOver, &loop, &episode)
    }
    if !isOver { try loop.leave(episode) }
    report.note(episode.result)
    loop.stopAll(reason: "replay finished")
    return report
  }

  /// Holds the last setpoint for a second, unless a reward comes: another arm may be a little behind.
  private func linger(
    at goal: Transform<Base, Tool>, until isOver: inout Bool, _ loop: inout EpisodeLoop,
    _ episode: inout Episode
  ) throws {
    for _ in 0..<Int(session.recipe.task.rate.rounded()) where !isOver {
      isOver = try step(toward: goal, &loop, &episode)
    }
  }

  /// One step; whether the episode is over with it.
  private func step(
    toward goal: Transform<Base, Tool>, _ loop: inout EpisodeLoop, _ episode: inout Episode
  ) throws -> Bool {
    if session.isAskedToFinish { throw SessionFailure("told to stop") }
    let choice = ActorChoice(numbers: loop.numbers(toward: goal, in: episode), version: 0)
    return try loop.step(choice, in: &episode).ending != nil
  }

  /// Where a recorded pose lies now: where it was, seen from the target.
  private func aimed(_ baseFromTool: Transform<Base, Tool>) -> Transform<Base, Tool> {
    session.geometry.baseFromTarget * (baseFromRecordedTarget.inverse * baseFromTool)
  }

  /// Out of the board, then to the recorded start; the clips alone bound speed and force.
  private func approach(
    with arm: inout ArmLink, noting report: inout FollowReport
  ) throws {
    let slow = session.recipe.task.reset.compliance.slowed(
      to: Self.approachSpeed.linear, turning: Self.approachSpeed.angular)
    let goal = aimed(recorded.origin.state.baseFromTool)
    var state = try arm.current()
    let first = state
    let way = (first.baseFromTool.inverse * goal).translation.length
    let wait = Int64(session.recipe.ticksPerStep / 2)
    let stepSeconds = Double(wait) * session.recipe.robot.driver.timestep
    // Friction takes half of the speed and more.
    let patience = 10 + 6 * way / Self.approachSpeed.linear
    var policy = RetractAndPlace(
      route: RetractRoute(
        clearance: session.recipe.task.reset.retract, compliance: slow,
        patience: Int(patience / stepSeconds)),
      baseFromTarget: session.geometry.baseFromTarget, baseFromStart: goal)
    while true {
      switch policy.nextStep(from: state) {
      case .ready:
        report.approachSeconds = Double(state.time - first.time) * 1e-9
        report.approachMillimetres = 1e3 * way
        return
      case .askHuman:
        let left = (state.baseFromTool.inverse * goal).translation.length
        throw SessionFailure(
          "the slow approach did not reach the recorded start in \(decimal(patience, 0)) s; "
            + "\(decimal(1e3 * left, 1)) mm are left, pressing with "
            + "\(decimal(state.toolWrench.force.length, 1)) N; is something in its way?")
      case .move(let pose, let compliance):
        state = try arm.advance(
          toward: pose, compliance: compliance, from: state.tick + 1, until: state.tick + wait)
        report.noteApproach(state)
      }
      if session.isAskedToFinish { throw SessionFailure("told to stop") }
    }
  }
}

extension Compliance {
  /// The same with clips so narrow that no error moves the tool faster: with speeds K·clip/D along
  /// each axis, the length of the velocity stays below `speed` [m/s] and `turning` [rad/s].
  func slowed(to speed: Double, turning: Double) -> Compliance {
    var slow = self
    let clip = speed / 3.0.squareRoot() * translationalDamping / translationalStiffness
    let turn = turning / 3.0.squareRoot() * rotationalDamping / rotationalStiffness
    let bound = Vector3(clip, clip, clip)
    slow.clipToward = clipToward.clamped(.zero, bound)
    slow.clipAgainst = clipAgainst.clamped(.zero, bound)
    slow.clipRotation = clipRotation.clamped(.zero, Vector3(turn, turn, turn))
    return slow
  }
}
