public import Geometry
public import Messages

/// An arm's driver as a state machine over robot time: what it does, and the torque where no command
/// decides it.
///
/// Silence of the controller longer than `commandTimeout` makes it hold the posture that it has then;
/// silence longer than `stopTimeout` ends in a damped stop, and that in a fault. A person may stop it
/// at any time. Only `recover` leaves a stop. See `DriverMode.next(on:)` for every transition.
public struct DriverMachine: Sendable, BitwiseCopyable, Equatable {
  /// Silence after which the posture is held [ns].
  public let commandTimeout: Int64
  /// Silence after which the arm is stopped [ns].
  public let stopTimeout: Int64
  /// Joint damping d of holding and stopping [N·m·s/rad].
  public let damping: Double
  /// Joint stiffness k of holding [N·m/rad].
  public let stiffness: Double
  /// An arm whose joints are all slower than this stands [rad/s].
  public let standingSpeed: Double
  /// So long it must have been [ns].
  public let standingTime: Int64
  /// After so long a stop holds the posture though the arm still moves: a load that is not known would
  /// let it sink for ever [ns].
  public let longestDamping: Int64
  /// What the arm does now.
  public private(set) var mode = DriverMode.idle
  /// Robot time since which it does so [ns].
  public private(set) var since: Int64 = 0
  /// Transitions so far.
  public private(set) var transitions: UInt64 = 0
  private var lastCommand: Int64 = 0
  private var lastMotion: Int64 = 0
  private var leastSetpoint: UInt64 = 0
  private var lastSetpoint: UInt64 = 0
  private var posture = JointVector()
  private var hasPosture = false
  private var isStanding = false

  /// A machine that is idle.
  ///
  /// Times in seconds, as in the robot file. Throws `outOfRange` unless 0.001 ≤ commandTimeout ≤ 0.2,
  /// commandTimeout ≤ stopTimeout ≤ 10, 0.001 ≤ damping ≤ 100, 1 ≤ stiffness ≤ 1000,
  /// 0.0001 ≤ standingSpeed ≤ 0.1, 0.001 ≤ standingTime ≤ 0.2 and standingTime ≤ longestDamping ≤ 1.
  public init(
    commandTimeout: Double, stopTimeout: Double, damping: Double, stiffness: Double = 50,
    standingSpeed: Double = 0.02, standingTime: Double = 0.05, longestDamping: Double = 1
  ) throws(SafetyFault) {
    try SafetyFault.check(.commandTimeout, commandTimeout, within: 1e-3...0.2)
    try SafetyFault.check(.stopTimeout, stopTimeout, within: commandTimeout...10)
    try SafetyFault.check(.stopDamping, damping, within: 1e-3...100)
    try SafetyFault.check(.holdStiffness, stiffness, within: 1...1000)
    try SafetyFault.check(.standingSpeed, standingSpeed, within: 1e-4...0.1)
    try SafetyFault.check(.standingTime, standingTime, within: 1e-3...0.2)
    try SafetyFault.check(.longestDamping, longestDamping, within: standingTime...1)
    self.commandTimeout = Int64((commandTimeout * 1e9).rounded())
    self.stopTimeout = Int64((stopTimeout * 1e9).rounded())
    self.damping = damping
    self.stiffness = stiffness
    self.standingSpeed = standingSpeed
    self.standingTime = Int64((standingTime * 1e9).rounded())
    self.longestDamping = Int64((longestDamping * 1e9).rounded())
  }

  /// Whether a stopped arm stands.
  public var stands: Bool { mode.isStopped && isStanding }

  /// Notes what comes from outside, at a robot time [ns].
  public mutating func note(_ event: DriverEvent, at time: Int64) {
    enter(mode.next(on: event), at: time)
  }

  /// Notes a fresh torque at a robot time [ns], computed toward a setpoint.
  ///
  /// Returns true when it may act: not before a session has opened, not after a stop, and after a
  /// recovery not before a setpoint newer than those of before the stop, so that the arm does not
  /// go where it was going.
  @discardableResult public mutating func command(
    toward setpoint: UInt64 = 0, at time: Int64
  ) -> Bool {
    lastSetpoint = max(lastSetpoint, setpoint)
    guard setpoint >= leastSetpoint else { return false }
    enter(mode.next(on: .commanded), at: time)
    guard mode == .active else { return false }
    lastCommand = time
    return true
  }

  /// A person lets go of a stopped arm; false while it moves, or where it was not stopped.
  @discardableResult public mutating func recover(at time: Int64) -> Bool {
    guard stands else { return false }
    enter(mode.next(on: .recovered), at: time)
    leastSetpoint = max(lastSetpoint, lastSetpoint &+ 1)
    return true
  }

  /// Moves on to a state, and returns the mode there.
  @discardableResult public mutating func advance(to state: ArmState) -> DriverMode {
    let silence = state.time - lastCommand
    if silence > commandTimeout, mode == .active { enter(mode.next(on: .late), at: state.time) }
    if silence > stopTimeout, mode == .active || mode == .holding {
      enter(mode.next(on: .silent), at: state.time)
    }
    watchStanding(state)
    return mode
  }

  /// The torque for a tick without a fresh command [N·m], before the safety filter.
  ///
  /// Active: `last`, the torque sent before. In a stop, while the arm moves: -d·q̇. Else
  /// k(q₀ - q) - d·q̇ + coriolis, q₀ being the posture on entry or at standstill: never zero torque
  /// while the arm moves, never the last torque for ever.
  public mutating func torque(for state: ArmState, last: JointVector) -> JointVector {
    advance(to: state)
    if mode == .active { return last }
    if mode.isStopped, !hasPosture { return -damping * state.velocity }
    if !hasPosture {
      posture = state.position
      hasPosture = true
    }
    return stiffness * (posture - state.position) - damping * state.velocity + state.coriolis
  }

  /// Whether every joint is slower than `standingSpeed`; a speed that is no number counts as motion.
  public func isSlow(_ state: ArmState) -> Bool {
    (0..<JointVector.count).allSatisfy { abs(state.velocity[$0]) < standingSpeed }
  }

  private mutating func watchStanding(_ state: ArmState) {
    guard mode.isStopped else { return }
    if !isSlow(state) { lastMotion = state.time }
    isStanding = state.time - lastMotion >= standingTime
    if !hasPosture, isStanding || state.time - since >= longestDamping {
      posture = state.position
      hasPosture = true
    }
    if isStanding { enter(mode.next(on: .stands), at: state.time) }
  }

  private mutating func enter(_ next: DriverMode, at time: Int64) {
    guard next != mode else { return }
    // The posture that was found standing stays from a damped stop to its fault.
    if !(mode == .dampedStop && next == .fault) { (hasPosture, isStanding) = (false, false) }
    (mode, since) = (next, time)
    transitions += 1
    if next.isStopped, !hasPosture { lastMotion = time }
  }
}
