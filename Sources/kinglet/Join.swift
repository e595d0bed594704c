import ArgumentParser
import Sessions

struct Join: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Acts for a running training with one more arm, until the training is over.",
    discussion: """
      Starts driver, controller, reward, reset, recorder and actor of the training's recipe in \
      RUN/actors/N, and sends what the actor sees to the training's learner. Ctrl-C finishes the \
      episode and leaves; the training goes on. In lock-step, where the launch file says how many \
      actors there are, `launch` alone starts them.
      """)
  @Argument(help: ArgumentHelp("The folder of the running training.", valueName: "run"))
  var folder: String
  @Argument(
    help: "Changes of this arm alone, such as robot.safety.toolSpeed=0.2, security.keys=DIR.")
  var overrides: [String] = []
  @Option(
    help:
      "Number of the actor, 0 to 63; one that has left goes on. By default one that was never there."
  )
  var actor: Int?
  @OptionGroup var output: Output
  @Option(help: .hidden)
  var supervisedBy: Int32?
  @Option(help: .hidden)
  var firstEpisode: UInt64?

  mutating func run() throws {
    try output.show(
      Commands.join(
        run: folder, overrides: overrides, actor: actor, supervisor: supervisedBy,
        firstEpisode: firstEpisode, progress: output.progress))
  }
}
