import ArgumentParser
import Sessions

struct Plot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws learning curves: rewarded share over steps and over robot time.")
  @Argument(help: ArgumentHelp("RUN, or LABEL=RUN,RUN,... for mean and range.", valueName: "run"))
  var runs: [String]
  @Option(help: "The SVG file to write.")
  var out: String
  @Option(help: "Makes one group of this name of the runs that have no label.")
  var label: String?

  mutating func run() throws {
    try Commands.plot(RunGroup.groups(of: runs, label: label), to: out)
    print("wrote \(out)")
  }
}
