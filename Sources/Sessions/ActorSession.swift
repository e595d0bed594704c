import Glibc
import Messages
import Metrics
import OffPolicy
import Randomness
import RealTime
import Recipes
import Wire

/// An episode actor that explores with the learner's newest policy and uploads what it sees.
struct ExploringActor: EpisodeActor, ~Copyable {
  var link: LearnerLink
  private let seed: UInt64
  private var stream: RandomStream

  init(link: consuming LearnerLink, seed: UInt64) {
    self.link = link
    self.seed = seed
    stream = RandomStream(seed: seed, name: "exploration")
  }

  /// Each episode explores by a stream of its own, so that it can be done again by itself.
  mutating func begin(_ episode: UInt64) throws {
    stream = RandomStream(seed: seed, name: "exploration", index: episode)
  }

  mutating func action(for observation: [Float]) throws -> ActorChoice {
    let current = try link.currentPolicy()
    return ActorChoice(
      numbers: act(current.policy, on: observation, using: &stream), version: current.version)
  }

  mutating func keep(_ transition: Transition) throws { try link.send(transition) }
}

/// The actor process: episodes without end, until the learner says that the training is over, its
/// own robot time is, or a person asks to finish.
struct ActorSession {
  let session: SessionContext

  /// Acts until the training is over.
  func run() throws {
    var status = try StatusLink(role: "actor", session: session)
    let point = try session.firstEpisode.map {
      try ResumePoint(of: session.recipe.launch, before: $0)
    }
    let steps = UInt64(point?.steps ?? 0)
    var loop = try EpisodeLoop(session, isEvaluation: false, steps: steps)
    var actor = ExploringActor(
      link: try LearnerLink(session, sent: steps, after: point?.spooledTransitions() ?? []),
      seed: session.recipe.launch.seed)
    var rewarded = (point?.whole ?? []).filter { !$0.isCut }.map(\.isRewarded)
    // A real arm's clock begins anew with its driver.
    let earlier = session.recipe.launch.clock == .realtime ? try earlierRobotTime() : 0
    try status.ready()
    // A learner that goes on first learns again what it had not saved; `launch` sees it if it dies.
    if point != nil { _ = try actor.link.currentPolicy(within: .seconds(3600)) }
    var episode = point?.episode ?? 0
    while true {
      let result = try run(episode, from: point, in: &loop, with: &actor, telling: &status)
      // One that was stopped on the way to its start has left nothing.
      if loop.begun == episode { episode += 1 }
      let time = earlier + loop.robotTime
      if let result {
        rewarded.append(result.isRewarded)
        try status.report(report(result, rewarded, steps: loop.steps, time: time))
      }
      status.listen()
      var reason = try actor.link.finishReason()
      if Double(time) * 1e-9 / 60 >= session.recipe.launch.finish.robotMinutes {
        reason = reason ?? .robotTime
      }
      reason = reason ?? (isAskedToFinish(status) ? .interrupted : nil)
      guard let reason else { continue }
      let note = try end(&actor, because: reason)
      try status.report(
        Status(
          role: "actor", step: loop.steps, episode: episode, robotNanoseconds: time,
          values: [], note: note.text))
      // Only now: a process that ends before this word has come looks like one that broke.
      loop.stopAll(reason: reason.rawValue)
      return
    }
  }

  /// Leaves the training.
  ///
  /// The one actor of a training waits until all is learned; of several, `launch` asks for that once the
  /// last has left.
  private func end(
    _ actor: inout ExploringActor, because reason: Summary.FinishReason
  ) throws -> FinishNote {
    if session.recipe.launch.joins != nil {
      try actor.link.leave(because: reason.rawValue)
      return FinishNote(leaving: reason)
    }
    let digest = try actor.link.finish(because: reason.rawValue)
    return FinishNote(
      reason: reason, replay: hexadecimal(digest.replay), weights: hexadecimal(digest.weights))
  }

  /// An episode, or nil where the arm was stopped in it and has been let go on since, or the training
  /// is to end.
  private func run(
    _ episode: UInt64, from point: ResumePoint?, in loop: inout EpisodeLoop,
    with actor: inout ExploringActor, telling status: inout StatusLink
  ) throws -> EpisodeResult? {
    do {
      if let point, episode == point.episode, session.recipe.launch.clock == .lockstep {
        let start = try point.start()
        return try loop.run(again: start.origin, in: start.world, with: &actor)
      }
      return try loop.run(episode, with: &actor)
    } catch let stop as ArmStopped {
      try awaitRecovery(from: stop, in: &loop, telling: &status)
      return nil
    }
  }

  /// Waits until a person lets the arm go on, or asks to finish.
  private func awaitRecovery(
    from stop: ArmStopped, in loop: inout EpisodeLoop, telling status: inout StatusLink
  ) throws {
    let minutes = session.recipe.launch.supervision.recoveryMinutes
    let deadline = RealTime.Deadline(in: Int64(minutes * 60e9))
    while try loop.driverStatus().mode.isStopped {
      guard !deadline.isPast() else {
        throw SessionFailure(
          "\(stop.status.reason); nobody let the arm go on within \(decimal(minutes, 1)) min")
      }
      status.listen()
      if isAskedToFinish(status) { return }
      usleep(200_000)
    }
    try loop.goOn()
  }

  /// Robot time of the training before this process, as its figures have it [ns].
  private func earlierRobotTime() throws -> Int64 {
    guard session.firstEpisode != nil else { return 0 }
    let folder = try RunFolder(opening: session.recipe.launch.run)
    let seconds = try MetricsRecord.records(of: folder.metrics).map(\.robotSeconds).max() ?? 0
    return Int64(seconds * 1e9)
  }

  private func isAskedToFinish(_ status: borrowing StatusLink) -> Bool {
    status.isAskedToFinish || session.isAskedToFinish
  }

  private func report(
    _ result: EpisodeResult, _ rewarded: [Bool], steps: UInt64, time: Int64
  ) -> Status {
    var values = [
      StatusValue(name: "episode/reward", value: result.reward),
      StatusValue(name: "episode/rewarded", value: result.isRewarded ? 1 : 0),
      StatusValue(name: "episode/steps", value: Double(result.steps)),
      StatusValue(name: "episode/seconds", value: result.seconds),
      StatusValue(name: "success/last20", value: successShare(of: rewarded.suffix(20))),
    ]
    for (axis, share) in zip(["x", "y", "z", "rx", "ry", "rz"], result.clipped) {
      values.append(StatusValue(name: "clipped/\(axis)", value: share))
    }
    return Status(
      role: "actor", step: steps, episode: result.episode, robotNanoseconds: time, values: values,
      note: "")
  }
}
