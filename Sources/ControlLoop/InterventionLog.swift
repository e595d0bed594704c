import Messages
import Safety

/// The latest interventions of a safety filter, in memory that was taken once.
struct InterventionLog {
  private var kept: [SafetyIntervention] = []
  private var next = 0
  private var untold: UInt64 = 0

  /// An empty log.
  init() { kept.reserveCapacity(SafetyInterventions.most) }

  /// Notes what a filter changed; the oldest makes room.
  mutating func add(_ torque: SafeTorque, tick: Int64) {
    let intervention = SafetyIntervention(
      tick: tick, asked: torque.asked, allowed: torque.allowed, events: torque.events.rawValue)
    guard kept.count == SafetyInterventions.most else {
      kept.append(intervention)
      return
    }
    kept[next] = intervention
    next = (next + 1) % SafetyInterventions.most
    untold += 1
  }

  /// What was noted, oldest first; then it is forgotten.
  mutating func take() -> SafetyInterventions {
    let told = SafetyInterventions(
      interventions: Array(kept[next...] + kept[..<next]), untold: untold)
    kept.removeAll(keepingCapacity: true)
    (next, untold) = (0, 0)
    return told
  }
}
