/// What a chaos run found.
public struct ChaosReport: Report {
  /// A law that was broken.
  public struct Violation: Encodable, Sendable {
    /// Number of the fault, from 1; 0 for what shows at the end of a training.
    public var fault: Int
    /// The training in which it was.
    public var training: String
    /// What was done.
    public var done: String
    /// What was broken.
    public var broken: String
  }

  /// Faults made.
  public var faults = 0
  /// Laws broken; none is due.
  public var violationCount = 0
  /// Each of them.
  public var violations: [Violation] = []
  /// Faults that met an arm in real time that moved faster than 0.05 m/s.
  public var faultsAtMovingArm = 0
  /// Faults in lock-step that kept the controller away for longer than its world waits.
  public var faultsWithoutControllerInLockstep = 0
  /// Faults that kept `launch` away for longer than its arm goes on without.
  public var faultsWithoutLaunch = 0
  /// A person's stops of which a message at least was lost, late, doubled or damaged on its way.
  public var disturbedStops = 0
  /// Faults at trainings of several actors.
  public var faultsAtSeveralActors = 0
  /// Faults by kind.
  public var byKind: [String: Int] = [:]
  /// Sessions that went on after a fault.
  public var wentOn = 0
  /// Sessions that a fault ended with a named reason, or by ending `launch` itself.
  public var ended = 0
  /// Arms that were stopped and let go on.
  public var recoveries = 0
  /// Arms that left a training of several in real time, which went on without them, and were brought
  /// back.
  public var broughtBack = 0
  /// Trainings.
  public var trainings = 0
  /// Sessions started, resumed ones among them.
  public var sessions = 0
  /// Ticks looked at.
  public var ticks = 0
  /// Transitions compared with what the learner held at the end.
  public var transitions = 0
  /// Wall time [s].
  public var seconds = 0.0
  /// Seed of the faults.
  public var seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  /// What to say where `hasMovingHalf` is false.
  public static let fewMoving =
    "fewer than half of the faults met a moving arm: that shows too little"

  /// Whether half of the faults met a moving arm, as it should be of many.
  public var hasMovingHalf: Bool { faults < 100 || 2 * faultsAtMovingArm >= faults }

  mutating func note(_ violation: Violation) {
    violations.append(violation)
    violationCount = violations.count
  }

  /// The report for a person.
  public var text: String {
    let kinds = byKind.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    var lines = [
      "\(faults) faults in \(trainings) trainings (\(sessions) sessions) in \(decimal(seconds, 0)) s: "
        + "\(violations.count) violations",
      "of them \(faultsAtMovingArm) at an arm that moved in real time, "
        + "\(faultsWithoutControllerInLockstep) without a controller in lock-step, "
        + "\(faultsWithoutLaunch) without `launch`, \(faultsAtSeveralActors) at several actors",
      kinds.joined(separator: ", ") + "; \(disturbedStops) stops on a disturbed line",
      "\(wentOn) went on, \(ended) ended with a reason and were resumed, \(recoveries) recoveries, "
        + "\(broughtBack) arms brought back",
      "\(ticks) ticks looked at, \(transitions) transitions compared",
    ]
    lines += violations.map {
      "violation, fault \($0.fault), \($0.done): \($0.broken) (\($0.training))"
    }
    return lines.joined(separator: "\n")
  }
}
