import Foundation
import Messages
import Recipes
import Wire

/// What a client of `serve` needs to know before its first reset.
public struct ServedEnvironment: Report {
  /// Where to send resets and steps.
  public var endpoint: String
  /// The folder of the keys that a client needs; left out when it needs none.
  public var keys: String?
  /// The run's folder, removed at the end unless the end is a kill.
  public var folder: String
  /// The session's mark, which every message carries.
  public var session: UInt32
  /// Numbers of an observation.
  public var observationSize: Int
  /// Numbers of an action, each in -1…1.
  public var actionSize: Int
  /// Time limit of an episode [steps].
  public var steps: Int
  /// Steps per second of robot time [Hz].
  public var rate: Double

  /// The report for a person.
  public var text: String {
    "serving at \(endpoint): observations of \(observationSize) numbers, actions of "
      + "\(actionSize); Ctrl-C ends"
  }
}

/// Lets a client on a socket act in the actor's place, one episode after the other.
struct ServeSession {
  let session: SessionContext
  let isEvaluation: Bool

  /// Serves until told to stop; `announce` is called once the socket is open.
  ///
  /// What a client asks wrongly is refused; anything else that fails ends the session.
  func run(announce: (ServedEnvironment) throws -> Void) throws {
    var loop = try EpisodeLoop(session, isEvaluation: isEvaluation)
    var server = try session.server(at: .environment, callers: "environment's client")
    let task = session.recipe.task
    try announce(
      ServedEnvironment(
        endpoint: session.endpoints[.environment], keys: session.recipe.launch.security.keys,
        folder: session.recipe.launch.run, session: session.context.session.value,
        observationSize: ObservationLayout.size,
        actionSize: ObservationLayout.actionSize, steps: task.steps, rate: task.rate))
    var served = ServedEpisodes()
    while !session.isAskedToFinish {
      guard let request = try server.next(within: .milliseconds(100)) else { continue }
      let answer = try served.answer(request.message, with: &loop)
      do { try server.reply(answer, to: request) } catch WireError.peerGone {}
    }
    loop.stopAll(reason: "serving finished")
  }
}

/// The episodes of a served session: which one runs, and what a client may ask of it.
private struct ServedEpisodes {
  private var next: UInt64 = 0
  private var episode: Episode?

  mutating func answer(_ message: Message, with loop: inout EpisodeLoop) throws -> Message {
    switch message {
    case .environmentReset:
      if let episode { try loop.leave(episode) }
      episode = nil
      let begun = try loop.begin(next)
      next += 1
      episode = begun
      return .environmentState(state(of: begun, after: nil, robotTime: loop.robotTime))
    case .environmentStep(let action):
      if let refusal = refusal(of: action) { return .failure(reason: refusal) }
      guard var running = episode else {
        return .failure(reason: "no episode runs; begin one with a reset")
      }
      let transition = try loop.step(ActorChoice(numbers: action), in: &running)
      episode = transition.ending == nil ? running : nil
      return .environmentState(state(of: running, after: transition, robotTime: loop.robotTime))
    default: return .failure(reason: "serve takes resets and steps only")
    }
  }

  private func refusal(of action: [Float]) -> String? {
    let size = ObservationLayout.actionSize
    if action.count != size { return "an action has \(size) numbers, not \(action.count)" }
    if let wrong = action.first(where: { abs($0) > 1 }) {
      return "an action's numbers are in -1…1; this one holds \(wrong)"
    }
    return nil
  }

  private func state(
    of episode: Episode, after transition: Transition?, robotTime: Int64
  ) -> EnvironmentState {
    EnvironmentState(
      episode: episode.result.episode, observation: episode.observation,
      executedAction: transition?.action ?? [], reward: transition?.reward ?? 0,
      ending: transition?.ending, isRewarded: episode.result.isRewarded,
      robotNanoseconds: robotTime, seconds: episode.result.seconds)
  }
}
