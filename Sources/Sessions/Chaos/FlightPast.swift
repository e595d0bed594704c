import Geometry
import Messages
import Safety

/// What the ticks before say of one.
struct FlightPast {
  /// Since when the arm is being stopped or is stopped [ns].
  private(set) var stop: Int64?
  /// Since when no torque came [ns].
  private(set) var silent: Int64?
  /// When a session last moved the arm, before this tick [ns].
  private var lastMoved: Int64?

  /// Before the first of some ticks; what was before that is known of a driver that begins only.
  init(_ first: FlightEntry?) {
    lastMoved = first.flatMap { $0.tick > 0 ? $0.time : nil }
  }

  /// Goes on to a tick; `before` is the one before it, where it is recorded.
  mutating func take(_ entry: FlightEntry, after before: FlightEntry?) {
    stop = entry.driverMode.isStopped ? stop ?? entry.time : nil
    // In lock-step time may go back to where an episode began.
    silent = entry.isCommanded || before == nil ? nil : silent ?? entry.time
    if [.active, .holding].contains(entry.driverMode) { lastMoved = entry.time }
  }

  /// Whether the arm may be in motion: one that waits may not, but for the second after its session has
  /// ended in good order.
  func mayMove(_ entry: FlightEntry) -> Bool {
    guard [.idle, .ready].contains(entry.driverMode) else { return true }
    let isEnding = lastMoved.map { entry.time - $0 <= FlightLaws.stopTime } ?? false
    return entry.driverMode == .idle && isEnding
  }
}

extension FlightEntry {
  /// What the driver did.
  var driverMode: DriverMode { DriverMode(rawValue: UInt8(truncatingIfNeeded: mode)) ?? .idle }

  /// Largest speed of a joint [rad/s].
  var speed: Double { (0..<JointVector.count).reduce(0) { max($0, abs(velocity[$1])) } }

  /// Whether the arm stands.
  var stands: Bool { speed < FlightLaws.standingSpeed }
}
