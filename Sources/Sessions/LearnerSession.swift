import Foundation
import LearningSlots
import Messages
import Metrics
import NeuralNetworks
import OffPolicy
import Randomness
import RealTime
import Recipes
import Replay
import Wire

/// The learner process: takes the transitions of its actors in turn, makes the recipe's number of
/// updates for each, and hands out policies.
///
/// In lock-step, what it holds after transition n of every actor depends on their transitions up to n
/// and the seed alone.
struct LearnerSession: ~Copyable {
  private let session: SessionContext
  private let recipe: LaunchRecipe
  private var server: Server
  private var publisher: Publisher?
  private var status: StatusLink
  private var learner: RLPD
  private var online: ReplayPool
  private var demonstrations: ReplayBuffer
  private var batch: Batch
  private var stream: RandomStream
  private var mixer: TransitionMixer
  private var rule: FinishRule
  private var learned = 0
  /// The newest version at which was done what is due.
  private var passed = 0
  /// What the restored learner has learned from before, see `version`.
  private var restored = 0
  private var updates = 0
  /// Updates that this process has not made itself, or not while a robot waited.
  private var earlierUpdates = 0
  private var isCatchingUp = false
  private var busyNanoseconds: Int64 = 0
  private var snapshots: [PolicySnapshot] = []
  private var waiting: [(request: Request, version: UInt64)] = []
  private var asking: [(request: Request, actor: UInt32, next: UInt64)] = []
  private var digests: [Request] = []
  /// Since when somebody waits for the end.
  private var endingSince: Int64?
  private var lastDeparture = ""
  private var hasSaved = false
  /// Who has had the last word on what is learned, and not yet said that it came.
  private var told: Set<Peer> = []
  /// Until when a number is kept for an actor that has a place and has not come yet [ns].
  private var reserved: [UInt32: Int64] = [:]
  private var isStopped = false

  init(_ session: SessionContext) throws {
    let recipe = session.recipe.launch
    let settings = recipe.learner
    let size = (ObservationLayout.size, ObservationLayout.actionSize)
    let demonstrations = try Self.readDemonstrations(session.recipe)
    let inRounds = recipe.clock == .lockstep
    let server = try session.server(at: .learner, callers: "actor")
    let publisher = try session.publisherInRealTime(at: .policy)
    let status = try StatusLink(role: "learner", session: session)
    self.session = session
    self.recipe = recipe
    self.demonstrations = demonstrations
    self.server = server
    self.publisher = publisher
    self.status = status
    learner = RLPD(RLPDConfiguration(session.recipe), seed: recipe.seed)
    mixer = TransitionMixer(inRounds ? .rounds(actors: recipe.actors) : .turns)
    rule = FinishRule(recipe.finish, clock: recipe.clock)
    online = ReplayPool(
      capacity: settings.capacity, observationSize: size.0, actionSize: size.1,
      lookahead: Lookahead(settings))
    batch = Batch(rows: settings.batch, observationSize: size.0, actionSize: size.1)
    stream = RandomStream(seed: recipe.seed, name: "replay")
  }

  /// Learns until told to stop.
  mutating func run() throws {
    try status.ready()
    try takeRecorded()
    if !session.firstEpisodes.isEmpty || session.knownSteps != nil {
      let known = recipe.clock == .lockstep ? session.knownSteps : nil
      try catchUp(knowing: known ?? Int(sent))
    } else {
      try pretrain()
    }
    earlierUpdates = updates
    while !isStopped {
      try hear()
      if let step = mixer.take() { try learn(from: step.transition, of: step.actor) }
    }
  }

  /// Answers what has come: in lock-step until there is something to learn from, in real time all of it, so
  /// that a learner that is behind sees that it is.
  private mutating func hear() throws {
    for _ in 0..<Self.mostAtATurn {
      let wait: Duration = mixer.hasDue ? .zero : .milliseconds(200)
      guard let request = try server.next(within: wait) else { return }
      try answer(request)
      if isStopped || recipe.clock == .lockstep && mixer.hasDue { return }
    }
  }

  /// Requests after which there is a turn to learn, whoever else still asks.
  private static let mostAtATurn = 256

  /// Takes what was recorded of a training that goes on; in real time, where actors come and go, also
  /// where only the learner is a new one.
  private mutating func takeRecorded() throws {
    for actor in 0..<LaunchRecipe.mostActors {
      guard let steps = try recorded(of: actor) else { continue }
      for step in steps { take(step, from: UInt32(actor)) }
      // Whoever is still there says so.
      if recipe.clock == .realtime { mixer.note(UInt32(actor), hasLeft: true) }
    }
    rule.goOn()
  }

