import ArgumentParser
import Sessions

struct Stop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stops the arm of a running session at once; `kinglet recover` lets it go on.")
  @Argument(help: ArgumentHelp("The folder of the running session.", valueName: "run"))
  var folder: String
  @Option(help: "Why, for the log.")
  var reason = "kinglet stop"
  @OptionGroup var output: Output

  mutating func run() throws { try output.show(Commands.stop(run: folder, because: reason)) }
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
