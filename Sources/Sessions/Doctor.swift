import Foundation
import Metrics
import RealTime
import SimulatedWorld
import Tensors
import Wire

/// What `doctor` found.
public struct DoctorReport: Report {
  /// How a check came out.
  public enum Outcome: String, Encodable, Sendable {
    /// As it should be.
    case good
    /// Works, but not at its best.
    case warning
    /// Does not work.
    case failure
  }

  /// One thing looked at.
  public struct Check: Encodable, Sendable {
    /// What was looked at.
    public var name: String
    /// How it came out.
    public var outcome: Outcome
    /// What was found.
    public var found: String
    /// What to do about it; empty when nothing.
    public var cure: String
  }

  /// Everything looked at, in order.
  public var checks: [Check]
  /// How punctual driver and controller were, with --control.
  public var control: ControlCheck?

  /// Whether nothing failed.
  public var isHealthy: Bool { !checks.contains { $0.outcome == .failure } }

  /// The report for a person.
  public var text: String {
    (lines + [control?.text].compactMap { $0 }).joined(separator: "\n")
  }

  private var lines: [String] {
    checks.map { check in
      let mark = [Outcome.good: "ok  ", .warning: "warn", .failure: "FAIL"][check.outcome] ?? ""
      let cure = check.cure.isEmpty ? "" : "\n     \(check.cure)"
      return "\(mark) \(check.name): \(check.found)" + cure
    }
  }
}

extension Commands {
  /// Checks libraries, CPU, folders, sockets and scheduling.
  public static func doctor() -> DoctorReport {
    DoctorReport(checks: [
      version("MuJoCo", found: Engine.version, wanted: "3.17."),
      version("libzmq", found: Context.libraryVersion, wanted: "4.3."),
      kernels(), folders(), sockets(), processors(), scheduling(),
    ])
  }

  private static func version(_ name: String, found: String, wanted: String) -> DoctorReport.Check {
    let isWanted = found.hasPrefix(wanted)
    return .init(
      name: name, outcome: isWanted ? .good : .warning, found: found,
      cure: isWanted ? "" : "tested with \(wanted)x; run `make setup`")
  }

  private static func kernels() -> DoctorReport.Check {
    let name = "\(KernelVariant.best)"
    let isFast = KernelVariant.best != .portable
    return .init(
      name: "kernels", outcome: isFast ? .good : .warning, found: name,
      cure: isFast ? "" : "this CPU has no AVX2: learning will be slow")
  }

  private static func folders() -> DoctorReport.Check {
    let missing = ["Robots", "Tasks", "Launch"].filter {
      !FileManager.default.fileExists(atPath: $0)
    }
    return .init(
      name: "folders", outcome: missing.isEmpty ? .good : .failure,
      found: missing.isEmpty
        ? "Robots Tasks Launch" : "missing here: " + missing.joined(separator: " "),
      cure: missing.isEmpty ? "" : "run kinglet from the root of the repository")
  }

  private static func sockets() -> DoctorReport.Check {
    do {
      let context = try Context()
      _ = try Server(at: Endpoint("tcp://127.0.0.1:*"), role: "doctor", in: context)
      return .init(
        name: "sockets", outcome: .good, found: "a loopback port can be bound", cure: "")
    } catch {
      return .init(
        name: "sockets", outcome: .failure, found: "\(error)",
        cure: "use `endpoints: ipc`, or allow this user to listen on 127.0.0.1")
    }
  }

  private static func processors() -> DoctorReport.Check {
    let count = ProcessInfo.processInfo.activeProcessorCount
    return .init(
      name: "processors", outcome: count >= 2 ? .good : .warning, found: "\(count)",
      cure: count >= 2 ? "" : "acting and learning will take turns on one processor")
  }

  private static func scheduling() -> DoctorReport.Check {
    let isAllowed = (try? RealTimeThread.useFIFO(priority: 1)) != nil
    return .init(
      name: "real-time scheduling", outcome: isAllowed ? .good : .warning,
      found: isAllowed ? "SCHED_FIFO is allowed" : "SCHED_FIFO is not allowed",
      cure: isAllowed
        ? ""
        : "simulation does not need it; "
          + "for a real arm add `@realtime - rtprio 90` to limits.conf")
  }
}
