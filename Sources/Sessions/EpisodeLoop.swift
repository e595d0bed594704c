import Geometry
import Messages
import Randomness
import Recipes
import Wire

/// What acts in an episode: a learning actor, an evaluated policy, or a scripted expert.
protocol EpisodeActor: ~Copyable {
  /// An episode of this number begins.
  mutating func begin(_ episode: UInt64) throws
  /// The action for a scaled observation.
  mutating func action(for observation: [Float]) throws -> ActorChoice
  /// A step is over.
  mutating func keep(_ transition: Transition) throws
}

/// What an actor decides to do.
struct ActorChoice: Sendable {
  /// The action, each number in -1…1.
  var numbers: [Float]
  /// Version of the policy.
  var version: UInt64 = 0
  /// What was meant, where the action was disturbed on purpose; else empty.
  var intended: [Float] = []
}

/// An episode under way.
struct Episode: Sendable {
  /// The arm at the start.
  fileprivate let first: ArmState
  /// Scaled observation of the arm as it stands.
  fileprivate(set) var observation: [Float]
  /// From observation to effect [ticks].
  fileprivate let latency: Int64
  /// What came of the steps so far.
  fileprivate(set) var result: EpisodeResult
}

/// Runs episodes: reset, observe, act, judge.
///
/// The same path for everyone who acts.
struct EpisodeLoop: ~Copyable {
  /// The arm's state now; nil before the first reset.
  private(set) var state: ArmState?
  private(set) var steps: UInt64
  /// The episode begun last; nil before the first.
  private(set) var begun: UInt64?
  private var arm: ArmLink
  private var recorder: RecordLink
  private var reward: Client
  private var reset: Client
  private let session: SessionContext
  private let layout: ObservationLayout
  private let isEvaluation: Bool

  init(_ session: SessionContext, isEvaluation: Bool, steps: UInt64 = 0) throws {
    let arm = try ArmLink(session)
    let reward = try session.client(of: .reward, role: "reward")
    let reset = try session.client(of: .reset, role: "reset")
    let recorder = try RecordLink(session, from: .actor)
    layout = try ObservationLayout(
      task: session.recipe.task, baseFromTarget: session.geometry.baseFromTarget)
    self.session = session
    self.steps = steps
    self.isEvaluation = isEvaluation
    self.arm = arm
    self.recorder = recorder
    self.reward = reward
    self.reset = reset
  }

  /// Robot time since the driver's start [ns].
  var robotTime: Int64 { state?.time ?? 0 }

  /// One episode, from its reset to its end.
  mutating func run<A: EpisodeActor & ~Copyable>(
    _ number: UInt64, with actor: inout A
  ) throws -> EpisodeResult {
    try run(begin(number), with: &actor)
  }

  /// A recorded episode, from its start on, whatever the actor does in it now.
  mutating func run<A: EpisodeActor & ~Copyable>(
    again origin: EpisodeOrigin, in world: WorldSnapshot, with actor: inout A
  ) throws -> EpisodeResult {
    try run(begin(again: origin, in: world), with: &actor)
  }

  private mutating func run<A: EpisodeActor & ~Copyable>(
    _ begun: Episode, with actor: inout A
  ) throws -> EpisodeResult {
    var episode = begun
    try actor.begin(episode.result.episode)
    while true {
      let choice = try actor.action(for: episode.observation)
      let transition: Transition
      do {
        transition = try step(choice, in: &episode)
      } catch let stop as ArmStopped {
        try leave(episode, cut: true)
        throw stop
      }
      try actor.keep(transition)
      if transition.ending != nil { return episode.result }
    }
  }

  /// How the driver stands.
  mutating func driverStatus() throws -> DriverStatus { try arm.status() }

  /// Goes on after a stop: what a reset sent before it was stopped is only known where it arrived.
  mutating func goOn() throws {
    arm.numbers.setpoint = max(arm.numbers.setpoint, try arm.control().schedule.newest)
  }

  /// Resets, and starts an episode where the arm then stands.
  mutating func begin(_ number: UInt64) throws -> Episode {
    try bringBack(number)
    return try beginHere(number)
  }

  /// Moves the arm by hand, so to speak, and starts an episode where it then stands.
  mutating func begin(
    _ number: UInt64, after approach: (inout ArmLink) throws -> Void
  ) throws -> Episode {
    try approach(&arm)
    return try beginHere(number)
  }

