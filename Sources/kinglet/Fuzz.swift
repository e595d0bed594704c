import ArgumentParser
import Sessions

struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks for inputs that crash, hang or bloat what reads files and messages.",
    discussion: """
      Each reader runs in a child process on damaged samples; one seed gives the same inputs. What \
      breaks a reader is kept as fuzz/TARGET-SEED-NUMBER.bin.
      """,
    subcommands: [FuzzChildCommand.self])
  @Option(help: "Inputs in all.")
  var inputs = 100_000
  @Option(help: "Seed of the inputs.")
  var seed: UInt64 = 1
  @Option(name: .customLong("target"), help: "A reader to try; all when left out.")
  var targets: [String] = []
  @Option(help: "Most wall time [s].")
  var seconds: Double?
  @Option(help: "A kept input to try again on the one --target.")
  var input: String?
  @OptionGroup var output: Output

  mutating func validate() throws {
    guard (1...1_000_000_000).contains(inputs) else {
      throw ValidationError("--inputs must be from 1 to 1000000000")
    }
    if let seconds, !(1...1_000_000).contains(seconds) {
      throw ValidationError("--seconds must be from 1 to 1000000")
    }
  }

  mutating func run() throws {
    var options = FuzzOptions()
    (options.inputs, options.seed, options.targets) = (inputs, seed, targets)
    (options.seconds, options.input) = (seconds, input)
    let report = try Commands.fuzz(options, progress: output.progress)
    try output.show(report)
    if !report.isClean { throw ExitCode.failure }
  }
}

/// The process in which `fuzz` tries a reader.
///
/// No options but its own: those of `fuzz` would be taken by that.
struct FuzzChildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "child", shouldDisplay: false)
  @Argument var target: String
  @Argument var seed: UInt64
  @Argument var first: UInt64
  @Argument var count: UInt64
  @Argument var journal: String
  @Argument var folder: String
  @Argument var recipe: String
  @Argument var input: String?
  @Option var supervisedBy: Int32

  mutating func run() throws {
    try Commands.fuzzChild(
      FuzzOrder(
        target: target, seed: seed, first: first, count: count, journal: journal, folder: folder,
        recipeFile: recipe, input: input), supervisor: supervisedBy)
  }
}
