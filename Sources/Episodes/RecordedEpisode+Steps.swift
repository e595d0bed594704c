public import Messages

extension RecordedEpisode {
  /// Whether it succeeded: truly where that is known, else by its reward.
  public var isSuccess: Bool {
    (description["isSuccess"] ?? description["isRewarded"]) == "true"
  }

  /// The actions, step by step.
  public var actions: [Action] { collect { if case .action(let it) = $0 { it } else { nil } } }

  /// The observations: one before each step and one after the last.
  public var observations: [Observation] {
    collect { if case .observation(let it) = $0 { it } else { nil } }
  }

  /// The verdicts, step by step.
  public var rewards: [StepReward] { collect { if case .reward(let it) = $0 { it } else { nil } } }

  /// The setpoints, step by step.
  public var setpoints: [Setpoint] {
    collect { if case .setpoint(let it) = $0 { it } else { nil } }
  }

  /// The simulator's states, at the end of each step.
  public var simulatorStates: [SimulatorState] {
    collect { if case .simulatorState(let it) = $0 { it } else { nil } }
  }

  /// What only the simulator knew, at the end of each step.
  public var truths: [Truth] { collect { if case .truth(let it) = $0 { it } else { nil } } }

  /// What the safety filter changed about torques.
  public var safetyInterventions: [SafetyIntervention] {
    collect { if case .safety(let it) = $0 { it } else { nil } }
  }

  /// What the safety filter changed about setpoints.
  public var setpointInterventions: [SetpointIntervention] {
    collect { if case .safetySetpoint(let it) = $0 { it } else { nil } }
  }

  /// Lines for a person.
  public var log: [LogLine] { collect { if case .log(let it) = $0 { it } else { nil } } }

  /// The driver's transitions.
  public var driver: [DriverStatus] {
    collect { if case .driver(let it) = $0 { it } else { nil } }
  }

  /// A step whose records are all there.
  public struct Step: Sendable {
    /// The step as a learner takes it, numbered from 0.
    public var transition: Transition
    /// What was done.
    public var action: Action
  }

  /// The steps as a learner takes them.
  ///
  /// Records are joined by their ticks and step numbers. Where some were lost, the step before the gap
  /// counts as interrupted, and so does the last one of an episode that was cut short.
  public var steps: [Step] {
    let seen = Dictionary(
      observations.map { ($0.tick, $0) }, uniquingKeysWith: { first, _ in first })
    let verdicts = Dictionary(
      rewards.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
    var steps: [Step] = []
    for action in actions {
      guard let before = seen[action.tick], let verdict = verdicts[action.step],
        let after = seen[verdict.tick]
      else { continue }
      if let last = steps.last, last.action.step &+ 1 != action.step {
        steps[steps.count - 1].transition.ending = .interrupted
      }
      steps.append(
        Step(
          transition: Transition(
            sequence: UInt64(steps.count),
            episode: UInt32(truncatingIfNeeded: origin.start.episode),
            policyVersion: action.policyVersion, observation: before.values,
            action: action.executed, reward: verdict.reward, nextObservation: after.values,
            ending: verdict.ending), action: action))
    }
    if let last = steps.indices.last, steps[last].transition.ending == nil {
      steps[last].transition.ending = .interrupted
    }
    return steps
  }

  private func collect<T>(_ pick: (Record) -> T?) -> [T] { records.compactMap { pick($0.record) } }
}
