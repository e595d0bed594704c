package import Messages

/// Says who falls behind in a training of real time, by the figures that its processes send: of each at
/// most a line a minute.
package struct LagWatch {
  private let updatesPerStep: Double
  private var counted: [String: (ticks: Double, late: Double)] = [:]
  private var lastSaid: [String: Int64] = [:]
  private static let loops = [Role.driver.rawValue, Role.controller.rawValue]
  /// Ticks after which a loop is judged, and the share of late ones that is too much.
  private static let judged = (ticks: 5000.0, share: 0.01)
  /// Share of its updates that a learner which keeps up makes.
  private static let learnerShare = 0.8
  private static let pause: Int64 = 60_000_000_000

  /// A watch over a training whose learner is to make so many updates a step.
  package init(updatesPerStep: Int) { self.updatesPerStep = Double(updatesPerStep) }

  /// What to tell a person of a status, at an instant of the monotonic clock [ns]; nil when nothing.
  package mutating func line(for status: Status, at now: Int64) -> String? {
    let values = Dictionary(
      status.values.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let said =
      status.role == Role.learner.rawValue
      ? learnerLine(values["learner/updatesPerStep"]) : loopLine(of: status.role, values)
    guard let said, now - (lastSaid[status.role] ?? .min / 2) >= Self.pause else { return nil }
    lastSaid[status.role] = now
    return said
  }

  private func learnerLine(_ ratio: Double?) -> String? {
    guard let ratio, ratio < Self.learnerShare * updatesPerStep else { return nil }
    return "the learner falls behind: \(decimal(ratio, 1)) updates a step in place of "
      + "\(decimal(updatesPerStep, 0)); every step is still learned from"
  }

  private mutating func loopLine(of role: String, _ values: [String: Double]) -> String? {
    // Names that somebody makes up are not to be kept.
    guard Self.loops.contains(role), let ticks = values[role + "/ticks"],
      let overruns = values[role + "/overruns"], let missed = values[role + "/missedTorques"]
    else { return nil }
    let late = overruns + missed
    guard let before = counted[role], ticks >= before.ticks else {
      counted[role] = (ticks, late)
      return nil
    }
    let (passed, count) = (ticks - before.ticks, late - before.late)
    guard passed >= Self.judged.ticks else { return nil }
    counted[role] = (ticks, late)
    guard count > Self.judged.share * passed else { return nil }
    return
      "the \(role) falls behind: \(decimal(count, 0)) of its last \(decimal(passed, 0)) ticks were "
      + "late or without a torque; `kinglet doctor --control 10s` looks for the cause"
  }
}
