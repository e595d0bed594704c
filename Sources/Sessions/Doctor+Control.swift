import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import Wire

/// What a driver and a controller of a robot did in real time, and on what.
public struct ControlCheck: Encodable, Sendable {
  /// One series of times [µs].
  public struct Times: Encodable, Sendable {
    /// What was timed.
    public var name: String
    /// Median [µs].
    public var p50: Double
    /// 99 of 100 are at most this [µs].
    public var p99: Double
    /// 999 of 1000 are at most this [µs].
    public var p999: Double
    /// The longest [µs].
    public var max: Double
  }

  /// Robot of the two processes.
  public var robot: String
  /// Wall time that they ran [s].
  public var seconds: Double
  /// Version of the kernel, as `uname -v` says it.
  public var kernel: String
  /// Whether the kernel is a real-time one: by its version, or by `/sys/kernel/realtime`.
  public var isRealTimeKernel: Bool
  /// Highest priority under SCHED_FIFO that this user may have; 0 for none.
  public var priority: Int
  /// Memory that this user may lock; -1 for all of it [bytes].
  public var memlockBytes: Int
  /// Frequency governor of the first processor; "unknown" where the kernel does not say.
  public var governor: String
  /// Processors that are there.
  public var processors: Int
  /// Processors that the kernel keeps other work from.
  public var isolated: [Int]
  /// Ticks of the driver.
  public var ticks: Int
  /// Ticks whose work took a period or more.
  public var overruns: Int
  /// Ticks without a torque in time.
  public var missedTorques: Int
  /// Heap allocations of both loops within their ticks.
  public var allocations: Int
  /// Locks of the C library that both loops asked for within their ticks.
  public var locks: Int
  /// Each series of both processes.
  public var times: [Times]
  /// Why something was not granted, with the line that grants it.
  public var warnings: [String]
  /// What that means for an arm.
  public var verdict: String

  /// Whether an arm may be run like this.
  public var isFit: Bool { overruns == 0 && missedTorques == 0 && ticks > 0 }

  /// The check for a person.
  var text: String {
    let memory = memlockBytes < 0 ? "unlimited" : "\(memlockBytes) bytes"
    let head = """
      \(robot), driver and controller in real time for \(decimal(seconds, 1)) s
        kernel     \(kernel), \(isRealTimeKernel ? "" : "not ")a real-time kernel
        priority   up to \(priority) under SCHED_FIFO, memlock \(memory)
        processors \(processors), isolated \(isolated.isEmpty ? "none" : "\(isolated)"), governor \
      \(governor)
                               p50      p99    p99.9      max [µs]
      """
    let rows = times.map { times in
      let cells = [times.p50, times.p99, times.p999, times.max].map { Self.cell(decimal($0, 1)) }
      return "  " + times.name + String(repeating: " ", count: Swift.max(1, 22 - times.name.count))
        + cells.joined()
    }
    let counts =
      "  \(ticks) ticks, \(overruns) overruns, \(missedTorques) torques missed, "
      + "\(allocations) allocations, \(locks) locks"
    return ([head] + rows + [counts] + warnings + [verdict]).joined(separator: "\n")
  }

  private static func cell(_ text: String) -> String {
    String(repeating: " ", count: Swift.max(1, 9 - text.count)) + text
  }
}

extension Commands {
  /// Runs a bare driver and controller in real time, and says how punctual they were: `kinglet doctor
  /// --control`.
  public static func doctor(
    control seconds: Double, file: String, overrides: [String]
  ) throws -> DoctorReport {
    var report = doctor()
    var recipe = try SessionRecipe.load(launchFile: file, overrides: overrides)
    recipe.launch.run = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: recipe.launch.run) }
    recipe.launch.clock = .realtime
    recipe.launch.placement = .process
    recipe.launch.recording = .none
    recipe.launch.endpoints = .ipc
    report.control = try ControlRun(recipe).run(seconds: seconds)
    return report
  }
}

/// A driver and a controller that hold an arm where it stands.
private struct ControlRun {
  private let session: SessionContext
  private let folder: RunFolder

  init(_ recipe: SessionRecipe) throws {
    folder = try RunFolder(creating: recipe.launch.run, earlierRun: .replace)
    try folder.write(
      recipe.resolvedYAML(revision: "doctor", date: isoDate()), to: folder.resolvedRecipe)
    session = try SessionContext(recipe: recipe, isSupervised: false)
  }

  func run(seconds: Double) throws -> ControlCheck {
    var processes = try SessionProcesses(session, folder: folder)
    do {
      // The driver's watch runs from its first tick.
      try processes.start([.controller])
      try processes.start([.driver])
      let values = try collect(from: &processes, for: seconds)
      try stop()
      processes.stop(grace: .seconds(5))
      return check(values, seconds: seconds)
    } catch {
      let failure = processes.explain(error)
      processes.stop(grace: .zero)
      throw failure
    }
  }

