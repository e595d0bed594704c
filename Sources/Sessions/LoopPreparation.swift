import Foundation
import RealTime
import Recipes

/// What a process of 1 kHz asks of the kernel before its loop, as far as that grants it.
///
/// Nothing of this is needed to be right, only to be punctual, so what is refused is a warning.
struct LoopPreparation {
  /// One line for each thing that was refused: what it costs, and the line that allows it.
  private(set) var warnings: [String] = []
  private let role: Role
  private let recipe: LaunchRecipe.RealTime

  /// Memory and priority, before the first socket is made: the threads of its library take after the
  /// one that makes them, and a tick is no faster than they are.
  static func prepare(_ role: Role, of launch: LaunchRecipe) {
    guard isAsked(role, launch) else { return }
    var preparation = Self(role, launch.realtime)
    if launch.realtime.lockMemory { preparation.lockMemory() }
    if launch.realtime.priority > 0 { preparation.raisePriority() }
    preparation.writeWarnings()
  }

  /// The processor, when every other thread is there: those are to run elsewhere.
  static func pin(_ role: Role, of launch: LaunchRecipe) {
    guard isAsked(role, launch) else { return }
    var preparation = Self(role, launch.realtime)
    preparation.pin()
    preparation.writeWarnings()
  }

  /// What a training is told that asks for more than this machine grants; nil where it gets it all.
  static func shortage(of launch: LaunchRecipe) -> String? {
    guard launch.clock == .realtime else { return nil }
    let asked = launch.realtime
    var missing: [String] = []
    if asked.priority > RealTimeMachine.highestPriority() {
      missing.append("no SCHED_FIFO \(asked.priority)")
    }
    if asked.lockMemory, !mayLockMemory { missing.append("no locked memory") }
    guard !missing.isEmpty else { return nil }
    return
      "the loops of 1 kHz get \(missing.joined(separator: " and ")) here, so ticks may be late; "
      + "the driver's log says what allows it, `kinglet doctor --control 10s` measures it"
  }

  private init(_ role: Role, _ recipe: LaunchRecipe.RealTime) {
    self.role = role
    self.recipe = recipe
  }

  private static func isAsked(_ role: Role, _ launch: LaunchRecipe) -> Bool {
    launch.clock == .realtime && [.driver, .controller].contains(role)
  }

  private func writeWarnings() {
    for warning in warnings { say(warning + "\n") }
  }

  private mutating func lockMemory() {
    RealTimeThread.holdMemory()
    let user = NSUserName()
    do {
      // With a small limit a later allocation would fail, not this call.
      guard Self.mayLockMemory else {
        throw RealTimeFault.refused(call: .mlockall, errno: ENOMEM)
      }
      try RealTimeThread.lockMemory()
    } catch {
      warn(
        "memory is not locked, so pages may be swapped out",
        line: "\(user) - memlock unlimited", capability: "cap_ipc_lock")
    }
  }

  private mutating func raisePriority() {
    // The driver must never wait for the controller that it waits for.
    let priority = Int32(role == .driver ? recipe.priority : max(1, recipe.priority - 2))
    do {
      try RealTimeThread.useFIFO(priority: priority)
    } catch {
      warn(
        "SCHED_FIFO \(priority) is refused, so other programs may delay ticks",
        line: "\(NSUserName()) - rtprio \(max(90, priority))", capability: "cap_sys_nice")
    }
  }

  private mutating func pin() {
    guard let processor = recipe.processor(for: role) else { return }
    do {
      try RealTimeThread.pin(to: processor)
    } catch {
      warnings.append(
        "\(role.rawValue): processor \(processor) is not to be had; give realtime.cpu one of "
          + "0…\(ProcessInfo.processInfo.activeProcessorCount - 1), auto or none")
    }
  }

  private mutating func warn(_ what: String, line: String, capability: String) {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    warnings.append(
      "\(role.rawValue): \(what); add `\(line)` to /etc/security/limits.conf and log in again, or "
        + "run `sudo setcap \(capability)=ep \(program)`")
  }

  /// Whether the kernel would lock whatever this process comes to hold.
  static var mayLockMemory: Bool {
    var limit = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0
    if isKnown, limit.rlim_cur == rlim_t.max { return true }
    let lockCapability = 14
    return holds(capability: lockCapability)
  }

  /// Whether this process has one of the kernel's capabilities, by its number.
  static func holds(capability: Int) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let held = line.flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) } ?? 0
    return held & (1 << UInt64(capability)) != 0
  }
}

extension LaunchRecipe.RealTime {
  /// The processor that a role is kept on; nil for any.
  func processor(for role: Role) -> Int? {
    let rank = role == .driver ? 0 : 1
    switch cpu {
    case .none: return nil
    case .number(let first): return first + rank
    case .automatic:
      let read = { (path: String) in (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
      return Processors.best(
        forRank: rank,
        isolated: Processors.numbers(of: read("/sys/devices/system/cpu/isolated")),
        interrupts: Processors.deviceInterrupts(in: read("/proc/interrupts")),
        count: ProcessInfo.processInfo.activeProcessorCount)
    }
  }
}
