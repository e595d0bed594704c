import ArgumentParser
import Sessions

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures this machine: control, wire, arm, learner, policy, replay, gemm.",
    discussion:
      "Without a subcommand: control, wire, arm, and learner and policy of the usual recipe.",
    subcommands: [
      BenchControl.self, BenchWire.self, BenchArm.self, BenchLearner.self, BenchPolicy.self,
      BenchReplay.self, BenchGemm.self, BenchEcho.self,
    ])
  @OptionGroup var output: Output

  mutating func run() throws { try output.show(Commands.bench(file: BenchSettings.usualFile)) }
}

/// What every bench takes: sizes and gains from a recipe, and where the answer goes.
struct BenchSettings: ParsableArguments {
  static let usualFile = "Launch/pcb-insertion.yaml"

  @Argument(
    help: ArgumentHelp(
      "A file of Launch/, \(usualFile) when left out, and changes such as learner.width=128.",
      valueName: "recipe"))
  var words: [String] = []
  @OptionGroup var output: Output

  var file: String { startsWithFile ? words[0] : Self.usualFile }
  var overrides: [String] { startsWithFile ? Array(words.dropFirst()) : words }
  private var startsWithFile: Bool { words.first.map { !$0.contains("=") } ?? false }
}

/// One bench of its own.
protocol BenchCommand: ParsableCommand {
  associatedtype Found: Report
  var settings: BenchSettings { get }
  func measure() throws -> Found
}

extension BenchCommand {
  mutating func run() throws { try settings.output.show(measure()) }
}

/// Refuses to count to less than one.
private func check(_ count: Int, of name: String) throws {
  guard count > 0 else { throw ValidationError("--\(name) must be at least 1") }
}

struct BenchControl: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "control", abstract: "A control tick in the driver beside its physics alone.")
  @OptionGroup var settings: BenchSettings
  @Option(help: "Ticks to measure.")
  var ticks = 20_000

  mutating func validate() throws { try check(ticks, of: "ticks") }

  func measure() throws -> ControlReport {
    try Commands.benchControl(file: settings.file, overrides: settings.overrides, ticks: ticks)
  }
}

struct BenchWire: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "wire", abstract: "The tick exchange with a controller process.")
  @OptionGroup var settings: BenchSettings
  @Option(help: "Exchanges to measure.")
  var exchanges = 5000

  mutating func validate() throws { try check(exchanges, of: "exchanges") }

  func measure() throws -> WireReport {
    try Commands.benchWire(
      file: settings.file, overrides: settings.overrides, exchanges: exchanges)
  }
}

struct BenchArm: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "arm", abstract: "A pressed part held for a while, and the loop's delay margins.")
  @OptionGroup var settings: BenchSettings
  @Option(help: "Robot time of the hold [s].")
  var seconds = 10.0

  mutating func validate() throws {
    guard seconds >= 1, seconds <= 3600 else {
      throw ValidationError("--seconds must be from 1 to 3600")
    }
  }

  func measure() throws -> ArmReport {
    try Commands.benchArm(file: settings.file, overrides: settings.overrides, seconds: seconds)
  }
}

/// A learner of a recipe, or of SERL's sizes when none is named.
struct LearnerWords: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A file of Launch/ whose learner is measured, and changes such as learner.batch=512.",
      valueName: "recipe"))
  var words: [String] = []
  @Option(help: "Components of an observation.")
  var observation: Int?
  @Option(help: "Components of an action.")
  var action: Int?
  @Option(help: "Units of a hidden layer.")
  var width: Int?

  mutating func validate() throws {
    for (name, count) in [("observation", observation), ("action", action), ("width", width)] {
      if let count { try check(count, of: name) }
    }
    guard words.count(where: { !$0.contains("=") }) <= 1 else {
      throw ValidationError("one recipe at a time")
    }
  }

  var overrides: [String] { words.filter { $0.contains("=") } }

  /// Changes alone are those of the usual recipe.
  var file: String? {
    words.first { !$0.contains("=") } ?? (words.isEmpty ? nil : BenchSettings.usualFile)
  }

  var sizes: LearnerSizes {
    var sizes = LearnerSizes()
    (sizes.observation, sizes.action, sizes.width) = (observation, action, width)
    return sizes
  }
}