  /// The newest value of each name.
  private func collect(
    from processes: inout SessionProcesses, for seconds: Double
  ) throws -> [String: Double] {
    var values: [String: Double] = [:]
    let deadline = Deadline(in: Int64(seconds * 1e9))
    while !deadline.isPast() {
      if session.stopCheck() { throw SessionFailure.stoppedAtOnce }
      if let ended = processes.firstEnded() {
        throw SessionFailure("\(ended.name) \(ended.ending)")
      }
      switch try processes.next(within: .milliseconds(100)) {
      case .status(let status): for value in status.values { values[value.name] = value.value }
      case .failure(let reason): throw SessionFailure(reason)
      case .ready, .driver, .heartbeat, .left, nil: break
      }
    }
    return values
  }

  private func stop() throws {
    for (meeting, role) in [(Meeting.session, Role.driver), (.setpoint, .controller)] {
      var client = try session.client(of: meeting, role: role.rawValue)
      try client.send(.stop(reason: "the check is over"), within: .seconds(1))
    }
  }

  private func check(_ values: [String: Double], seconds: Double) -> ControlCheck {
    let machine = RealTimeMachine()
    let count = { (name: String) in Int(values[name] ?? 0) }
    let logs = [Role.driver, .controller].flatMap { lastLines(of: folder.log(of: $0.rawValue)) }
    var check = ControlCheck(
      robot: session.recipe.launch.robot, seconds: seconds, kernel: machine.kernel,
      isRealTimeKernel: machine.isRealTime, priority: machine.priority,
      memlockBytes: machine.memlockBytes, governor: machine.governor,
      processors: machine.processors, isolated: machine.isolated, ticks: count("driver/ticks"),
      overruns: count("driver/overruns") + count("controller/overruns"),
      missedTorques: count("driver/missedTorques"),
      allocations: count("driver/allocations") + count("controller/allocations"),
      locks: count("driver/locks") + count("controller/locks"),
      times: Self.series.compactMap { Self.times($0.key, $0.name, values) },
      warnings: logs.filter { $0.contains("limits.conf") || $0.contains("realtime.cpu") },
      verdict: "")
    check.verdict = Self.verdict(check)
    return check
  }

  private static let series: [(key: String, name: String)] = [
    ("driver/jitter", "driver's period"), ("driver/work", "driver's work"),
    ("driver/roundTrip", "state to torque"), ("controller/jitter", "controller's period"),
    ("controller/work", "controller's work"),
  ]

  private static func times(
    _ key: String, _ name: String, _ values: [String: Double]
  ) -> ControlCheck.Times? {
    let numbers = ["P50", "P99", "P999", "Max"].map { values[key + $0 + "Microseconds"] ?? -1 }
    guard numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    return ControlCheck.Times(
      name: name, p50: numbers[0], p99: numbers[1], p999: numbers[2], max: numbers[3])
  }

  private static func verdict(_ check: ControlCheck) -> String {
    guard check.ticks > 0 else {
      return "no figures came; run it for longer than 2 s"
    }
    guard check.isFit else {
      return
        "not fit for an arm: \(check.overruns) overruns and \(check.missedTorques) missed torques in "
        + "\(check.ticks) ticks; simulation is not harmed by that"
    }
    return "fit for an arm as far as \(check.ticks) ticks can tell"
      + (check.isRealTimeKernel ? "" : "; only a real-time kernel bounds what comes later")
  }
}

/// What the kernel says of itself that matters to a loop of 1 kHz.
struct RealTimeMachine {
  var kernel: String
  var isRealTime: Bool
  var priority: Int
  var memlockBytes: Int
  var governor: String
  var processors: Int
  var isolated: [Int]

  /// This machine.
  init() {
    let read = { (path: String) in (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
    var name = utsname()
    uname(&name)
    let version = withUnsafeBytes(of: &name.version) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    kernel = version
    isRealTime = Self.isRealTime(version: version, flag: read("/sys/kernel/realtime"))
    priority = Self.highestPriority()
    var limit = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0
    memlockBytes = LoopPreparation.mayLockMemory ? -1 : isKnown ? Int(clamping: limit.rlim_cur) : 0
    let governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    self.governor = governor.isEmpty ? "unknown" : governor
    processors = ProcessInfo.processInfo.activeProcessorCount
    isolated = Processors.numbers(of: read("/sys/devices/system/cpu/isolated"))
  }

  /// Kernels say it in one place or the other: mainline ones have no flag, older ones another version.
  static func isRealTime(version: String, flag: String) -> Bool {
    version.contains("PREEMPT_RT") || version.contains("PREEMPT RT")
      || flag.trimmingCharacters(in: .whitespacesAndNewlines) == "1"
  }

  /// What the limit allows, or all of it to whom the limit is nothing.
  static func highestPriority() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(__RLIMIT_RTPRIO.rawValue), &limit) == 0 else { return 0 }
    let stated = Int(clamping: min(limit.rlim_cur, 99))
    if stated > 0 { return stated }
    let niceCapability = 23
    return LoopPreparation.holds(capability: niceCapability) ? 99 : 0
  }
}
