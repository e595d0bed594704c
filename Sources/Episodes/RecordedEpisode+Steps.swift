public import Messages

extension RecordedEpisode {
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

  /// What the safety filter changed.
  public var safetyInterventions: [SafetyIntervention] {
    collect { if case .safety(let it) = $0 { it } else { nil } }
  }

  /// Lines for a person.
  public var log: [LogLine] { collect { if case .log(let it) = $0 { it } else { nil } } }

  /// The steps as a learner takes them, numbered from 0; those of an episode that was cut short end
  /// with its last whole step, interrupted.
  public var transitions: [Transition] {
    let (observations, actions, rewards) = (observations, actions, rewards)
    let count = min(actions.count, rewards.count, max(0, observations.count - 1))
    return (0..<count).map { step in
      let isLast = step == count - 1
      return Transition(
        sequence: UInt64(step), episode: UInt32(truncatingIfNeeded: origin.start.episode),
        policyVersion: actions[step].policyVersion, observation: observations[step].values,
        action: actions[step].executed, reward: rewards[step].reward,
        nextObservation: observations[step + 1].values,
        ending: rewards[step].ending ?? (isLast ? .interrupted : nil))
    }
  }

  private func collect<T>(_ pick: (Record) -> T?) -> [T] { records.compactMap { pick($0.record) } }
}
