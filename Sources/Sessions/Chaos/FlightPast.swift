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
    let isEnding = lastMoved.map { entry.time.since($0) <= FlightLaws.stopTime } ?? false
    return entry.driverMode == .idle && isEnding
  }
}

extension FlightEntry {
  /// What the driver did.
  var driverMode: DriverMode { DriverMode(rawValue: UInt8(truncatingIfNeeded: mode)) ?? .idle }

  /// Whether it is the tick after another, or the one so many ticks after it.
  func follows(_ other: FlightEntry, by ticks: Int = 1) -> Bool {
    other.tick == tick &- Int64(ticks)
  }

  /// Largest speed of a joint [rad/s]; no number where one is none.
  var speed: Double {
    (0..<JointVector.count).reduce(0) { most, joint in
      let speed = abs(velocity[joint])
      return most.isNaN || most >= speed ? most : speed
    }
  }

  /// Whether the arm stands.
  var stands: Bool { speed < FlightLaws.standingSpeed }
}

extension Int64 {
  /// The time from a moment to this one, as far as there is a number for it [ns].
  func since(_ moment: Int64) -> Int64 {
    let (difference, isBeyond) = subtractingReportingOverflow(moment)
    guard isBeyond else { return difference }
    return self > moment ? .max : .min
  }
}
