import ArgumentParser
import Sessions

struct Chaos: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Breaks real trainings on purpose and checks that nobody is hurt and nothing lost.",
    discussion: """
      Ends, stops and starves processes, damages, delays, drops, doubles and reorders their messages, \
      fills their disk and pulls the stop, at times that a seed decides. After each fault every tick \
      that the driver recorded must be within the session's limits, the arm must have stopped where it \
      had to, and the training must go on or end with a reason and be resumed; one of several arms in \
      real time goes on without the arm that a fault has ended, which is then brought back. At its end \
      the learner must hold each recorded transition once. Of a hundred faults and more, half must meet \
      an arm that moves in real time.
      """)
  @Argument(help: "A file of Launch/.")
  var file = "Launch/pcb-insertion.yaml"
  @Option(help: "Faults to make.")
  var faults = 200
  @Option(help: "Seed of the faults.")
  var seed: UInt64 = 1
  @Option(help: "Ends after so long, whatever is left [s].")
  var seconds = 3600.0
  @Option(
    help: "Actors of every training, each with an arm; by default one, and two in every fifth.")
  var actors: Int?
  @OptionGroup var output: Output

  mutating func validate() throws {
    guard faults > 0, seconds > 0 else {
      throw ValidationError("--faults and --seconds must be above 0")
    }
  }

  mutating func run() throws {
    let report = try Commands.chaos(
      file: file, faults: faults, seed: seed, seconds: seconds, actors: actors,
      progress: output.progress)
    try output.show(report)
    // Fewer faults than were asked for show less than was asked.
    if !report.hasMovingHalf { Commands.sayLast(ChaosReport.fewMoving) }
    guard report.violations.isEmpty, report.faults >= faults, report.hasMovingHalf else {
      throw ExitCode.failure
    }
  }
}
