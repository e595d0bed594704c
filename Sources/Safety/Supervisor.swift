import Geometry
public import Messages

extension SafetyFilter {
  /// Why an arm in this state must stop; nil when it need not.
  ///
  /// A pure function. `isInsideFence` says whether the tool may be held to the fence; `Supervisor`
  /// knows. The first reason found counts, in the order of `StopReason` but for `notFinite`, which
  /// comes first.
  public func stopReason(for state: ArmState, isFenceClosed: Bool = true) -> StopReason? {
    guard state.isFinite else { return .notFinite }
    let joints = limits.joints
    for i in 0..<JointVector.count {
      let position = state.position[i]
      if position > joints.upper[i] || position < joints.lower[i] {
        let limit = position > joints.upper[i] ? joints.upper[i] : joints.lower[i]
        return .jointPosition(joint: i, value: position, limit: limit)
      }
      if abs(state.velocity[i]) > joints.velocity[i] {
        return .jointSpeed(joint: i, value: state.velocity[i], limit: joints.velocity[i])
      }
    }
    if isFenceClosed, isBeyondFence(state.baseFromTool), let fence {
      return .fence(
        distance: fence.outward(of: state.baseFromTool.translation).length,
        turn: fence.excessTurn(of: state.baseFromTool.rotation).length)
    }
    return contactStop(state)
  }

  private func contactStop(_ state: ArmState) -> StopReason? {
    guard contact(in: state) == .hard else { return nil }
    let force = state.toolWrench.force.length
    return force >= limits.contactForce.hard
      ? .contactForce(value: force, limit: limits.contactForce.hard)
      : .contactMoment(value: state.toolWrench.torque.length, limit: limits.contactMoment.hard)
  }
}

/// Watches over an arm's states for a reason to stop it: the driver asks once a tick.
///
/// It remembers what one state does not tell: whether the tool has been inside its fence since the arm
/// was armed, and on how many of the last ticks the torque was at a limit. Allocates nothing.
public struct Supervisor: Sendable, BitwiseCopyable, Equatable {
  /// Ticks over which saturation is counted.
  public static let window = 100

  private let filter: SafetyFilter
  /// Whether the tool is held to its fence: from the first state within the fence's slack on.
  public private(set) var isFenceClosed = false
  /// The last torque that acted, and on which tick [N·m].
  private var torque = JointVector()
  private var tick: Int64?
  /// A bit for each of the last 100 ticks, the latest lowest: 1 where a torque was at a limit.
  private var early: UInt64 = 0
  private var late: UInt64 = 0

  /// A supervisor of an arm that is armed now, by the limits and the fence of its filter.
  public init(_ filter: SafetyFilter) { self.filter = filter }

  /// Ticks of the last 100 on which a torque was at its limit or changed at its rate.
  public var saturatedTicks: Int { early.nonzeroBitCount + late.nonzeroBitCount }

  /// Forgets the past: the fence closes anew when the tool comes inside.
  public mutating func rearm() { self = Supervisor(filter) }

  /// Why the arm must stop; nil when it need not.
  ///
  /// Call it with the state of each tick, before the torque that answers it. A tick that was left out
  /// counts as not saturated.
  public mutating func stopReason(for state: ArmState) -> StopReason? {
    guard state.isFinite else { return .notFinite }
    count(state)
    if !isFenceClosed { isFenceClosed = filter.isInsideFence(state.baseFromTool) }
    if let reason = filter.stopReason(for: state, isFenceClosed: isFenceClosed) { return reason }
    return saturatedTicks > filter.limits.saturatedTicks
      ? .torqueSaturated(ticks: saturatedTicks) : nil
  }

  private mutating func count(_ state: ArmState) {
    let isNext = tick.map { $0 &+ 1 == state.tick } ?? false
    let isSaturated = isNext && isAtLimit(state.torque)
    early = (early << 1 | late >> 63) & (1 << UInt64(Self.window - 64) - 1)
    late = late << 1 | (isSaturated ? 1 : 0)
    torque = state.torque
    tick = state.tick
  }

  /// Whether the torque that acted is at its limit, or as far from the one before as its rate allows.
  private func isAtLimit(_ acted: JointVector) -> Bool {
    let limits = filter.limits.joints
    let nearly = 1 - 1e-9
    for i in 0..<JointVector.count {
      let step = limits.torqueRate[i] * filter.period
      if abs(acted[i]) >= nearly * limits.torque[i] { return true }
      if abs(acted[i] - torque[i]) >= nearly * step { return true }
    }
    return false
  }
}

extension ArmState {
  /// Whether every number that a supervisor looks at is one.
  var isFinite: Bool {
    let pose = baseFromTool.translation + baseFromTool.rotation.vector
    let wrench = toolWrench.force + toolWrench.torque
    return position.isFinite && velocity.isFinite && torque.isFinite && jacobian.isFinite
      && (pose + wrench).dot(.one).isFinite && baseFromTool.rotation.w.isFinite
  }
}
