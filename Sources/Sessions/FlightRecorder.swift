package import Geometry
import Glibc
import Messages
import RealTime
import Safety

/// One tick of a flight recording.
package struct FlightEntry: BitwiseCopyable, Sendable {
  /// Number of the tick.
  package var tick: Int64 = 0
  /// Robot time since the driver's start [ns].
  package var time: Int64 = 0
  /// The monotonic clock of the machine [ns].
  package var clock: Int64 = 0
  /// What the driver did, see `DriverMode`.
  package var mode: UInt32 = 0
  /// Whether a command moved the arm; else the driver did by itself.
  package var commanded: UInt32 = 0
  /// The setpoint that its torque was computed toward.
  package var setpoint: UInt64 = 0
  /// Speed of the tool [m/s].
  package var toolSpeed = 0.0
  /// Angular speed of the tool [rad/s].
  package var toolTurnSpeed = 0.0
  /// Estimated force on the tool [N].
  package var toolForce = 0.0
  /// Estimated moment on the tool [N·m].
  package var toolMoment = 0.0
  /// What the world truly presses the held part with, as only a simulator knows [N].
  package var contactForce = 0.0
  /// How far the tool is outside its fence [m]; zero while it is not held to one.
  package var fenceExcess = 0.0
  /// How far the tool is turned beyond its fence [rad]; zero while it is not held to one.
  package var fenceTurn = 0.0
  /// Joint positions [rad].
  package var position = JointVector()
  /// Joint velocities [rad/s].
  package var velocity = JointVector()
  /// What was sent [N·m].
  package var torque = JointVector()

  /// A tick with every value zero.
  package init() {}
}

extension FlightEntry {
  /// Whether a command moved the arm.
  var isCommanded: Bool { commanded != 0 }
}

/// The latest seconds of an arm in a file that is mapped into memory: it is there whatever ends the
/// driver, and a tick costs a copy.
struct FlightRecorder: ~Copyable {
  /// Its file in a run's folder.
  static let name = "flight.bin"
  /// Ticks that are kept.
  static let capacity = 1 << 15
  static let magic: UInt64 = 0x3254_4847_494c_464b  // "KFLIGHT2"
  static let head = 64
  static var stride: Int { MemoryLayout<FlightEntry>.stride }
  static var size: Int { head + capacity * stride }

  private let memory: UnsafeMutableRawPointer?
  private var count: UInt64 = 0

  /// A recorder in a run's folder; without a folder, or where its file finds no room, it keeps
  /// nothing.
  init(run: String) {
    memory = Self.map(run + "/" + Self.name)
  }

  deinit {
    if let memory { munmap(memory, Self.size) }
  }

  /// Notes a tick: the state, what answered it, the simulator's true contact force [N], and the fence
  /// that the tool is held to.
  mutating func note(
    _ state: ArmState, _ decision: DriverGuard.Decision, _ mode: DriverMode,
    contactForce: Double, fence: Fence?
  ) {
    guard let memory else { return }
    var entry = FlightEntry()
    (entry.tick, entry.time, entry.clock) = (state.tick, state.time, MonotonicClock.now)
    (entry.mode, entry.commanded) = (UInt32(mode.rawValue), decision.isCommanded ? 1 : 0)
    entry.setpoint = decision.torque.setpoint
    entry.toolSpeed = state.toolTwist.linear.length
    entry.toolTurnSpeed = state.toolTwist.angular.length
    entry.toolForce = state.toolWrench.force.length
    entry.toolMoment = state.toolWrench.torque.length
    entry.contactForce = contactForce
    if let fence {
      entry.fenceExcess = fence.outward(of: state.baseFromTool.translation).length
      entry.fenceTurn = fence.excessTurn(of: state.baseFromTool.rotation).length
    }
    (entry.position, entry.velocity) = (state.position, state.velocity)
    entry.torque = decision.torque.torque
    memory.storeBytes(of: entry, toByteOffset: Self.place(of: count), as: FlightEntry.self)
    count += 1
    memory.storeBytes(of: count, toByteOffset: 16, as: UInt64.self)
  }

  /// Where a tick of a recording is [bytes].
  static func place(of number: UInt64) -> Int { head + Int(number % UInt64(capacity)) * stride }

  /// A tick of a recording in memory.
  static func entry(_ number: UInt64, in memory: UnsafeRawPointer) -> FlightEntry {
    memory.loadUnaligned(fromByteOffset: place(of: number), as: FlightEntry.self)
  }

  private static func map(_ path: String) -> UnsafeMutableRawPointer? {
    // A file of its own: who looks at the one before keeps it.
    unlink(path)
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { return nil }
    defer { close(file) }
    // Reserved at once: a disk that fills up later must not end the driver.
    guard posix_fallocate(file, 0, off_t(size)) == 0 else {
      unlink(path)
      return nil
    }
    let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0)
    guard let memory, memory != MAP_FAILED else { return nil }
    memory.storeBytes(of: magic, as: UInt64.self)
    memory.storeBytes(of: UInt64(stride), toByteOffset: 8, as: UInt64.self)
    memory.storeBytes(of: MonotonicClock.now, toByteOffset: 24, as: Int64.self)
    return memory
  }
}
