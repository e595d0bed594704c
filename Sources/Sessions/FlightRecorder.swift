import Geometry
import Glibc
import Messages
import RealTime

/// One tick of a flight recording.
struct FlightEntry: BitwiseCopyable, Sendable {
  /// Number of the tick.
  var tick: Int64 = 0
  /// Robot time since the driver's start [ns].
  var time: Int64 = 0
  /// The monotonic clock of the machine [ns].
  var clock: Int64 = 0
  /// What the driver did, see `DriverMode`.
  var mode: UInt32 = 0
  /// Whether a command moved the arm; else the driver did by itself.
  var commanded: UInt32 = 0
  /// The setpoint that its torque was computed toward.
  var setpoint: UInt64 = 0
  /// Speed of the tool [m/s].
  var toolSpeed = 0.0
  /// Estimated force on the tool [N].
  var toolForce = 0.0
  /// Joint positions [rad].
  var position = JointVector()
  /// Joint velocities [rad/s].
  var velocity = JointVector()
  /// What was sent [N·m].
  var torque = JointVector()
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
  static let magic: UInt64 = 0x3154_4847_494c_464b  // "KFLIGHT1"
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

  /// Notes a tick.
  mutating func note(
    _ state: ArmState, _ torque: JointTorque, _ mode: DriverMode, isCommanded: Bool
  ) {
    guard let memory else { return }
    var entry = FlightEntry()
    (entry.tick, entry.time, entry.clock) = (state.tick, state.time, MonotonicClock.now)
    (entry.mode, entry.commanded) = (UInt32(mode.rawValue), isCommanded ? 1 : 0)
    entry.setpoint = torque.setpoint
    entry.toolSpeed = state.toolTwist.linear.length
    entry.toolForce = state.toolWrench.force.length
    (entry.position, entry.velocity) = (state.position, state.velocity)
    entry.torque = torque.torque
    let place = Self.head + Int(count % UInt64(Self.capacity)) * Self.stride
    memory.storeBytes(of: entry, toByteOffset: place, as: FlightEntry.self)
    count += 1
    memory.storeBytes(of: count, toByteOffset: 16, as: UInt64.self)
  }

  /// A tick of a recording in memory.
  static func entry(_ number: UInt64, in memory: UnsafeRawPointer) -> FlightEntry {
    let place = head + Int(number % UInt64(capacity)) * stride
    return memory.loadUnaligned(fromByteOffset: place, as: FlightEntry.self)
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
