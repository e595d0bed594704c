public import Geometry
public import Messages

/// Why a setpoint was not taken.
public enum SetpointRefusal: Error, Equatable {
  /// Its sequence number is not above the newest one taken.
  case outOfOrder(received: UInt64, newest: UInt64)
  /// As many setpoints as fit wait for their tick.
  case full(capacity: Int)
  /// A pose or a gain is not a finite number, a gain or clip is negative, or a number is from 2⁶² on.
  case invalid(sequence: UInt64)
}

/// The setpoints that a controller holds, each with the tick from which it counts.
///
/// At tick k the newest one whose effect tick is at most k is in force. Fixed memory.
public struct SetpointSchedule: ~Copyable {
  /// Setpoints that fit beside the one in force.
  public static let capacity = 16
  /// Sequence number of the newest setpoint taken; 0 before the first.
  public private(set) var newest: UInt64 = 0
  /// Setpoints that came after their effect tick had been computed.
  public private(set) var late: UInt64 = 0
  /// Ticks over which the target moves on a straight line from the old to the new one; 0 jumps.
  public let rampTicks: Int64

  private var waiting: InlineArray<16, Setpoint>
  private var count = 0
  private var current: Setpoint
  private var departure: Transform<Base, Tool>
  private var switchTick: Int64 = .min
  private var lastTick: Int64 = .min

  /// A schedule in which `hold` is in force until the first setpoint; its sequence counts as 0.
  public init(hold: Setpoint, rampTicks: Int64 = 0) {
    precondition(rampTicks >= 0, "a ramp of \(rampTicks) ticks")
    self.rampTicks = rampTicks
    current = hold
    current.sequence = 0
    departure = hold.baseFromTool
    waiting = InlineArray(repeating: hold)
  }

  /// Moves the hold to a pose.
  ///
  /// Has no effect once a setpoint has been in force.
  public mutating func hold(at pose: Transform<Base, Tool>) {
    guard current.sequence == 0 else { return }
    current.baseFromTool = pose
    departure = pose
  }

  /// Takes a setpoint.
  ///
  /// Throws `outOfOrder` for a duplicate or an older one, `full`, `invalid`; then the schedule is
  /// as before.
  public mutating func insert(_ setpoint: Setpoint) throws(SetpointRefusal) {
    guard setpoint.sequence > newest else {
      throw .outOfOrder(received: setpoint.sequence, newest: newest)
    }
    guard setpoint.isUsable, setpoint.sequence < 1 << 62 else {
      throw .invalid(sequence: setpoint.sequence)
    }
    guard count < Self.capacity else { throw .full(capacity: Self.capacity) }
    waiting[count] = setpoint
    count += 1
    newest = setpoint.sequence
    if setpoint.effectTick <= lastTick { late += 1 }
  }

  /// The setpoint in force at a tick, with its target on the ramp.
  ///
  /// Ticks must not go back.
  public mutating func setpoint(at tick: Int64) -> Setpoint {
    precondition(tick >= lastTick, "tick \(tick) after tick \(lastTick)")
    if let index = newestInForce(at: tick) { take(index, at: tick) }
    lastTick = tick
    var result = current
    result.baseFromTool = target(at: tick)
    return result
  }

  /// The setpoint that comes into force at a tick, and the target in force before; nil when none does.
  func due(at tick: Int64) -> (setpoint: Setpoint, inForce: Transform<Base, Tool>)? {
    guard let index = newestInForce(at: tick) else { return nil }
    return (waiting[index], target(at: lastTick))
  }

  /// Puts another in the place of the one that is due: same sequence, other pose and gains.
  mutating func replaceDue(with setpoint: Setpoint, at tick: Int64) {
    guard let index = newestInForce(at: tick) else { return }
    waiting[index] = setpoint
  }

  /// All that the schedule goes on from.
  public var snapshot: ScheduleSnapshot {
    var snapshot = ScheduleSnapshot(current: current)
    snapshot.newest = newest
    snapshot.late = late
    snapshot.waiting = (0..<count).map { waiting[$0] }
    snapshot.departure = departure
    snapshot.switchTick = switchTick
    snapshot.lastTick = lastTick
    return snapshot
  }

  /// Goes on from a usable snapshot.
  public mutating func restore(_ snapshot: ScheduleSnapshot) {
    precondition(snapshot.isUsable, "a snapshot that no schedule gives")
    newest = snapshot.newest
    late = snapshot.late
    current = snapshot.current
    count = snapshot.waiting.count
    for (place, setpoint) in snapshot.waiting.enumerated() { waiting[place] = setpoint }
    departure = snapshot.departure
    switchTick = snapshot.switchTick
    lastTick = snapshot.lastTick
  }

  /// Waiting setpoints stand in the order of their sequence, so the last due one is the newest.
  private func newestInForce(at tick: Int64) -> Int? {
    var index = count - 1
    while index >= 0, waiting[index].effectTick > tick { index -= 1 }
    return index >= 0 ? index : nil
  }

  private mutating func take(_ index: Int, at tick: Int64) {
    departure = target(at: lastTick)
    switchTick = tick
    current = waiting[index]
    for i in (index + 1)..<max(count, index + 1) { waiting[i - index - 1] = waiting[i] }
    count -= index + 1
  }

  private func target(at tick: Int64) -> Transform<Base, Tool> {
    guard rampTicks > 0, switchTick != .min, tick - switchTick < rampTicks - 1 else {
      return current.baseFromTool
    }
    let fraction = Double(tick - switchTick + 1) / Double(rampTicks)
    return departure.interpolated(toward: current.baseFromTool, fraction: fraction)
  }
}

extension ScheduleSnapshot {
  /// True when a schedule may go on from it.
  var isUsable: Bool {
    let sequences = waiting.map(\.sequence)
    let isInRange = [switchTick, lastTick].allSatisfy { $0 == .min || abs($0) < 1 << 60 }
    return isInRange && waiting.count <= SetpointSchedule.capacity && current.isUsable
      && waiting.allSatisfy(\.isUsable) && zip(sequences, sequences.dropFirst()).allSatisfy(<)
      && sequences.allSatisfy { $0 > current.sequence && $0 <= newest }
  }
}

extension Setpoint {
  /// True when pose and compliance are finite and no gain or clip is negative.
  public var isUsable: Bool {
    let c = compliance
    let clip = min(c.clipToward.min(), c.clipAgainst.min(), c.clipRotation.min())
    let isPositive =
      c.translationalStiffness >= 0 && c.translationalDamping >= 0 && c.rotationalStiffness >= 0
      && c.rotationalDamping >= 0 && c.nullspaceStiffness >= 0 && clip >= 0
    let gains =
      c.translationalStiffness + c.translationalDamping + c.rotationalStiffness
      + c.rotationalDamping + c.nullspaceStiffness
    let vectors = c.clipToward + c.clipAgainst + c.clipRotation
    let pose = baseFromTool.translation + baseFromTool.rotation.vector
    return isPositive && gains.isFinite && (vectors + pose).dot(.one).isFinite
      && baseFromTool.rotation.w.isFinite
  }
}
