public import Geometry
public import Messages

/// What an arm does while torque commands stay away: a state machine over robot time.
///
/// Before the first command it waits, holding its posture. Each command makes it active. Silence
/// longer than `commandTimeout` makes it hold the posture that it has then; silence longer than
/// `stopTimeout` ends in a damped stop, which only `rearm` leaves.
public struct CommandWatch: Sendable, BitwiseCopyable, Equatable {
  /// What the arm does.
  public enum Phase: Sendable, BitwiseCopyable {
    /// No command yet: the posture of the first state is held.
    case waiting
    /// Commands arrive; between two of them the last torque stays.
    case active
    /// Commands are overdue: the posture at that moment is held.
    case holding
    /// Commands have stopped: only joint damping, until `rearm`.
    case stopped
  }

  /// Silence after which the posture is held [ns].
  public let commandTimeout: Int64
  /// Silence after which the arm is stopped [ns].
  public let stopTimeout: Int64
  /// Joint damping d of holding and stopping [N·m·s/rad].
  public let damping: Double
  /// Joint stiffness k of holding [N·m/rad].
  public let stiffness: Double
  /// What the arm does now.
  public private(set) var phase = Phase.waiting
  private var lastCommand: Int64 = 0
  private var posture = JointVector()
  private var hasPosture = false

  /// A watch that waits.
  ///
  /// Times in seconds, as in the robot file. Throws `outOfRange` unless 0 < commandTimeout ≤ 0.2,
  /// commandTimeout ≤ stopTimeout ≤ 10 and 0 < damping ≤ 100.
  public init(
    commandTimeout: Double, stopTimeout: Double, damping: Double, stiffness: Double = 50
  ) throws(SafetyFault) {
    try SafetyFault.check(.commandTimeout, commandTimeout, within: 1e-3...0.2)
    try SafetyFault.check(.stopTimeout, stopTimeout, within: commandTimeout...10)
    try SafetyFault.check(.stopDamping, damping, within: 1e-3...100)
    try SafetyFault.check(.stopDamping, stiffness, within: 0...1000)
    self.commandTimeout = Int64((commandTimeout * 1e9).rounded())
    self.stopTimeout = Int64((stopTimeout * 1e9).rounded())
    self.damping = damping
    self.stiffness = stiffness
  }

  /// Notes a fresh command at a robot time [ns]; after a damped stop it is ignored.
  ///
  /// Returns true when the command may act.
  @discardableResult public mutating func command(at time: Int64) -> Bool {
    guard phase != .stopped else { return false }
    phase = .active
    lastCommand = time
    hasPosture = false
    return true
  }

  /// Leaves a damped stop: the arm waits for commands and holds the posture of the next state.
  public mutating func rearm() {
    phase = .waiting
    hasPosture = false
  }

  /// Moves on to a robot time [ns] and returns the phase there.
  ///
  /// Phases only go on, never back.
  public mutating func advance(to time: Int64) -> Phase {
    let silence = time - lastCommand
    if phase == .active, silence > commandTimeout { phase = .holding }
    if phase == .holding, silence > stopTimeout { phase = .stopped }
    return phase
  }

  /// The torque for a tick without a fresh command [N·m], before the safety filter.
  ///
  /// Active: `last`, the torque sent before. Waiting and holding: k(q₀ - q) - d·q̇ + coriolis with q₀
  /// the posture on entry. Stopped: -d·q̇, never zero while the arm moves.
  public mutating func torque(for state: ArmState, last: JointVector) -> JointVector {
    switch advance(to: state.time) {
    case .active: return last
    case .stopped: return -damping * state.velocity
    case .waiting, .holding:
      if !hasPosture {
        posture = state.position
        hasPosture = true
      }
      return stiffness * (posture - state.position) - damping * state.velocity + state.coriolis
    }
  }
}
