public import Messages
public import Safety

/// The latest interventions of a safety filter, in memory that was taken once.
public struct InterventionLog: Sendable {
  private var torques = Latest<SafetyIntervention>(most: SafetyInterventions.most)
  private var setpoints = Latest<SetpointIntervention>(most: SafetyInterventions.mostSetpoints)

  /// A log of nothing.
  public init() {}

  /// Whether there is nothing to tell.
  public var isEmpty: Bool { torques.isEmpty && setpoints.isEmpty }

  /// Notes what a filter changed about a torque; the oldest makes room.
  public mutating func add(_ torque: SafeTorque, tick: Int64) {
    torques.add(
      SafetyIntervention(
        tick: tick, asked: torque.asked, allowed: torque.allowed, events: torque.events.rawValue))
  }

  /// Notes what a filter changed about a setpoint; the oldest makes room.
  public mutating func add(_ setpoint: SafeSetpoint, tick: Int64) {
    setpoints.add(
      SetpointIntervention(
        tick: tick, asked: setpoint.asked, allowed: setpoint.allowed,
        events: setpoint.events.rawValue))
  }

  /// What was noted, oldest first; then it is forgotten.
  public mutating func take() -> SafetyInterventions {
    let (told, toldSetpoints) = (torques.take(), setpoints.take())
    return SafetyInterventions(
      interventions: told.kept, untold: told.lost, setpoints: toldSetpoints.kept,
      untoldSetpoints: toldSetpoints.lost)
  }
}

/// The latest of a series, oldest first.
private struct Latest<Element: BitwiseCopyable & Sendable>: Sendable {
  private let most: Int
  private var kept: [Element] = []
  private var next = 0
  private var lost: UInt64 = 0

  init(most: Int) {
    self.most = most
    kept.reserveCapacity(most)
  }

  var isEmpty: Bool { kept.isEmpty }

  mutating func add(_ element: Element) {
    guard kept.count == most else {
      kept.append(element)
      return
    }
    kept[next] = element
    next = (next + 1) % most
    lost += 1
  }

  mutating func take() -> (kept: [Element], lost: UInt64) {
    let told = (Array(kept[next...] + kept[..<next]), lost)
    kept.removeAll(keepingCapacity: true)
    (next, lost) = (0, 0)
    return told
  }
}
