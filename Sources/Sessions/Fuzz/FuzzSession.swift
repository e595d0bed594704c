import Foundation
import Fuzzing
import Metrics
import RealTime

/// What to search for.
public struct FuzzOptions: Sendable {
  /// Inputs in all, shared among the targets by their weights.
  public var inputs = 100_000
  /// Seed of the inputs.
  public var seed: UInt64 = 1
  /// Names of the targets; all when empty.
  public var targets: [String] = []
  /// Wall time that the search may take [s]; nil for as long as it takes.
  public var seconds: Double?
  /// One input to try again on the one target.
  public var input: String?
  /// The launch file of what is read.
  public var recipeFile = "Launch/pcb-insertion.yaml"

  /// The usual search.
  public init() {}
}

extension Commands {
  /// Looks for inputs that crash, hang or bloat a reader: `kinglet fuzz`.
  public static func fuzz(_ options: FuzzOptions, progress: Reporting) throws -> FuzzReport {
    let targets = try chosen(options.targets)
    if options.input != nil, targets.count != 1 {
      throw SessionFailure("--input needs the one --target that it is for")
    }
    let folder = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var search = FuzzSearch(options, folder: folder)
    let stop = try StopSignal()
    let weights = targets.reduce(0) { $0 + $1.weight }
    var reports: [FuzzReport.Target] = []
    var left = weights
    for target in targets where stop.count == 0 {
      let inputs = max(1, options.inputs * target.weight / weights)
      let report = try search.run(
        target, inputs: UInt64(options.input == nil ? inputs : 1),
        share: Double(target.weight) / Double(left), stop: stop)
      left -= target.weight
      reports.append(report)
      progress.write("\(target.name): \(report.inputs) inputs, \(decimal(report.seconds, 1)) s\n")
    }
    return FuzzReport(seed: options.seed, targets: reports, findings: search.findings)
  }

  private static func chosen(_ names: [String]) throws -> [FuzzTarget] {
    guard !names.isEmpty else { return FuzzTarget.all }
    return try names.map { name in
      guard let target = FuzzTarget.named(name) else {
        let known = FuzzTarget.all.map(\.name).joined(separator: ", ")
        throw SessionFailure("--target \(name): unknown; choose from \(known)")
      }
      return target
    }
  }
}

/// Runs targets in children, and keeps the inputs that ended one.
private struct FuzzSearch {
  private let options: FuzzOptions
  private let folder: String
  private let end: Deadline?
  private(set) var findings: [FuzzReport.Finding] = []
  /// Longest time of an input, and of a child's preparation [s].
  private static let patience = (input: 15.0, preparation: 120.0)
  /// Growth that is more than queues that fill and the allocator's own [MB].
  private static let growthLimit = 8.0
  /// Findings of one target after which it is left.
  private static let mostFindings = 20

  init(_ options: FuzzOptions, folder: String) {
    self.options = options
    self.folder = folder
    end = options.seconds.map { Deadline(in: Int64($0 * 1e9)) }
  }

  mutating func run(
    _ target: FuzzTarget, inputs: UInt64, share: Double, stop: StopSignal
  ) throws -> FuzzReport.Target {
    let start = MonotonicClock.now
    let limit = end.map { Deadline(in: Int64(Double($0.remaining()) * share)) }
    var report = FuzzReport.Target(
      name: target.name, inputs: 0, accepted: 0, refused: 0, endings: 0, crashes: 0, hangs: 0,
      startMegabytes: 0, endMegabytes: 0, isGrowing: false, slowestMilliseconds: 0, seconds: 0)
    var next: UInt64 = 0
    while next < inputs, report.crashes + report.hangs < Self.mostFindings, stop.count == 0 {
      if let limit, limit.isPast() { break }
      let child = try FuzzChildProcess(
        target, options, in: folder, first: next, count: inputs - next)
      let outcome = child.watch(patience: Self.patience, until: limit, stop: stop)
      report.add(child.journal)
      switch outcome {
      case .done: next = inputs
      case .cutShort: next = .max
      case .hung:
        report.hangs += 1
        try keep(child, of: target, reason: "hung")
        next = child.journal[.number] + 1
      case .crashed(let reason):
        guard child.journal.stage == .running else { throw SessionFailure(reason) }
        report.crashes += 1
        try keep(child, of: target, reason: reason)
        next = child.journal[.number] + 1
      }
    }
    report.inputs = report.accepted + report.refused + report.crashes + report.hangs
    let growth = report.endMegabytes - report.startMegabytes
    report.isGrowing = report.startMegabytes > 0 && growth > Self.growthLimit
    report.seconds = Double(MonotonicClock.now - start) * 1e-9
    return report
  }

  private mutating func keep(
    _ child: FuzzChildProcess, of target: FuzzTarget, reason: String
  ) throws {
    let number = child.journal[.number]
    let file = options.input ?? "fuzz/\(target.name)-\(options.seed)-\(number).bin"
    if options.input == nil {
      try FileManager.default.createDirectory(
        atPath: "fuzz", withIntermediateDirectories: true)
      try Data(child.journal.input).write(to: URL(fileURLWithPath: file))
    }
    findings.append(
      FuzzReport.Finding(target: target.name, number: Int(number), file: file, reason: reason))
  }
}

extension FuzzReport.Target {
  /// Adds what one child did.
  fileprivate mutating func add(_ journal: Journal) {
    accepted += Int(journal[.accepted])
    refused += Int(journal[.refused])
    endings += Int(journal[.ended])
    startMegabytes = Double(journal[.residentAtStart]) / 1e6
    endMegabytes = Double(journal[.residentAtEnd]) / 1e6
    // One that was cut short has no end.
    if endMegabytes == 0 { endMegabytes = startMegabytes }
    slowestMilliseconds = max(slowestMilliseconds, Double(journal[.slowest]) * 1e-6)
  }
}
