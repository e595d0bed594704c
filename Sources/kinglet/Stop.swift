import ArgumentParser
import Sessions

struct Stop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stops every arm of a running session at once; `kinglet recover` lets one go on.")
  @Argument(help: ArgumentHelp("The folder of the running session.", valueName: "run"))
  var folder: String
  @Option(help: "Why, for the log.")
  var reason = "kinglet stop"
  @OptionGroup var output: Output

  mutating func run() throws {
    let report = try Commands.stop(run: folder, because: reason)
    try output.show(report)
    if !report.failures.isEmpty { throw ExitCode.failure }
  }
}

struct Recover: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lets a stopped arm go on; look at it before.")
  @Argument(help: ArgumentHelp("The folder of the running session.", valueName: "run"))
  var folder: String
  @Option(help: "Why it may, for the log.")
  var reason = "kinglet recover"
  @OptionGroup var output: Output

  mutating func run() throws { try output.show(Commands.recover(run: folder, because: reason)) }
}
