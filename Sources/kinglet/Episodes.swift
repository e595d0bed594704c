import ArgumentParser
import Catalogue
import Foundation
import Sessions

struct Replay: ParsableCommand {
  /// What is done again.
  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case action
    case state
  }

  static let configuration = CommandConfiguration(
    abstract: "Runs a recorded episode again, or shows it.",
    discussion: """
      --mode action puts driver and controller where the episode started, does the recorded actions \
      again and compares every record. --mode state shows the recorded states of the simulator. \
      --driver ROBOT lets another arm follow: slowly to where the episode started, then along its \
      setpoints, seen from the target.
      """)
  @Argument(help: "A recorded episode, such as runs/pcb-insertion/episodes/episode-000000.mcap.")
  var file: String
  @Argument(help: "Changes to the recorded recipe, such as placement=process.")
  var overrides: [String] = []
  @Option(help: "action or state; state when there are pictures to make or a speed is given.")
  var mode: Mode?
  @Option(help: "Follow it with this robot of Robots/ as it stands now.")
  var driver: String?
  @Flag(help: "Show it as fast as it was.")
  var realtime = false
  @Option(help: "Show it so many times as fast as it was.")
  var speed: Double?
  @Flag(help: "Wait for the return key after each step.")
  var step = false
  @Option(help: "Draw the last step to this file.")
  var png: String?
  @Option(help: "Draw all steps to this .mp4 file.")
  var video: String?
  @OptionGroup var output: Output

  mutating func validate() throws {
    if realtime, speed != nil { throw ValidationError("--realtime and --speed say two things") }
    if let speed, !(0.001...1000).contains(speed) {
      throw ValidationError("--speed must be from 0.001 to 1000")
    }
    if driver != nil, mode == .state || isShowing {
      throw ValidationError(
        "--driver moves an arm; --mode state, --realtime, --speed, --step, --png and --video show")
    }
    if mode == .action, isShowing {
      throw ValidationError(
        "--mode action compares; --realtime, --speed, --step, --png and --video need --mode state")
    }
  }

  mutating func run() throws {
    if let driver {
      return try output.show(Commands.follow(file: file, robot: driver, overrides: overrides))
    }
    guard (mode ?? (isShowing ? .state : .action)) == .state else {
      let report = try Commands.replayActions(file: file, overrides: overrides)
      try output.show(report)
      if !report.passes { throw ExitCode.failure }
      return
    }
    var options = ShowOptions()
    options.speed = speed ?? (realtime ? 1 : nil)
    options.png = png
    options.video = video
    if step { options.awaitStep = { readLine() != nil } }
    try output.show(
      Commands.replayStates(
        file: file, overrides: overrides, options: options, progress: output.progress))
  }

  private var isShowing: Bool {
    realtime || speed != nil || step || png != nil || video != nil
  }
}

struct Episodes: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists, checks and repairs recorded episodes.",
    subcommands: [ListEpisodes.self, VerifyEpisodes.self, RecoverEpisodes.self],
    defaultSubcommand: ListEpisodes.self)
}

struct ListEpisodes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists recorded episodes, the earliest first.",
    discussion: "The index stands in the first folder and is made from the files at any time.")
  @Option(name: .customLong("in"), help: "Folders that are looked through.")
  var folders = Commands.defaultEpisodeFolders
  @Option(help: "Of this task.")
  var task: String?
  @Option(
    name: .customLong("run"), help: "Of runs whose folder has this in its name.")
  var runName: String?
  @Flag(help: "That succeeded: truly where that is known, else by their reward.")
  var success = false
  @Flag(help: "That did not succeed.")
  var failure = false
  @Option(help: "Of at least so many steps.")
  var minSteps: Int?
  @Option(help: "Of at most so many steps.")
  var maxSteps: Int?
  @Option(help: "With a contact force of at most so many newtons.")
  var maxForce: Double?
  @Option(help: "Begun on this day or later, such as 2026-11-26.")
  var since: String?
  @Option(help: "Begun before this day.")
  var before: String?
  @OptionGroup var output: Output

  mutating func validate() throws {
    for day in [since, before].compactMap({ $0 })
    where day.wholeMatch(of: /\d{4}-\d{2}-\d{2}.*/) == nil {
      throw ValidationError("\(day): expected a day such as 2026-11-26")
    }
    if success && failure { throw ValidationError("--success and --failure leave nothing") }
    if let minSteps, let maxSteps, minSteps > maxSteps {
      throw ValidationError("--min-steps \(minSteps) is above --max-steps \(maxSteps)")
    }
  }

  mutating func run() throws {
    var filter = CatalogueFilter()
    filter.task = task
    filter.run = runName
    filter.success = success ? true : (failure ? false : nil)
    if minSteps != nil || maxSteps != nil {
      filter.steps = max(0, minSteps ?? 0)...max(minSteps ?? 0, maxSteps ?? .max)
    }
    filter.force = maxForce
    filter.since = since
    filter.before = before
    try output.show(Commands.episodes(in: folders, filter))
  }
}

struct VerifyEpisodes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Checks every checksum, index and count of recorded files.")
  @Argument(help: "Files, or folders of files.")
  var paths: [String]
  @OptionGroup var output: Output

  mutating func run() throws {
    let report = try Commands.verify(paths)
    try output.show(report)
    if !report.isGood { throw ExitCode.failure }
  }
}

struct RecoverEpisodes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Brings back what is whole in damaged or unfinished files.",
    discussion:
      "X.mcap.part becomes X.mcap, X.mcap becomes X.recovered.mcap; the damaged file stays.")
  @Argument(help: "Files, or folders of unfinished files.")
  var paths: [String]
  @OptionGroup var output: Output

  mutating func run() throws {
    let report = try Commands.recover(paths)
    try output.show(report)
    if !report.isGood { throw ExitCode.failure }
  }
}

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a recorded episode holds: rates, jitter, gaps, forces, success.")
  @Argument(help: "A recorded episode.")
  var file: String
  @Option(help: "Also write a page with plots and pictures for a browser.")
  var html: String?
  @OptionGroup var output: Output

  mutating func run() throws { try output.show(Commands.inspect(file, html: html)) }
}

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes recorded episodes for other programs, and checks what it wrote.")
  @Argument(
    help: "lerobot (LeRobotDataset v3.0), robomimic (HDF5) or csv.",
    transform: { text in
      guard let format = ExportFormat(rawValue: text) else {
        throw ValidationError("\(text): unknown format; choose from lerobot, robomimic, csv")
      }
      return format
    })
  var format: ExportFormat
  @Argument(help: "Recorded episodes, or folders of them.")
  var paths: [String]
  @Option(help: "The new folder, for robomimic the new file.")
  var out: String
  @Flag(help: "Leave out episodes that did not succeed.")
  var successes = false
  @OptionGroup var output: Output

  mutating func run() throws {
    try output.show(
      Commands.export(format, from: paths, to: out, choice: successes ? .successes : .all))
  }
}
