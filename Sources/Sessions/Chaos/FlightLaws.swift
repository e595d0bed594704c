import Geometry
import Messages
import Recipes
import Safety

/// What must hold of every tick that a driver recorded, whatever happened to the session.
struct FlightLaws {
  /// Largest speed of a joint of an arm that is held [rad/s].
  static let restingSpeed = 0.1
  /// Largest estimated force on the tool [N]: the hard level, and what an impact may add.
  static let greatestForce = 120.0
  private let robot: RobotRecipe
  /// A stopped arm must stand after this [ns].
  static let stopTime: Int64 = 1_000_000_000
  /// Share by which the tool may be faster than its limit while it is braked.
  static let toolSlack = 0.2

  init(_ robot: RobotRecipe) { self.robot = robot }

  /// What ticks in their order violate, a line each, at most one of a kind.
  func violations(of entries: [FlightEntry]) -> [String] {
    var found: [String: String] = [:]
    func note(_ kind: String, _ entry: FlightEntry, _ text: String) {
      guard found[kind] == nil else { return }
      found[kind] = "tick \(entry.tick) (\(entry.driverMode)): \(text)"
    }
    var stop: Int64?
    var silent: Int64?
    // What was before the first tick is known of a driver that begins only.
    var lastMoved = entries.first.flatMap { $0.tick > 0 ? $0.time : nil }
    for (index, entry) in entries.enumerated() {
      let before = index > 0 && entries[index - 1].tick == entry.tick - 1 ? entries[index - 1] : nil
      for (kind, text) in limits(entry, after: before) { note(kind, entry, text) }
      for (kind, text) in conduct(entry) { note(kind, entry, text) }
      if let text = rest(entry, after: lastMoved) { note("rest", entry, text) }
      if [.active, .holding].contains(entry.driverMode) { lastMoved = entry.time }
      stop = entry.driverMode.isStopped ? stop ?? entry.time : nil
      if let stop, entry.time - stop > Self.stopTime, !entry.stands {
        note(
          "stop", entry,
          "the arm still moves \(decimal(entry.speed, 3)) rad/s after a second of stopping")
      }
      // In lock-step time may go back to where an episode began.
      let isGap = before == nil
      silent = entry.isCommanded || isGap ? nil : silent ?? entry.time
      if let silent, let text = silence(entry, since: silent) { note("silence", entry, text) }
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  private func limits(
    _ entry: FlightEntry, after before: FlightEntry?
  ) -> [(kind: String, text: String)] {
    var found: [(String, String)] = []
    let joints = robot.joints
    for joint in 0..<JointVector.count {
      let (q, speed, torque) = (entry.position[joint], entry.velocity[joint], entry.torque[joint])
      if q < joints.lower[joint] || q > joints.upper[joint] {
        found.append(("position", "joint \(joint + 1) at \(decimal(q, 4)) rad is past its limit"))
      }
      if abs(speed) > joints.velocity[joint] {
        found.append(
          ("speed", "joint \(joint + 1) at \(decimal(speed, 3)) rad/s is past its limit"))
      }
      if abs(torque) > joints.torque[joint] * (1 + 1e-9) {
        found.append(("torque", "joint \(joint + 1) got \(decimal(torque, 2)) N·m"))
      }
      let step = joints.torqueRate[joint] * robot.driver.timestep * (1 + 1e-6)
      if let before, abs(torque - before.torque[joint]) > step {
        found.append(("rate", "the torque of joint \(joint + 1) jumped"))
      }
    }
    if entry.toolSpeed > robot.safety.toolSpeed * (1 + Self.toolSlack) {
      found.append(("tool", "the tool moves \(decimal(entry.toolSpeed, 3)) m/s"))
    }
    return found
  }

  /// An arm that nobody has moved yet stands; one whose session has ended in good order does within a
  /// second.
  private func rest(_ entry: FlightEntry, after lastMoved: Int64?) -> String? {
    guard [.idle, .ready].contains(entry.driverMode), entry.speed > Self.restingSpeed else {
      return nil
    }
    let isEnding = lastMoved.map { entry.time - $0 <= Self.stopTime } ?? false
    if entry.driverMode == .idle, isEnding { return nil }
    return "the arm moves \(decimal(entry.speed, 3)) rad/s without a command"
  }

  /// Commands act only in a session and not after a stop, and nothing presses harder than the hard level of
  /// contact, but for the moment of an impact.
  private func conduct(_ entry: FlightEntry) -> [(kind: String, text: String)] {
    var found: [(String, String)] = []
    if entry.isCommanded, entry.driverMode != .active {
      found.append(("command", "a torque acted that should not"))
    }
    if entry.toolForce > Self.greatestForce {
      found.append(("force", "the tool presses with \(decimal(entry.toolForce, 0)) N"))
    }
    return found
  }

  /// Without commands the posture is held after `commandTimeout`, and the arm stopped after
  /// `stopTimeout`; an arm that was not moved by commands before is held all the time.
  private func silence(_ entry: FlightEntry, since start: Int64) -> String? {
    let seconds = Double(entry.time - start) * 1e-9
    let tick = robot.driver.timestep
    switch entry.driverMode {
    case .active where seconds > robot.safety.commandTimeout + tick:
      return "still active \(decimal(seconds, 3)) s after the last torque"
    case .holding where seconds > robot.safety.stopTimeout + tick:
      return "still holding \(decimal(seconds, 3)) s after the last torque"
    default: return nil
    }
  }
}

extension FlightEntry {
  /// What the driver did.
  var driverMode: DriverMode { DriverMode(rawValue: UInt8(truncatingIfNeeded: mode)) ?? .idle }

  /// Largest speed of a joint [rad/s].
  var speed: Double { (0..<JointVector.count).reduce(0) { max($0, abs(velocity[$1])) } }

  /// Whether the arm stands.
  var stands: Bool { speed < DriverMachine.standingSpeed }
}
