import ArgumentParser
import Sessions

/// One process of a session, run by hand or by `launch`.
protocol SessionProcess: ParsableCommand {
  static var name: String { get }
  var arguments: ProcessArguments { get }
}

/// What every process of a session takes.
struct ProcessArguments: ParsableArguments {
  @OptionGroup var recipe: RecipeArguments

  @Option(help: .hidden)
  var supervisedBy: Int32?

  @Option(help: .hidden)
  var firstEpisode: [UInt64] = []

  @Option(help: .hidden)
  var knownSteps: Int?
}

extension SessionProcess {
  mutating func run() throws {
    try Commands.process(
      Self.name, recipeFile: arguments.recipe.file, overrides: arguments.recipe.overrides,
      supervisor: arguments.supervisedBy, firstEpisodes: arguments.firstEpisode,
      knownSteps: arguments.knownSteps)
  }
}

struct DriverProcess: SessionProcess {
  static let name = "driver"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Owns the arm and the clock of a session.")
  @OptionGroup var arguments: ProcessArguments
}

struct ControllerProcess: SessionProcess {
  static let name = "controller"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Answers each state of the driver with a torque.")
  @OptionGroup var arguments: ProcessArguments
}

struct RewardProcess: SessionProcess {
  static let name = "reward"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Judges the steps of an actor.")
  @OptionGroup var arguments: ProcessArguments
}

struct ResetProcess: SessionProcess {
  static let name = "reset"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Brings the arm to where the next episode starts.")
  @OptionGroup var arguments: ProcessArguments
}

struct LearnerProcess: SessionProcess {
  static let name = "learner"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Learns from an actor's transitions and hands out policies.")
  @OptionGroup var arguments: ProcessArguments
}

struct ActorProcess: SessionProcess {
  static let name = "actor"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Runs episodes with the learner's policy until the training ends.")
  @OptionGroup var arguments: ProcessArguments
}

struct RecorderProcess: SessionProcess {
  static let name = "recorder"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Writes each episode of a session to a file.")
  @OptionGroup var arguments: ProcessArguments
}
