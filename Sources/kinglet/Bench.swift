import ArgumentParser
import Sessions

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures this machine: control, wire, arm, learner, policy.",
    discussion: "Without a subcommand every bench runs, with its own defaults.",
    subcommands: [
      BenchControl.self, BenchWire.self, BenchArm.self, BenchLearner.self, BenchPolicy.self,
      BenchEcho.self,
    ])
  @OptionGroup var output: Output

  mutating func run() throws {
    let report = try Commands.bench(file: BenchRecipe.usualFile)
    print(output.json ? try report.json() : report.text)
  }
}

/// What a bench takes its sizes and gains from.
struct BenchRecipe: ParsableArguments {
  static let usualFile = "Launch/pcb-insertion.yaml"

  @Argument(
    help: ArgumentHelp(
      "A file of Launch/, \(usualFile) when left out, and changes such as learner.width=128.",
      valueName: "recipe"))
  var words: [String] = []

  var file: String { startsWithFile ? words[0] : Self.usualFile }
  var overrides: [String] { startsWithFile ? Array(words.dropFirst()) : words }
  private var startsWithFile: Bool { words.first.map { !$0.contains("=") } ?? false }
}

/// An option that counts something.
private func checkCount(_ count: Int, _ name: String) throws {
  guard count > 0 else { throw ValidationError("--\(name) must be at least 1") }
}

struct BenchControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control", abstract: "A control tick in the driver beside its physics alone.")
  @OptionGroup var recipe: BenchRecipe
  @Option(help: "Ticks to measure.")
  var ticks = 20_000
  @OptionGroup var output: Output

  mutating func validate() throws { try checkCount(ticks, "ticks") }

  mutating func run() throws {
    let report = try Commands.benchControl(
      file: recipe.file, overrides: recipe.overrides, ticks: ticks)
    print(output.json ? try report.json() : report.text)
  }
}

struct BenchWire: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wire", abstract: "The tick exchange with a controller process.")
  @OptionGroup var recipe: BenchRecipe
  @Option(help: "Exchanges to measure.")
  var exchanges = 5000
  @OptionGroup var output: Output

  mutating func validate() throws { try checkCount(exchanges, "exchanges") }

  mutating func run() throws {
    let report = try Commands.benchWire(
      file: recipe.file, overrides: recipe.overrides, exchanges: exchanges)
    print(output.json ? try report.json() : report.text)
  }
}

struct BenchArm: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arm", abstract: "A pressed part held for a while, and the loop's delay margins.")
  @OptionGroup var recipe: BenchRecipe
  @Option(help: "Robot time of the hold [s].")
  var seconds = 10.0
  @OptionGroup var output: Output

  mutating func validate() throws {
    guard seconds >= 1, seconds <= 3600 else {
      throw ValidationError("--seconds must be from 1 to 3600")
    }
  }

  mutating func run() throws {
    let report = try Commands.benchArm(
      file: recipe.file, overrides: recipe.overrides, seconds: seconds)
    print(output.json ? try report.json() : report.text)
  }
}

struct BenchLearner: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learner", abstract: "Learner updates per second on random data.")
  @OptionGroup var recipe: BenchRecipe
  @Option(help: "Critics; the recipe's when not given.")
  var ensemble: Int?
  @Option(help: "Threads; the recipe's when not given.")
  var threads: Int?
  @Option(help: "Updates to measure.")
  var updates = 200
  @OptionGroup var output: Output

  mutating func validate() throws { try checkCount(updates, "updates") }

  mutating func run() throws {
    var overrides = recipe.overrides
    if let ensemble {
      overrides.append("learner.ensemble=\(ensemble)")
      // As SERL draws, unless something else was asked for.
      if !overrides.contains(where: { $0.hasPrefix("learner.drawn=") }) {
        overrides.append("learner.drawn=\(min(2, ensemble))")
      }
    }
    if let threads { overrides.append("learner.threads=\(threads)") }
    let report = try Commands.benchLearner(
      file: recipe.file, overrides: overrides, updates: updates)
    print(output.json ? try report.json() : report.text)
  }
}

struct BenchPolicy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Inference for one observation at a time.")
  @OptionGroup var recipe: BenchRecipe
  @Option(help: "Actions to measure.")
  var actions = 5000
  @OptionGroup var output: Output

  mutating func validate() throws { try checkCount(actions, "actions") }

  mutating func run() throws {
    let report = try Commands.benchPolicy(
      file: recipe.file, overrides: recipe.overrides, actions: actions)
    print(output.json ? try report.json() : report.text)
  }
}

/// The process at the other end of `bench wire`'s floor.
struct BenchEcho: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "echo", shouldDisplay: false)
  @Argument var endpoint: String
  @Option var supervisedBy: Int32

  mutating func run() throws {
    try Commands.benchEcho(endpoint: endpoint, supervisor: supervisedBy)
  }
}
