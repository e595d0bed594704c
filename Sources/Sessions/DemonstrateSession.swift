import Experts
import Foundation
import LearningSlots
import Messages
import Metrics
import Randomness
import Recipes
import Replay

/// An episode actor that asks a fixed policy.
struct FixedActor<P: Policy>: EpisodeActor, ~Copyable {
  private let policy: P
  private var carry: P.Carry
  private var stream: RandomStream

  init(_ policy: P, stream: RandomStream) {
    self.policy = policy
    self.stream = stream
    carry = policy.start()
  }

  mutating func begin() throws { carry = policy.start() }

  mutating func action(for observation: [Float]) throws -> (numbers: [Float], version: UInt64) {
    (act(policy, &carry, on: observation, using: &stream), 0)
  }

  mutating func keep(_ transition: Transition) throws {}
}

/// The scripted expert, disturbed, as an episode actor that keeps what it did and what it meant.
struct DemonstratingActor: EpisodeActor, ~Copyable {
  private let expert: SpiralExpert
  private let noise: Double
  private var carry: SpiralExpert.Carry
  private var stream: RandomStream
  private var intended: [Float] = []
  private(set) var steps: [Demonstration] = []

  init(_ expert: SpiralExpert, noise: Double, stream: RandomStream) {
    self.expert = expert
    self.noise = noise
    self.stream = stream
    carry = expert.start()
  }

  mutating func begin() throws {
    carry = expert.start()
    steps.removeAll()
  }

  mutating func action(for observation: [Float]) throws -> (numbers: [Float], version: UInt64) {
    intended = act(expert, &carry, on: observation, using: &stream)
    var numbers = intended
    expert.disturb(&numbers, on: observation.span, by: noise, using: &stream)
    return (numbers, 0)
  }

  mutating func keep(_ transition: Transition) throws {
    steps.append(Demonstration(transition: transition, intendedAction: intended))
  }
}

/// What `demonstrate` found.
public struct DemonstrationReport: Report {
  /// Episodes tried.
  public var episodes: Int
  /// Episodes that were rewarded and kept.
  public var successes: Int
  /// Mean robot time of the kept episodes [s].
  public var cycleSeconds: Double
  /// Robot time of everything, resets included [min].
  public var robotMinutes: Double
  /// Where the transitions stand.
  public var file: String

  /// The report for a person.
  public var text: String {
    "kept \(successes) of \(episodes) episodes, mean cycle \(decimal(cycleSeconds, 2)) s, "
      + "robot time \(decimal(robotMinutes, 1)) min: \(file)"
  }
}

/// Records the scripted expert's successes, through the same path as any other actor.
struct DemonstrateSession {
  let session: SessionContext
  /// Called after each episode with kept and tried episodes.
  let progress: (Int, Int) -> Void

  func run() throws -> DemonstrationReport {
    var loop = try EpisodeLoop(session, isEvaluation: false)
    var actor = DemonstratingActor(
      SpiralExpert(session.recipe), noise: session.recipe.launch.demonstrations.noise,
      stream: RandomStream(seed: session.recipe.launch.seed, name: "expert"))
    let wanted = session.recipe.launch.demonstrations.episodes
    var kept: [Demonstration] = []
    var seconds = 0.0
    var successes = 0
    var tried = 0
    while successes < wanted {
      let result = try loop.run(UInt64(tried), with: &actor)
      tried += 1
      if result.isRewarded {
        successes += 1
        seconds += result.seconds
        for var step in actor.steps {
          step.transition.sequence = UInt64(kept.count)
          kept.append(step)
        }
      }
      progress(successes, tried)
      if session.isAskedToFinish { throw SessionFailure("told to stop; nothing was written") }
      guard tried < wanted * 5 + 10 else {
        throw SessionFailure(
          "the expert succeeded in \(successes) of \(tried) episodes only; "
            + "look at one before using it")
      }
    }
    loop.stopAll(reason: "demonstrations finished")
    try write(kept, robotMinutes: Double(loop.robotTime) * 1e-9 / 60)
    return DemonstrationReport(
      episodes: tried, successes: successes, cycleSeconds: seconds / Double(successes),
      robotMinutes: Double(loop.robotTime) * 1e-9 / 60,
      file: session.recipe.launch.demonstrations.file)
  }

  private func write(_ steps: [Demonstration], robotMinutes: Double) throws {
    let file = session.recipe.launch.demonstrations.file
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var metadata = DemonstrationFormat(session.recipe).metadata
    metadata["robotMinutes"] = "\(robotMinutes)"
    try DemonstrationFile.write(steps, metadata: metadata, to: file)
  }
}

extension SpiralExpert {
  /// The expert of a session's task.
  init(_ recipe: SessionRecipe) {
    let task = recipe.task
    self.init(
      view: View(
        pose: ObservationLayout.pose, positionScale: task.observation.scale.position,
        rotationScale: task.observation.scale.rotation,
        actionTranslation: task.action.translation, actionRotation: task.action.rotation),
      pinLength: task.connector.length)
  }
}

/// The steps and metadata of a file of demonstrations; an error names the file.
func loadDemonstrations(
  _ file: String
) throws -> (steps: [Demonstration], metadata: [String: String]) {
  do {
    return try DemonstrationFile.read(file)
  } catch {
    throw SessionFailure("\(file): \(error); record anew with `kinglet demonstrate`")
  }
}

/// What demonstrations must share with a session to be of use to it.
struct DemonstrationFormat: Equatable {
  let metadata: [String: String]

  init(_ recipe: SessionRecipe) {
    let scale = recipe.task.observation.scale
    metadata = [
      "robot": recipe.robot.name, "task": recipe.task.name, "rate": "\(recipe.task.rate)",
      "action": "\(recipe.task.action.translation) \(recipe.task.action.rotation)",
      "observation": "\(scale.position) \(scale.rotation) \(scale.velocity) "
        + "\(scale.angularVelocity) \(scale.force) \(scale.torque)",
    ]
  }

  /// Throws, with the first difference, unless a file's metadata agree.
  func check(_ found: [String: String], file: String) throws {
    for (key, wanted) in metadata.sorted(by: { $0.key < $1.key }) where found[key] != wanted {
      throw SessionFailure(
        "\(file): made for \(key) \"\(found[key] ?? "unknown")\", this session has \"\(wanted)\"; "
          + "record anew with `kinglet demonstrate`, or name another demonstrations.file")
    }
  }
}
