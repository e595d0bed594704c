public import Messages

/// The series of a recorded episode.
public enum Topic: String, CaseIterable, Sendable {
  /// What the episode starts from, once.
  case origin = "/episode/origin"
  /// The arm's state, each tick.
  case state = "/arm/state"
  /// The torque that answered it.
  case torque = "/arm/torque"
  /// What the policy saw, each step and once more at the end.
  case observation = "/observation"
  /// What the policy did, each step.
  case action = "/action"
  /// Where that sent the tool, each step.
  case setpoint = "/setpoint"
  /// The verdict, each step.
  case reward = "/reward"
  /// What the safety filter changed, when it did.
  case safety = "/safety"
  /// What the safety filter changed about a setpoint, when it did.
  case safetySetpoint = "/safety/setpoint"
  /// The whole state of the simulator, each step.
  case simulatorState = "/simulator/state"
  /// What only the simulator knows, each step.
  case truth = "/simulator/truth"
  /// Lines for a person.
  case log = "/log"
  /// What the driver does from then on and why, at each of its transitions.
  case driver = "/driver"

  /// Full name of the message in the schema.
  public var schemaName: String {
    switch self {
    case .origin: EpisodeOrigin.schemaName
    case .state: ArmState.schemaName
    case .torque: JointTorque.schemaName
    case .observation: Observation.schemaName
    case .action: Action.schemaName
    case .setpoint: Setpoint.schemaName
    case .reward: StepReward.schemaName
    case .safety: SafetyIntervention.schemaName
    case .safetySetpoint: SetpointIntervention.schemaName
    case .simulatorState: SimulatorState.schemaName
    case .truth: Truth.schemaName
    case .log: LogLine.schemaName
    case .driver: DriverStatus.schemaName
    }
  }
}

extension Record {
  /// The series that the record belongs to.
  public var topic: Topic {
    switch self {
    case .observation: .observation
    case .action: .action
    case .setpoint: .setpoint
    case .reward: .reward
    case .safety: .safety
    case .safetySetpoint: .safetySetpoint
    case .simulatorState: .simulatorState
    case .truth: .truth
    case .log: .log
    case .driver: .driver
    }
  }
}

extension TimedRecord {
  /// The series that the record belongs to.
  public var topic: Topic { record.topic }
}