  private func recorded(of actor: Int) throws -> [Transition]? {
    let folder =
      actor == 0 && recipe.hasOwnArm ? recipe.run : LaunchRecipe.folder(of: actor, in: recipe.run)
    if recipe.clock == .realtime {
      let isNew = session.firstEpisodes.isEmpty && session.knownSteps == nil
      return isNew ? nil : try TransitionSpool.transitions(of: folder)
    }
    guard actor < session.firstEpisodes.count else { return nil }
    var place = recipe
    place.run = folder
    return try ResumePoint(of: place, before: session.firstEpisodes[actor]).transitions()
  }

  /// Keeps a transition until its turn; says whether it was the one that was due.
  @discardableResult
  private mutating func take(_ transition: Transition, from actor: UInt32) -> Bool {
    guard mixer.add(transition, from: actor) else { return false }
    rule.add(transition, from: actor)
    return true
  }

  /// Number of the policy made from all that is learned: in lock-step the rounds, else the transitions.
  private var version: Int { recipe.clock == .lockstep ? Int(mixer.rounds) : learned }

  /// What every actor has sent, or all have: the `version` that is to come.
  private var sent: UInt64 {
    let next = mixer.actors.map { mixer.next(from: $0) }
    return recipe.clock == .lockstep ? next.min() ?? 0 : next.reduce(0, +)
  }

  private mutating func pretrain() throws {
    if demonstrations.count > 0 {
      for _ in 0..<recipe.learner.pretrainUpdates { update(shown: recipe.learner.batch) }
    }
    try saveCheckpoint(LearnerCheckpoint.path(in: recipe.run, steps: 0))
    try publish(version: 0)
  }

  /// Comes to where a learner stood: takes the newest checkpoint from which the policies that the actor
  /// may ask for still lie ahead, and learns again from the steps after it that were recorded.
  ///
  /// `count` is how many every actor is known to have done; what lies between they send again.
  private mutating func catchUp(knowing count: Int) throws {
    let most = count - recipe.pace.lag - recipe.pace.publishEvery
    if let (saved, file) = LearnerCheckpoint.newest(in: recipe.run, upTo: most) {
      guard saved.demonstrations == demonstrations.digest() else {
        throw SessionFailure(
          "\(recipe.demonstrations.folder): not the demonstrations that the training began with; "
            + "bring them back, or train anew with --replace")
      }
      try learner.restore(file)
      (stream, updates, restored) = (saved.stream, saved.updates, saved.steps)
    } else {
      try pretrain()
    }
    isCatchingUp = true
    while let step = mixer.take() { try learn(from: step.transition, of: step.actor) }
    isCatchingUp = false
    busyNanoseconds = 0
  }

  private mutating func answer(_ request: Request) throws {
    switch request.message {
    case .transitions(let list, let actor):
      let answer = accept(list, from: actor)
      try server.reply(answer, to: request)
    case .policyRequest(let version, let actor): try answer(request, version, from: actor)
    case .ready(let role): try welcome(ProcessName(role), request)
    case .trainingRequest(let actor, let next):
      if let refusal = refusal(of: actor) { return try server.reply(refusal, to: request) }
      asking.removeAll { $0.actor == actor }
      asking.append((request, actor, next))
    case .actorLeft(let actor, let reason):
      if let refusal = refusal(of: actor) { return try server.reply(refusal, to: request) }
      mixer.note(actor, hasLeft: true)
      reserved[actor] = nil
      // `launch` tells in words of one that is gone.
      if Summary.FinishReason(rawValue: reason) != nil { lastDeparture = reason }
      try server.reply(.transitionsAccepted(nextSequence: mixer.next(from: actor)), to: request)
    case .learnerDigestRequest:
      digests.removeAll { $0.peer == request.peer }
      if digests.count < Self.mostWaiting { digests.append(request) }
    case .stop:
      told.remove(request.peer)
      isStopped = told.isEmpty
    default: try server.reply(.failure(reason: "learner only learns"), to: request)
    }
    try answerAsking()
    try answerDigests()
  }

  /// How long an actor that has a place may take to come [ns].
  private static let longestArrival: Int64 = 150_000_000_000

  /// Gives an actor that wants to join its place, unless one of its number is there.
  private mutating func welcome(_ name: ProcessName?, _ request: Request) throws {
    guard let number = name?.actor.map({ UInt32(clamping: $0) }), refusal(of: number) == nil,
      !mixer.present.contains(number), reserved[number] ?? 0 < MonotonicClock.now
    else {
      let words =
        "\(name?.description ?? "who is that") has no place here, is there already, or is about to come"
      return try server.reply(.failure(reason: words), to: request)
    }
    // Present it is once it has asked for a policy: nobody is to wait for one that has given up meanwhile.
    reserved[number] = MonotonicClock.now + Self.longestArrival
    try server.reply(.transitionsAccepted(nextSequence: mixer.next(from: number)), to: request)
  }

