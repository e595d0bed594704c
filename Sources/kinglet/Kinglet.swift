import ArgumentParser
import Sessions

/// The one executable: each process and each tool is a subcommand.
@main
struct Kinglet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kinglet",
    abstract: "Trains robot arms: launch a session, record demonstrations, evaluate a policy.",
    subcommands: [
      Launch.self, Join.self, Stop.self, Recover.self, Demonstrate.self, Evaluate.self, Serve.self,
      Replay.self, Episodes.self,
      Inspect.self, Export.self,
      Bench.self, Plot.self, Chaos.self, Fuzz.self,
      Keys.self, Doctor.self,
      DriverProcess.self, ControllerProcess.self, RewardProcess.self, ResetProcess.self,
      RecorderProcess.self, LearnerProcess.self, ActorProcess.self,
    ])
}

/// A launch file and what to change in it.
struct RecipeArguments: ParsableArguments {
  @Argument(help: "A file of Launch/, or the resolved.yaml of a run.")
  var file: String

  @Argument(help: "Changes such as seed=3, run=DIR, learner.ensemble=10, task.reset.height=0.05.")
  var overrides: [String] = []
}

/// Where the answer goes.
struct Output: ParsableArguments {
  @Flag(help: "Print one JSON object and nothing else on standard output.")
  var json = false

  /// Where progress goes: nowhere beside a JSON object.
  var progress: Reporting { json ? .none : .standardOutput }

  func show(_ report: some Report) throws { print(json ? try report.json() : report.text) }
}
