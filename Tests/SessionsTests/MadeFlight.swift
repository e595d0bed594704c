import Geometry
import Messages
import Randomness
import Safety
import Sessions

/// Ticks as a driver might record them that keep every law, drawn from a seed.
///
/// An arm waits, is moved, loses its torques for a while, is moved again, is stopped, and stands.
struct MadeFlight {
  let bounds: FlightBounds
  private(set) var entries: [FlightEntry] = []
  /// Ranges of `entries` by what happens there.
  private(set) var ready = 0..<0
  private(set) var active = 0..<0
  private(set) var holding = 0..<0
  private(set) var stopping = 0..<0
  private(set) var standing = 0..<0
  private var stream: RandomStream
  private var torque = JointVector()

  init(_ bounds: FlightBounds, seed: UInt64) {
    self.bounds = bounds
    stream = RandomStream(seed: seed, name: "flight")
    fly(.idle, 20 + stream.index(below: 50), atMost: 0.09)
    ready = fly(.ready, 20 + stream.index(below: 50), atMost: 0.09)
    fly(.active, 50 + stream.index(below: 50), isCommanded: true)
    // A torque or so is late: the last one stays.
    fly(.active, stream.index(below: ticks(bounds.commandTimeout)))
    active = fly(.active, 200 + stream.index(below: 100), isCommanded: true)
    fly(.active, ticks(bounds.commandTimeout))
    let left = bounds.stopTimeout - bounds.commandTimeout
    holding = fly(.holding, ticks(left) / 2 + stream.index(below: ticks(left) / 2))
    fly(.active, 120 + stream.index(below: 100), isCommanded: true)
    stopping = fly([.dampedStop, .userStopped][stream.index(below: 2)], 900)
    let isFault = entries[stopping.lowerBound].mode == UInt32(DriverMode.dampedStop.rawValue)
    standing = fly(isFault ? .fault : .userStopped, 300, atMost: 0.019)
  }

  private func ticks(_ seconds: Double) -> Int { Int((seconds / bounds.period).rounded()) }

  /// Any index of a range.
  mutating func place(in range: Range<Int>) -> Int {
    range.lowerBound + stream.index(below: range.count)
  }

  mutating func joint() -> Int { stream.index(below: JointVector.count) }

  /// One or minus one.
  mutating func sign() -> Double { stream.index(below: 2) == 0 ? 1 : -1 }

  /// Changes a tick.
  mutating func change(_ index: Int, _ body: (inout FlightEntry) -> Void) { body(&entries[index]) }

  @discardableResult private mutating func fly(
    _ mode: DriverMode, _ count: Int, atMost speed: Double? = nil, isCommanded: Bool = false
  ) -> Range<Int> {
    let first = entries.count
    for _ in 0..<count { add(mode, speed, isCommanded) }
    return first..<entries.count
  }

  private mutating func add(_ mode: DriverMode, _ speed: Double?, _ isCommanded: Bool) {
    let joints = bounds.limits.joints
    var entry = FlightEntry()
    entry.tick = Int64(entries.count)
    entry.time = Int64((Double(entries.count) * bounds.period * 1e9).rounded())
    entry.clock = entry.time + 7_000_000_000
    (entry.mode, entry.commanded) = (UInt32(mode.rawValue), isCommanded ? 1 : 0)
    for i in 0..<JointVector.count {
      entry.position[i] =
        joints.lower[i] + stream.uniform() * (joints.upper[i] - joints.lower[i])
      entry.velocity[i] = stream.uniform(eitherSide: speed ?? joints.velocity[i])
      let step = stream.uniform(eitherSide: joints.torqueRate[i] * bounds.period)
      torque[i] = max(-joints.torque[i], min(joints.torque[i], torque[i] + step))
    }
    entry.torque = torque
    // A tool whose speed braking takes back, and a touch within what its speed explains.
    entry.toolSpeed = stream.uniform() * bounds.toolSpeed
    entry.toolTurnSpeed = stream.uniform() * bounds.toolTurnSpeed
    entry.contactForce = stream.uniform() * bounds.trueForce(after: entry.toolSpeed)
    addTouch(&entry, isStopped: mode.isStopped)
    entries.append(entry)
  }

  /// What stops an arm is seen at one that is stopped alone.
  private mutating func addTouch(_ entry: inout FlightEntry, isStopped: Bool) {
    let limits = bounds.limits
    entry.toolForce =
      stream.uniform() * (isStopped ? bounds.estimatedForce : 0.999 * limits.contactForce.hard)
    entry.toolMoment =
      stream.uniform() * (isStopped ? bounds.estimatedMoment : 0.999 * limits.contactMoment.hard)
    entry.fenceExcess = stream.uniform() * (isStopped ? bounds.fenceExcess : limits.fenceMargin)
    entry.fenceTurn = stream.uniform() * (isStopped ? bounds.fenceTurn : limits.fenceTurnMargin)
  }
}
