import Metrics

/// Every quick bench at once.
public struct BenchReport: Report {
  /// What the rest was measured on.
  public var machine: BenchMachine
  /// The control tick hosted in the driver.
  public var control: ControlReport
  /// The tick exchange between two processes.
  public var wire: WireReport
  /// Holding and stability of the simulated arm.
  public var arm: ArmReport
  /// The learner.
  public var learner: LearnerReport
  /// The policy.
  public var policy: PolicyReport

  /// The report for a person.
  public var text: String {
    [machine.text, control.text, wire.text, arm.text, learner.text, policy.text]
      .joined(separator: "\n\n")
  }
}

extension Commands {
  /// Measures everything that takes seconds: `kinglet bench`.
  public static func bench(file: String) throws -> BenchReport {
    BenchReport(
      machine: BenchMachine(),
      control: try benchControl(file: file, overrides: [], ticks: 20_000),
      wire: try benchWire(file: file, overrides: [], exchanges: 5000),
      arm: try benchArm(file: file, overrides: [], seconds: 10),
      learner: try benchLearner(
        file: file, overrides: [], sizes: LearnerSizes(), transitions: 0, updates: 200),
      policy: try benchPolicy(file: file, overrides: [], sizes: LearnerSizes(), actions: 5000))
  }
}
