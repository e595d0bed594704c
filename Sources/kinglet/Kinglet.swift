import ArgumentParser
import Foundation
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

  /// Runs what was asked for; a wrong call is answered in one line.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let code = exitCode(for: error)
      // What was asked for, such as help, belongs on standard output.
      if code == .success { exit(withError: error) }
      let message = fullMessage(for: error)
      let line = code == .validationFailure ? refusal(message) : nil
      if !message.isEmpty { Commands.sayLast(line ?? message) }
      Foundation.exit(code.rawValue)
    }
  }

  /// The line of a message of many that says what is wrong, and where to read more.
  private static func refusal(_ message: String) -> String? {
    let lines = message.split(separator: "\n")
    guard let first = lines.first else { return nil }
    let help = lines.last { $0.contains("--help'") }?.split(separator: "'").dropFirst().first
    let asked = CommandLine.arguments.dropFirst().first ?? ""
    let names = configuration.subcommands.map { $0._commandName }
    let isUnknown = first.contains("nexpected argument") && !names.contains(asked)
    let meant = isUnknown ? Commands.nearest(to: asked, among: names) : nil
    let wrong = first + (meant.map { ". Did you mean '\($0)'?" } ?? "")
    return wrong + (help.map { (wrong.hasSuffix("?") ? " See '" : "; see '") + $0 + "'" } ?? "")
  }
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