  private mutating func beginHere(_ number: UInt64) throws -> Episode {
    let start = EpisodeStart(episode: number, isEvaluation: isEvaluation)
    let first = try arm.start(start)
    let origin = EpisodeOrigin(
      start: start, state: first, latency: latency(of: number),
      setpointSequence: arm.numbers.setpoint, grantSequence: arm.numbers.grant, steps: steps,
      control: try arm.control())
    return try begin(origin)
  }

  /// Goes on from where a recorded episode started, in lock-step.
  mutating func begin(again origin: EpisodeOrigin, in world: WorldSnapshot) throws -> Episode {
    steps = origin.steps
    var again = origin
    again.state = try arm.restore(origin, world)
    again.world = nil
    return try begin(again)
  }

  private mutating func begin(_ origin: EpisodeOrigin) throws -> Episode {
    _ = try reward.call(.judgeStart, within: .seconds(10))
    let first = origin.state
    state = first
    let episode = Episode(
      first: first, observation: layout.observation(of: first), latency: origin.latency,
      result: EpisodeResult(
        episode: origin.start.episode, steps: 0, isRewarded: false, reward: 0,
        targetFromStart: session.geometry.baseFromTarget.inverse * first.baseFromTool,
        last: first, seconds: 0, clipped: Array(repeating: 0, count: 6),
        phases: EpisodePhases(pinLength: session.recipe.task.connector.length)))
    // One that nobody has ended.
    if recorder.isRecording() { try recorder.end() }
    try recorder.begin(origin.start.episode, world: nil)
    try recorder.start(origin)
    recorder.add(
      .observation(Observation(tick: first.tick, values: episode.observation)), at: first.time)
    begun = origin.start.episode
    return episode
  }

  /// The action that asks for a pose where the arm stands.
  func numbers(
    toward baseFromTool: Transform<Base, Tool>, in episode: Episode
  ) -> [Float] {
    layout.numbers(toward: baseFromTool, on: episode.result.last)
  }

  /// Acts, and judges what came of it.
  ///
  /// The episode is over once the transition has an ending.
  mutating func step(_ choice: ActorChoice, in episode: inout Episode) throws -> Transition {
    let current = episode.result.last
    let goal = layout.equilibrium(of: choice.numbers, on: current)
    count(clips: choice.numbers, in: &episode.result)
    let effect = current.tick + episode.latency
    let next = try arm.advance(
      toward: goal.baseFromTool, compliance: session.recipe.task.compliance, from: effect,
      until: current.tick + Int64(session.recipe.ticksPerStep))
    let judgement = try judge(next)
    episode.result.steps += 1
    session.work.add()
    let isLast = episode.result.steps == session.recipe.task.steps
    let transition = Transition(
      sequence: steps, episode: UInt32(truncatingIfNeeded: episode.result.episode),
      policyVersion: choice.version, observation: episode.observation, action: goal.executed,
      reward: judgement.reward, nextObservation: layout.observation(of: next),
      ending: judgement.ending ?? (isLast ? .timeLimit : nil))
    note(transition, endingIn: next, in: &episode)
    steps += 1
    state = next
    try record(
      choice, transition, from: current, to: next,
      toward: Setpoint(
        sequence: arm.numbers.setpoint, effectTick: effect, baseFromTool: goal.baseFromTool,
        compliance: session.recipe.task.compliance), step: episode.result.steps - 1)
    if transition.ending != nil { try leave(episode) }
    return transition
  }

  private mutating func record(
    _ choice: ActorChoice, _ transition: Transition, from state: ArmState, to next: ArmState,
    toward setpoint: Setpoint, step: Int
  ) throws {
    guard recorder.isRecording() else { return }
    let step = UInt32(step)
    recorder.add(
      .action(
        Action(
          step: step, tick: state.tick, policyVersion: choice.version, asked: choice.numbers,
          intended: choice.intended, executed: transition.action,
          effectTick: setpoint.effectTick, setpoint: setpoint.sequence)), at: state.time)
    recorder.add(.setpoint(setpoint), at: state.time)
    recorder.add(
      .reward(
        StepReward(
          step: step, tick: next.tick, reward: transition.reward, ending: transition.ending)),
      at: next.time)
    recorder.add(
      .observation(Observation(tick: next.tick, values: transition.nextObservation)),
      at: next.time)
    try recorder.flush()
  }

