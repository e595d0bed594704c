import ArgumentParser
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
      again and compares every record. --mode state shows the recorded states of the simulator.
      """)
  @Argument(help: "A recorded episode, such as runs/pcb-insertion/episodes/episode-000000.mcap.")
  var file: String
  @Argument(help: "Changes to the recorded recipe, such as placement=process.")
  var overrides: [String] = []
  @Option(help: "action or state; state when there are pictures to make or a speed is given.")
  var mode: Mode?
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
    if let speed, !(speed > 0 && speed.isFinite) {
      throw ValidationError("--speed must be a positive number")
    }
    if mode == .action, isShowing {
      throw ValidationError(
        "--mode action compares; --realtime, --speed, --step, --png and --video need --mode state")
    }
  }

  mutating func run() throws {
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
    if step { options.awaitStep = { _ = readLine() } }
    try output.show(
      Commands.replayStates(
        file: file, overrides: overrides, options: options, progress: output.progress))
  }

  private var isShowing: Bool {
    realtime || speed != nil || step || png != nil || video != nil
  }
}