struct BenchLearner: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learner", abstract: "Learner updates per second on random data.",
    discussion: "Without a recipe: SERL's sizes, 22 numbers to 7, 10 critics of which 2 are drawn.")
  @OptionGroup var learner: LearnerWords
  @OptionGroup var output: Output
  @Option(help: "Critics.")
  var ensemble: Int?
  @Option(help: "Target critics in the minimum.")
  var drawn: Int?
  @Option(help: "Transitions of an update.")
  var batch: Int?
  @Option(help: "Critic updates per actor update.")
  var criticsPerActor: Int?
  @Option(help: "Threads.")
  var threads: Int?
  @Flag(help: "Draw each batch, one step ahead, from a million transitions within the time.")
  var sampling = false
  @Option(help: "Updates to measure.")
  var updates = 300

  mutating func validate() throws {
    let counts = [
      ("ensemble", ensemble), ("drawn", drawn), ("batch", batch), ("threads", threads),
      ("critics-per-actor", criticsPerActor), ("updates", updates),
    ]
    for (name, count) in counts { if let count { try check(count, of: name) } }
    guard threads ?? 1 <= 64 else { throw ValidationError("--threads must be at most 64") }
  }

  mutating func run() throws {
    var sizes = learner.sizes
    (sizes.ensemble, sizes.drawn, sizes.batch) = (ensemble, drawn, batch)
    (sizes.threads, sizes.criticsPerActor) = (threads, criticsPerActor)
    try output.show(
      Commands.benchLearner(
        file: learner.file, overrides: learner.overrides, sizes: sizes,
        transitions: sampling ? 1_000_000 : 0, updates: updates))
  }
}

struct BenchPolicy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Inference for one observation at a time.",
    discussion: "Without a recipe: SERL's sizes, 22 numbers to 7.")
  @OptionGroup var learner: LearnerWords
  @OptionGroup var output: Output
  @Option(help: "Actions to measure.")
  var actions = 5000

  mutating func validate() throws { try check(actions, of: "actions") }

  mutating func run() throws {
    try output.show(
      Commands.benchPolicy(
        file: learner.file, overrides: learner.overrides, sizes: learner.sizes, actions: actions))
  }
}

struct BenchReplay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Keeping and drawing transitions.")
  @OptionGroup var output: Output
  @Option(help: "Transitions of the full buffer.")
  var transitions = 1_000_000
  @Option(help: "Components of an observation.")
  var observation = 22
  @Option(help: "Components of an action.")
  var action = 7
  @Option(help: "Transitions of a draw.")
  var batch = 256
  @Option(help: "Bytes of a step's images, such as 12288 for one of 64×64 in colour.")
  var imageBytes = 0

  mutating func validate() throws {
    try check(transitions, of: "transitions")
    try check(observation, of: "observation")
    try check(action, of: "action")
    try check(batch, of: "batch")
    guard (0...1 << 24).contains(imageBytes) else {
      throw ValidationError("--image-bytes must be from 0 to \(1 << 24)")
    }
  }

  mutating func run() throws {
    try output.show(
      Commands.benchReplay(
        transitions: transitions, observation: observation, action: action, batch: batch,
        imageBytes: imageBytes))
  }
}

struct BenchGemm: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm",
    abstract: "The learner's matrix products, beside Eigen, OpenBLAS and oneDNN.",
    discussion: "OpenBLAS and oneDNN where they are installed (libopenblas0-pthread, libdnnl2).")
  @OptionGroup var output: Output
  @Option(help: "Threads.")
  var threads = 1

  mutating func validate() throws {
    guard (1...64).contains(threads) else {
      throw ValidationError("--threads must be from 1 to 64")
    }
  }

  mutating func run() throws { try output.show(Commands.benchGemm(threads: threads)) }
}

/// The process at the other end of `bench wire`'s floor.
struct BenchEcho: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "echo", shouldDisplay: false)
  @Argument var endpoint: String
  @Flag var polling = false
  @Option var supervisedBy: Int32

  mutating func run() throws {
    try Commands.benchEcho(endpoint: endpoint, isPolling: polling, supervisor: supervisedBy)
  }
}