  /// Closes an episode's record, also of one that has no ending; the recorder writes it down while
  /// the scene is brought back.
  ///
  /// Of an episode that a stop has cut short neither driver nor controller need answer.
  mutating func leave(_ episode: Episode, cut isCut: Bool = false) throws {
    guard recorder.isRecording() else { return }
    let result = episode.result
    let safety: SafetyInterventions
    if isCut {
      try? arm.end(result.episode)
      safety = (try? arm.takeSafety()) ?? SafetyInterventions()
    } else {
      try arm.end(result.episode)
      safety = try arm.takeSafety()
    }
    let period = session.nanosecondsPerTick
    for event in safety.interventions where event.tick >= episode.first.tick {
      recorder.add(.safety(event), at: event.tick * period)
    }
    for event in safety.setpoints where event.tick >= episode.first.tick {
      recorder.add(.safetySetpoint(event), at: event.tick * period)
    }
    let untold = safety.untold + safety.untoldSetpoints
    if untold > 0 {
      let text = "\(untold) earlier interventions of the safety filter were not kept"
      recorder.add(.log(LogLine(role: "controller", text: text)), at: result.last.time)
    }
    try recorder.end()
    let cut = isCut ? ["isCut": "true"] : [:]
    try recorder.finish(result.episode, outcome: result.outcome.merging(cut) { $1 })
  }

  /// Ends driver, controller, reward and reset.
  mutating func stopAll(reason: String) {
    arm.stop(reason: reason)
    recorder.stop(reason: reason)
    try? reward.send(.stop(reason: reason), within: .seconds(1))
    try? reset.send(.stop(reason: reason), within: .seconds(1))
  }

  private func note(
    _ transition: Transition, endingIn next: ArmState, in episode: inout Episode
  ) {
    episode.observation = transition.nextObservation
    episode.result.last = next
    episode.result.seconds = Double(next.time - episode.first.time) * 1e-9
    episode.result.phases.add(
      session.geometry.baseFromTarget.inverse * next.baseFromTool, at: episode.result.seconds)
    episode.result.reward += Double(transition.reward)
    guard let ending = transition.ending else { return }
    episode.result.isRewarded = ending == .terminal && transition.reward > 0
    episode.result.clipped = episode.result.clipped.map { $0 / Double(episode.result.steps) }
  }

  private mutating func bringBack(_ number: UInt64) throws {
    let request = ResetRequest(
      episode: number, isEvaluation: isEvaluation, nextSetpoint: arm.numbers.setpoint + 1,
      nextGrant: arm.numbers.grant + 1)
    let answer = try reset.call(.reset(request), within: .seconds(120))
    if case .driverStatus(let status) = answer { throw ArmStopped(status) }
    guard case .resetDone(let done) = answer else {
      throw SessionFailure("reset sent an answer of another kind; are both of the same version?")
    }
    arm.numbers = (done.setpointSequence, done.grantSequence)
  }

  private mutating func judge(_ state: ArmState) throws -> Judgement {
    guard case .judgement(let judgement) = try reward.call(.judge(state), within: .seconds(10))
    else {
      throw SessionFailure("reward sent an answer of another kind; are both of the same version?")
    }
    return judgement
  }

  private func latency(of episode: UInt64) -> Int64 {
    let range = session.recipe.task.action.latency
    var stream = RandomStream(
      seed: session.recipe.launch.seed,
      name: isEvaluation ? "latency of evaluation" : "latency", index: episode)
    return Int64(range.lowest + stream.index(below: range.highest - range.lowest + 1))
  }

  /// Counts per axis how often an action asks for more than the controller's clip lets through.
  private func count(clips numbers: [Float], in result: inout EpisodeResult) {
    let task = session.recipe.task
    for axis in 0..<3 {
      let ask = Double(numbers[axis]) * task.action.translation
      let clip = ask > 0 ? task.compliance.clipToward[axis] : task.compliance.clipAgainst[axis]
      if abs(ask) > clip { result.clipped[axis] += 1 }
      let turn = Double(numbers[3 + axis]) * task.action.rotation
      if abs(turn) > task.compliance.clipRotation[axis] { result.clipped[3 + axis] += 1 }
    }
  }
}
