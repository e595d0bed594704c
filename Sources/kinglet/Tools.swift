import ArgumentParser
import Foundation
import Sessions

struct Launch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains: starts every process of a launch file and watches them.")
  @OptionGroup var recipe: RecipeArguments
  @OptionGroup var output: Output
  @Flag(help: "Say what would run, and where; start nothing.")
  var dryRun = false
  @Flag(help: "Remove an earlier run of the same folder.")
  var replace = false
  @Flag(help: "Go on with a training that ended early: launch --resume RUN.")
  var resume = false

  mutating func validate() throws {
    if resume, replace || dryRun {
      throw ValidationError("--resume goes on; --replace and --dry-run say something else")
    }
  }

  mutating func run() throws {
    if resume {
      let report = try Commands.resume(
        run: recipe.file, overrides: recipe.overrides, progress: output.progress)
      try output.show(report)
      return
    }
    if dryRun {
      let plan = try Commands.dryRun(
        file: recipe.file, overrides: recipe.overrides, earlier: replace ? .replace : .keep)
      try output.show(plan)
      if !plan.obstacles.isEmpty { throw ExitCode.failure }
      return
    }
    let summary = try Commands.launch(
      file: recipe.file, overrides: recipe.overrides, earlier: replace ? .replace : .keep,
      progress: output.progress)
    try output.show(summary)
  }
}

struct Demonstrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Records successful episodes of the scripted expert.")
  @OptionGroup var recipe: RecipeArguments
  @Flag(help: "Remove the demonstrations that are there.")
  var replace = false
  @OptionGroup var output: Output

  mutating func run() throws {
    let report = try Commands.demonstrate(
      file: recipe.file, overrides: recipe.overrides, earlier: replace ? .replace : .keep,
      progress: output.progress)
    try output.show(report)
  }
}

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Counts how often a run's policy truly seats the part.")
  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String
  @Argument(help: "Changes to the run's recipe, such as task.connector.hole=0.0009.")
  var overrides: [String] = []
  @Option(help: "Episodes to run.")
  var episodes = 100
  @Option(help: "Seed of the episodes; training never draws from the same streams.")
  var seed: UInt64 = 1
  @Option(help: "lockstep or realtime; the run's own when not given.")
  var clock: String?
  @Flag(help: "Run the scripted expert on the same episodes too.")
  var expert = false
  @OptionGroup var output: Output

  mutating func validate() throws {
    guard episodes > 0 else { throw ValidationError("--episodes must be at least 1") }
  }

  mutating func run() throws {
    let report = try Commands.evaluate(
      run: folder, overrides: overrides, episodes: episodes, seed: seed, clock: clock,
      expert: expert ? .beside : .left, progress: output.progress)
    try output.show(report)
    if report.episodes < episodes {
      throw SessionFailure.interrupted(report.episodes, of: episodes)
    }
  }
}

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves the environment of a launch file to a client, such as the Python package's.",
    discussion: "Says where, then runs until Ctrl-C. The folder of the run is temporary.")
  @OptionGroup var recipe: RecipeArguments
  @OptionGroup var output: Output
  @Flag(help: "Draw the episodes that `evaluate` draws, not those of training.")
  var evaluation = false
  @Flag(help: "End when standard input does, so with whoever holds its other end.")
  var untilInputEnds = false

  mutating func run() throws {
    try Commands.serve(
      file: recipe.file, overrides: recipe.overrides,
      kind: evaluation ? .evaluation : .training, ending: untilInputEnds ? .withInput : .signal
    ) { [output] environment in
      try output.show(environment)
      // A pipe would keep the line until this process ends.
      fflush(nil)
    }
  }
}

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks libraries, CPU, folders and ports; each failure comes with its cure.")
  @Option(
    help: ArgumentHelp(
      "Also run a bare driver and controller in real time for so long, such as 10s.",
      valueName: "time"),
    transform: { text in
      guard let seconds = Double(text.hasSuffix("s") ? String(text.dropLast()) : text),
        (1...3600).contains(seconds)
      else { throw ValidationError("\(text): expected a time from 1s to 3600s") }
      return seconds
    })
  var control: Double?
  @Option(help: "The robot of Robots/ whose driver that is; the usual launch file's when left out.")
  var robot: String?
  @OptionGroup var output: Output

  mutating func validate() throws {
    if robot != nil, control == nil { throw ValidationError("--robot is for --control") }
  }

  mutating func run() throws {
    let report =
      try control.map {
        try Commands.doctor(
          control: $0, file: BenchSettings.usualFile, overrides: robot.map { ["robot=" + $0] } ?? []
        )
      } ?? Commands.doctor()
    try output.show(report)
    if !report.isHealthy { throw ExitCode.failure }
  }
}
