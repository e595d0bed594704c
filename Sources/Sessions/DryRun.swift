import Foundation
import Metrics
import RealTime
import Recipes
import Safety

/// What a launch would do, without doing it.
public struct DryRun: Report {
  /// One process and the command that runs it by hand.
  public struct Line: Encodable, Sendable {
    /// Its role.
    public var process: String
    /// The command.
    public var command: String
  }

  /// Gain-delay margin of one compliance where it is least.
  public struct Margin: Encodable, Sendable {
    /// Whose gains: task, reset or limits.
    public var compliance: String
    /// Where: at home, at a corner of the start poses, or at the target.
    public var place: String
    /// Rate ρ [1/s].
    public var ratePerSecond: Double
    /// Delay t [s].
    public var delaySeconds: Double
    /// ρ·t.
    public var product: Double
    /// What that means.
    public var verdict: String
  }

  /// What would be started, in order.
  public var processes: [Line]
  /// Addresses by what meets there.
  public var endpoints: [String: String]
  /// Margins of the task's and the reset's gains, and of the largest that may be commanded.
  public var margins: [Margin]
  /// What is in the folders that a launch would use.
  public var folders: [String: String] = [:]
  /// Why a launch would be refused; empty when nothing speaks against it.
  public var obstacles: [String] = []
  /// What a launch would warn of.
  public var warnings: [String]
  /// The resolved recipe as YAML.
  public var recipe: String

  init(_ recipe: SessionRecipe, earlier: Commands.EarlierRun) throws {
    let run = recipe.launch.run
    let own = SessionProcesses.surroundings(of: recipe.launch) + [.learner, .actor]
    let roles = recipe.launch.holdsArm ? own : [.learner]
    let joined = recipe.launch.holdsArm ? [] : (0..<recipe.launch.actors).map { $0 }
    processes =
      roles.map {
        Line(process: $0.rawValue, command: "kinglet \($0.rawValue) \(run)/resolved.yaml")
      }
      + joined.map {
        Line(process: "\(ProcessName(actor: $0))", command: "kinglet join \(run) --actor \($0)")
      }
    let meetings = Endpoints(recipe: recipe.launch)
    endpoints = Dictionary(
      uniqueKeysWithValues: Meeting.allCases.filter { recipe.launch.holdsArm || $0.isOfTraining }
        .map { ($0.rawValue, meetings[$0]) })
    let check = try GainCheck(recipe)
    margins = check.findings.map {
      Margin(
        compliance: $0.compliance, place: $0.place, ratePerSecond: $0.margin.rate,
        delaySeconds: $0.margin.delay, product: $0.margin.product,
        verdict: "\($0.margin.verdict)")
    }
    warnings = check.warnings + (LoopPreparation.shortage(of: recipe.launch).map { [$0] } ?? [])
    do { try check.refuseAny() } catch { obstacles.append("\(error)") }
    self.recipe = recipe.resolvedYAML(revision: gitRevision(), date: isoDate())
    look(intoFoldersOf: recipe, earlier: earlier)
    lookAtSecurity(of: recipe.launch)
  }

  private mutating func look(
    intoFoldersOf recipe: SessionRecipe, earlier: Commands.EarlierRun
  ) {
    let run = recipe.launch.run
    do {
      guard earlier == .keep else {
        folders[run] = try RunFolder.holdsRun(run) ? "an earlier run, which is removed" : "new"
        return lookForDemonstrations(of: recipe)
      }
      let finished = try Commands.finishedTraining(of: recipe)
      folders[run] = finished == nil ? "new" : "this very training, finished"
    } catch {
      obstacles.append("\(error)")
    }
    lookForDemonstrations(of: recipe)
  }

  private mutating func lookAtSecurity(of recipe: LaunchRecipe) {
    do {
      try Commands.refuseOtherHosts(recipe)
      guard let keys = recipe.security.keys else { return }
      let peers = try Commands.keys(in: keys).allowed.map(\.name).joined(separator: ", ")
      folders[keys] = "this machine's keys; lets in: \(peers.isEmpty ? "itself" : peers)"
    } catch {
      obstacles.append("\(error)")
    }
  }

  private mutating func lookForDemonstrations(of recipe: SessionRecipe) {
    guard recipe.launch.learner.demonstrationShare > 0 else { return }
    let source = recipe.launch.demonstrations.folder
    guard DemonstrationFolder.exists(source) else {
      let count = recipe.launch.demonstrations.episodes
      folders[source] = "no demonstrations: \(count) will be recorded first"
      return
    }
    do {
      let steps = try DemonstrationFolder(source, for: recipe).steps.count
      folders[source] = "demonstrations of \(steps) steps"
    } catch {
      obstacles.append("\(error)")
    }
  }

  /// The plan for a person.
  public var text: String {
    var lines = ["processes:"]
    lines += processes.map {
      "  " + $0.process.padding(toLength: 12, withPad: " ", startingAt: 0) + $0.command
    }
    lines.append("endpoints:")
    lines += endpoints.sorted { $0.key < $1.key }.map {
      "  " + $0.key.padding(toLength: 12, withPad: " ", startingAt: 0) + $0.value
    }
    lines.append("gain-delay margin, the least at home and along the task's poses:")
    lines += margins.map {
      "  \($0.compliance), at the \($0.place): rate \(decimal($0.ratePerSecond, 0))/s, delay "
        + "\(decimal(1e3 * $0.delaySeconds, 2)) ms, product "
        + "\(decimal($0.product, 3)) (\($0.verdict); comfortable below 0.5, unstable from 1.57)"
    }
    lines.append("folders:")
    lines += folders.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
    lines += warnings.map { "warning: \($0)" }
    lines += obstacles.map { "would be refused: \($0)" }
    return (lines + ["recipe:", recipe]).joined(separator: "\n")
  }
}

extension Commands {
  /// What `launch` would start and where: `kinglet launch --dry-run`.
  public static func dryRun(
    file: String, overrides: [String], earlier: EarlierRun
  ) throws -> DryRun {
    let recipe = try SessionRecipe.load(launchFile: file, overrides: overrides)
    var plan = try DryRun(recipe, earlier: earlier)
    plan.warnings += limitWarnings(overrides)
    return plan
  }
}

/// The revision of the source tree that this runs in, "unknown" outside one.
func gitRevision() -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["git", "describe", "--always", "--dirty"]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  process.standardInput = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return "unknown" }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  return text.isEmpty ? "unknown" : text
}

/// A time since 1970 [ns], now if none is given, in UTC: for the heads of files.
func isoDate(nanoseconds: Int64 = WallClock.now) -> String {
  ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(nanoseconds) * 1e-9))
}
