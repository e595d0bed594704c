import ArgumentParser
import Sessions

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a recorded episode again.")
  @Argument(help: "A recorded episode, such as runs/pcb-insertion/episodes/episode-000000.mcap.")
  var file: String
  @Argument(help: "Changes to the recorded recipe, such as placement=process.")
  var overrides: [String] = []
  @OptionGroup var output: Output

  mutating func run() throws {
    let report = try Commands.replayActions(file: file, overrides: overrides)
    try output.show(report)
    if !report.passes { throw ExitCode.failure }
  }
}
