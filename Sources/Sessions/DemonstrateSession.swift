import Experts
import LearningSlots
import Messages
import Randomness
import Recipes

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

  mutating func begin(_ episode: UInt64) throws { carry = policy.start() }

  mutating func action(for observation: [Float]) throws -> ActorChoice {
    ActorChoice(numbers: act(policy, &carry, on: observation, using: &stream))
  }

  mutating func keep(_ transition: Transition) throws {}
}

/// The scripted expert, disturbed, as an episode actor that tells what it meant.
struct DemonstratingActor: EpisodeActor, ~Copyable {
  private let expert: SpiralExpert
  private let noise: Double
  private var carry: SpiralExpert.Carry
  private var stream: RandomStream

  init(_ expert: SpiralExpert, noise: Double, stream: RandomStream) {
    self.expert = expert
    self.noise = noise
    self.stream = stream
    carry = expert.start()
  }

  mutating func begin(_ episode: UInt64) throws { carry = expert.start() }

  mutating func action(for observation: [Float]) throws -> ActorChoice {
    let intended = act(expert, &carry, on: observation, using: &stream)
    var numbers = intended
    expert.disturb(&numbers, on: observation.span, by: noise, using: &stream)
    return ActorChoice(numbers: numbers, intended: intended)
  }

  mutating func keep(_ transition: Transition) throws {}
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
  /// Where the episodes stand.
  public var folder: String

  /// The report for a person.
  public var text: String {
    "kept \(successes) of \(episodes) episodes, mean cycle \(decimal(cycleSeconds, 2)) s, "
      + "robot time \(decimal(robotMinutes, 1)) min: \(folder)"
  }
}

/// Runs the scripted expert until enough episodes are rewarded, through the same path as any other
/// actor.
struct DemonstrateSession {
  let session: SessionContext
  /// Called after each episode with kept and tried episodes.
  let progress: (Int, Int) -> Void

  private func stopped(after count: Int) -> SessionFailure {
    SessionFailure(
      "told to stop after \(count) rewarded episodes, fewer than asked for; what was recorded is in "
        + "\(session.recipe.launch.run)/episodes")
  }

  /// The report, and the numbers of the episodes to keep.
  func run() throws -> (report: DemonstrationReport, kept: [UInt64]) {
    var loop = try EpisodeLoop(session, isEvaluation: false)
    var actor = DemonstratingActor(
      SpiralExpert(session.recipe), noise: session.recipe.launch.demonstrations.noise,
      stream: RandomStream(seed: session.recipe.launch.seed, name: "expert"))
    let wanted = session.recipe.launch.demonstrations.episodes
    var kept: [UInt64] = []
    var seconds = 0.0
    var tried = 0
    while kept.count < wanted {
      let result = try loop.run(UInt64(tried), with: &actor)
      tried += 1
      if result.isRewarded {
        kept.append(result.episode)
        seconds += result.seconds
      }
      progress(kept.count, tried)
      if session.isAskedToFinish { throw stopped(after: kept.count) }
      guard tried < wanted * 5 + 10 else {
        throw SessionFailure(
          "the expert succeeded in \(kept.count) of \(tried) episodes only; "
            + "look at one before using it")
      }
    }
    loop.stopAll(reason: "demonstrations finished")
    let report = DemonstrationReport(
      episodes: tried, successes: kept.count, cycleSeconds: seconds / Double(kept.count),
      robotMinutes: Double(loop.robotTime) * 1e-9 / 60,
      folder: session.recipe.launch.demonstrations.folder)
    return (report, kept)
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
