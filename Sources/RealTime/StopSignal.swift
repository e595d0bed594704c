import CRealtime
import Glibc

/// What the kernel refused.
public enum RealTimeFault: Error, Equatable {
  /// A system call failed with an errno.
  case refused(call: Call, errno: Int32)
  /// The process that should have been the parent is gone.
  case parentGone(expected: Int32, found: Int32)

  /// System calls of this room.
  public enum Call: String, Sendable {
    case sigaction, prctl, prlimit, mlockall, munlockall, setScheduler, setAffinity
  }

  static func check(_ call: Call, _ result: Int32) throws(RealTimeFault) {
    guard result == 0 else { throw .refused(call: call, errno: result) }
  }
}

/// The count of SIGINT and SIGTERM: one asks to finish, two to stop now, as does SIGHUP alone.
public struct StopSignal: Sendable {
  /// What the signals so far ask for.
  public enum Request: Sendable, Equatable {
    case none, finish, stopNow
  }

  /// Installs the counting handlers for this process.
  ///
  /// Throws `refused`.
  public init() throws(RealTimeFault) {
    try RealTimeFault.check(.sigaction, realtime_count_stop_signals())
    // What cannot be written is to be said, and then ends a session in good order.
    try RealTimeFault.check(.sigaction, realtime_ignore_file_size_signal())
  }

  /// Signals received since the start of the process.
  public var count: Int { Int(realtime_stop_signals()) }

  /// None, finish at the first signal, stop now from the second on.
  public var request: Request { Self.request(count: count) }

  /// The request that a number of signals stands for.
  public static func request(count: Int) -> Request {
    count <= 0 ? .none : count == 1 ? .finish : .stopNow
  }
}

/// How far a process may write into its files.
public enum FileSizeLimit {
  /// Sets the limit of a process [bytes]; nil takes it away.
  ///
  /// Throws `refused`.
  public static func set(_ bytes: Int64?, of process: Int32) throws(RealTimeFault) {
    try RealTimeFault.check(.prlimit, realtime_limit_file_size(process, bytes ?? -1))
  }
}

/// Ties the life of a process to its parent's.
public enum ParentWatch {
  /// What the kernel sends when the parent is gone.
  public enum Signal: Sendable {
    /// SIGTERM, which `StopSignal` counts.
    case terminate
    /// SIGKILL.
    case kill
  }

  /// The process that started this one.
  public static var parent: Int32 { getppid() }

  /// Asks for a signal when the parent dies.
  ///
  /// The kernel watches the *thread* that started this process, so a parent must start its children
  /// from a thread that lasts. Throws `parentGone` when another process has become the parent
  /// before the request, `refused`.
  public static func dieWithParent(
    _ expected: Int32, by signal: Signal = .terminate
  ) throws(RealTimeFault) {
    let number = signal == .terminate ? SIGTERM : SIGKILL
    try RealTimeFault.check(.prctl, realtime_set_parent_death_signal(number))
    let found = getppid()
    guard found == expected else { throw .parentGone(expected: expected, found: found) }
  }
}

/// Scheduling and memory of the calling thread, as far as the kernel grants them.
public enum RealTimeThread {
  /// Puts the calling thread under SCHED_FIFO.
  ///
  /// Throws `refused`, with EPERM where the user may not.
  public static func useFIFO(priority: Int32) throws(RealTimeFault) {
    try RealTimeFault.check(.setScheduler, realtime_set_fifo(priority))
  }

  /// Puts the calling thread under SCHED_OTHER again: one that a thread under SCHED_FIFO starts is under it.
  public static func useNormal() throws(RealTimeFault) {
    try RealTimeFault.check(.setScheduler, realtime_set_normal())
  }

  /// Keeps all pages of the process in memory.
  ///
  /// Throws `refused`, with ENOMEM over RLIMIT_MEMLOCK.
  public static func lockMemory() throws(RealTimeFault) {
    try RealTimeFault.check(.mlockall, realtime_lock_memory())
  }

  /// Keeps the calling thread on one processor.
  ///
  /// Throws `refused`, with EINVAL where there is no such processor.
  public static func pin(to processor: Int) throws(RealTimeFault) {
    guard let number = Int32(exactly: processor) else {
      throw .refused(call: .setAffinity, errno: EINVAL)
    }
    try RealTimeFault.check(.setAffinity, realtime_set_processor(number))
  }

  /// The processor that the calling thread runs on now.
  public static var processor: Int { Int(realtime_processor()) }

  /// Takes the page faults of stack and heap before the loop, and not in it.
  public static func holdMemory() {
    realtime_keep_heap()
    realtime_touch_stack()
  }

  /// Lets pages be swapped again.
  ///
  /// Throws `refused`.
  public static func unlockMemory() throws(RealTimeFault) {
    try RealTimeFault.check(.munlockall, realtime_unlock_memory())
  }
}