  /// Says whether the training goes on, in lock-step once every actor has come as far as the one that
  /// asks.
  private mutating func answerAsking() throws {
    var unanswered: [(request: Request, actor: UInt32, next: UInt64)] = []
    for (request, actor, next) in asking {
      let held = mixer.next(from: actor)
      guard held >= next else {
        // The actor takes for granted what an earlier learner had, or what was lost.
        try server.reply(.transitionsAccepted(nextSequence: held), to: request)
        continue
      }
      let isKnown = mixer.present.allSatisfy { mixer.next(from: $0) >= next }
      guard isKnown || recipe.clock == .realtime else {
        unanswered.append((request, actor, next))
        continue
      }
      let verdict = rule.reason(before: next)?.rawValue
      // Where the arm that `launch` holds has ended, those that joined it end too.
      let reason = verdict ?? (endingSince == nil ? "" : lastDeparture)
      try server.reply(.training(finish: reason, nextSequence: next), to: request)
    }
    asking = unanswered
  }

  /// How long an actor that joined may take to leave after the end [ns]: its arm may stand and wait for a
  /// person.
  private static let mostEnding: Int64 = 120_000_000_000

  /// Says what is held and learned at the end, once every actor has left.
  private mutating func answerDigests() throws {
    guard !digests.isEmpty else { return }
    let since = endingSince ?? MonotonicClock.now
    endingSince = since
    guard mixer.present.isEmpty || MonotonicClock.now - since > Self.mostEnding else { return }
    while let step = mixer.take() { try learn(from: step.transition, of: step.actor) }
    if !hasSaved { try save(isLast: true) }
    hasSaved = true
    let weights = fingerprint(of: learner.checkpoint().encoded())
    for request in digests {
      try server.reply(.learnerDigest(replay: online.digest(), weights: weights), to: request)
      told.insert(request.peer)
    }
    digests = []
  }

  /// Takes each number once and in order; what has come before is passed over, and what comes too
  /// early is sent again, for the answer says what is due.
  ///
  /// Whoever sends something else is told, and nothing of it is learned: others may be sending too.
  private mutating func accept(_ list: [Transition], from actor: UInt32) -> Message {
    if let refusal = refusal(of: actor) { return refusal }
    for transition in list where transition.sequence == mixer.next(from: actor) {
      // Whoever is further ahead sends the rest later.
      guard mixer.waiting(from: actor) < Self.mostKept else { break }
      if let fault = transition.fault {
        return .failure(reason: "transition \(transition.sequence) holds \(fault)")
      }
      take(transition, from: actor)
      hasSaved = false
    }
    return .transitionsAccepted(nextSequence: mixer.next(from: actor))
  }

  /// What an actor is told that has no place in the training; nil for others.
  private func refusal(of actor: UInt32) -> Message? {
    if actor < LaunchRecipe.mostActors, mixer.admits(actor) { return nil }
    let words =
      recipe.clock == .lockstep
      ? "in lock-step the launch file says how many there are, and it says actors=\(recipe.actors)"
      : "there are at most \(LaunchRecipe.mostActors)"
    return .failure(reason: "no place for actor \(actor): \(words)")
  }

  /// Most transitions of an actor that wait to be learned from.
  private static let mostKept: UInt64 = 8192

  /// Most requests that wait for a policy to come: an actor has one.
  private static let mostWaiting = 64

  private mutating func answer(
    _ request: Request, _ version: UInt64, from actor: UInt32
  ) throws {
    if let refusal = refusal(of: actor) { return try server.reply(refusal, to: request) }
    mixer.note(actor, hasLeft: false)
    reserved[actor] = nil
    waiting.removeAll { $0.request.peer == request.peer }
    let held = mixer.next(from: actor)
    guard held >= version || recipe.clock == .realtime else {
      // The actor takes for granted what an earlier learner had.
      return try server.reply(.transitionsAccepted(nextSequence: held), to: request)
    }
    guard waiting.count < Self.mostWaiting else {
      try server.reply(.failure(reason: "too many wait for policies"), to: request)
      return
    }
    waiting.append((request, version))
    try answerWaiting()
  }

  private mutating func learn(from transition: Transition, of actor: UInt32) throws {
    online.append(transition, from: actor)
    learned += 1
    session.work.add()
    let round = recipe.clock == .lockstep ? Int(transition.sequence) + 1 : learned
    guard round > restored else { return }
    // In real time nobody waits: a learner that is far behind takes in what has come and goes on; what a
    // reset gives time for is made up for.
    let isBehind = recipe.clock == .realtime && mixer.waiting >= Self.mostBehind
    if learned >= recipe.learner.startStep, !isBehind {
      let start = MonotonicClock.now
      for _ in 0..<recipe.learner.updatesPerStep { update(shown: shownRows) }
      busyNanoseconds += MonotonicClock.now - start
    }
    if version > passed { try pass(version) }
    if learned.isMultiple(of: 50), !isCatchingUp { try report() }
  }

  /// Does what is due at a version.
  private mutating func pass(_ version: Int) throws {
    passed = version
    if version.isMultiple(of: recipe.pace.publishEvery) {
      try publish(version: UInt64(version))
    }
    if version.isMultiple(of: recipe.checkpointEvery) { try save(isLast: false) }
  }

  /// Rows of a batch that come from demonstrations.
  private var shownRows: Int {
    guard demonstrations.count > 0 else { return 0 }
    return Int((Double(recipe.learner.batch) * recipe.learner.demonstrationShare).rounded())
  }

  private mutating func update(shown: Int) {
    let rows = recipe.learner.batch
    if shown < rows { online.sample(into: &batch, rows: 0..<(rows - shown), using: &stream) }
    batch.demonstrated = (rows - shown)..<rows
    if shown > 0 {
      demonstrations.sample(into: &batch, rows: (rows - shown)..<rows, using: &stream)
    }
    lastReport = learner.update(from: batch)
    updates += 1
    session.work.add()
  }

  /// Transitions by which a learner may be behind in real time: two seconds of one arm.
  private static let mostBehind = 20

  private var lastReport: RLPDReport?

  private mutating func publish(version: UInt64) throws {
    let snapshot = PolicySnapshot(version: version, bytes: learner.snapshot().encoded())
    snapshots.append(snapshot)
    let kept = recipe.pace.lag / recipe.pace.publishEvery + 2
    if snapshots.count > kept { snapshots.removeFirst(snapshots.count - kept) }
    try publisher?.publish(.policy(snapshot))
    try answerWaiting()
  }

  /// In lock-step a request names the one version it is to have; in real time it is content with
  /// the newest.
  private mutating func answerWaiting() throws {
    guard !waiting.isEmpty else { return }
    var unanswered: [(request: Request, version: UInt64)] = []
    for (request, version) in waiting {
      let match =
        recipe.clock == .realtime
        ? snapshots.last : snapshots.first { $0.version == version }
      if let match {
        try server.reply(.policy(match), to: request)
      } else if let oldest = snapshots.first, version < oldest.version {
        try server.reply(
          .failure(reason: "policy \(version) is gone; the oldest kept is \(oldest.version)"),
          to: request)
      } else {
        unanswered.append((request, version))
      }
    }
    waiting = unanswered
  }

  private mutating func save(isLast: Bool) throws {
    let run = recipe.run
    try Safetensors(decoding: learner.snapshot().encoded()).write(to: run + "/policy.safetensors")
    try saveCheckpoint(
      isLast
        ? run + "/checkpoints/last.safetensors" : LearnerCheckpoint.path(in: run, steps: version))
  }

  private func saveCheckpoint(_ path: String) throws {
    let checkpoint = LearnerCheckpoint(
      steps: version, updates: updates, stream: stream, demonstrations: demonstrations.digest())
    try checkpoint.file(with: learner).write(to: path)
  }

  private mutating func report() throws {
    guard let last = lastReport else { return }
    var values = last.values.map {
      StatusValue(name: "learner/\($0.name)", value: Double($0.value))
    }
    let before = demonstrations.count > 0 ? recipe.learner.pretrainUpdates : 0
    let seconds = Double(max(1, busyNanoseconds)) * 1e-9
    values.append(StatusValue(name: "learner/updates", value: Double(updates)))
    values.append(
      StatusValue(
        name: "learner/updatesPerSecond",
        value: Double(updates - max(before, earlierUpdates)) / seconds))
    // Before its first update it is not behind with any.
    if learned >= recipe.learner.startStep {
      let steps = learned - recipe.learner.startStep + 1
      values.append(
        StatusValue(
          name: "learner/updatesPerStep", value: Double(updates - before) / Double(steps)))
    }
    try status.report(
      Status(
        role: "learner", step: UInt64(learned), episode: 0, robotNanoseconds: 0, values: values,
        note: ""))
  }

  private static func readDemonstrations(_ session: SessionRecipe) throws -> ReplayBuffer {
    let recipe = session.launch
    let steps =
      recipe.learner.demonstrationShare > 0
      ? try DemonstrationFolder(recipe.demonstrations.folder, for: session).steps : []
    var buffer = ReplayBuffer(
      capacity: max(1, steps.count), observationSize: ObservationLayout.size,
      actionSize: ObservationLayout.actionSize, lookahead: Lookahead(recipe.learner))
    for step in steps { buffer.append(step) }
    return buffer
  }
}
