import Foundation
import LearningSlots
import Messages
import NeuralNetworks
import OffPolicy
import Randomness
import RealTime
import Recipes
import Replay
import Wire

/// The learner process: takes transitions in their order, makes the recipe's number of updates for
/// each, and hands out policies.
///
/// What it holds after transition n depends on the transitions up to n and the seed alone.
struct LearnerSession: ~Copyable {
  private let session: SessionContext
  private let recipe: LaunchRecipe
  private var server: Server
  private var publisher: Publisher?
  private var status: StatusLink
  private var learner: RLPD
  private var online: ReplayBuffer
  private var demonstrations: ReplayBuffer
  private var batch: Batch
  private var stream: RandomStream
  private var pending: [Transition] = []
  private var learned = 0
  private var episode: UInt32 = 0
  /// Transitions that the restored learner has learned from before.
  private var restored = 0
  private var updates = 0
  /// Updates that this process has not made itself, or not while a robot waited.
  private var earlierUpdates = 0
  private var isCatchingUp = false
  private var busyNanoseconds: Int64 = 0
  private var snapshots: [PolicySnapshot] = []
  private var waiting: [(request: Request, version: UInt64)] = []
  private var isStopped = false

  init(_ session: SessionContext) throws {
    let recipe = session.recipe.launch
    let settings = recipe.learner
    let size = (ObservationLayout.size, ObservationLayout.actionSize)
    let demonstrations = try Self.readDemonstrations(session.recipe)
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
    online = ReplayBuffer(
      capacity: settings.capacity, observationSize: size.0, actionSize: size.1,
      lookahead: Lookahead(settings))
    batch = Batch(rows: settings.batch, observationSize: size.0, actionSize: size.1)
    stream = RandomStream(seed: recipe.seed, name: "replay")
  }

  /// Learns until told to stop.
  mutating func run() throws {
    try status.ready()
    let steps = try session.firstEpisode.map {
      try ResumePoint(of: recipe, before: $0).transitions()
    }
    if steps != nil || session.knownSteps != nil {
      try catchUp(with: steps ?? [], knowing: session.knownSteps ?? steps?.count ?? 0)
    } else {
      try pretrain()
    }
    earlierUpdates = updates
    while !isStopped {
      let wait: Duration = pending.isEmpty ? .milliseconds(200) : .zero
      while let request = try server.next(within: wait) {
        try answer(request)
        if !pending.isEmpty || isStopped { break }
      }
      if !pending.isEmpty { try learn(from: pending.removeFirst()) }
    }
  }

  private mutating func pretrain() throws {
    if demonstrations.count > 0 {
      for _ in 0..<recipe.learner.pretrainUpdates { update(shown: recipe.learner.batch) }
    }
    try saveCheckpoint(LearnerCheckpoint.path(in: recipe.run, steps: 0))
    try publish(version: 0)
  }

  /// Comes to where a learner stood: takes the newest checkpoint from which the policies that the actor
  /// may ask for still lie ahead, and learns again from the steps after it.
  ///
  /// `steps` are those that were recorded before the actor began, `count` is how many it is known to
  /// have done; what lies between it sends again.
  private mutating func catchUp(with steps: [Transition], knowing count: Int) throws {
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
    for step in steps { try learn(from: step) }
    isCatchingUp = false
    busyNanoseconds = 0
  }

  private mutating func answer(_ request: Request) throws {
    switch request.message {
    case .transitions(let list):
      let answer = accept(list)
      try server.reply(answer, to: request)
    case .policyRequest(let version): try answer(request, version)
    case .learnerDigestRequest:
      while !pending.isEmpty { try learn(from: pending.removeFirst()) }
      try save(isLast: true)
      let digest = fingerprint(of: learner.checkpoint().encoded())
      try server.reply(.learnerDigest(replay: online.digest(), weights: digest), to: request)
    case .stop: isStopped = true
    default: try server.reply(.failure(reason: "learner only learns"), to: request)
    }
  }

  /// Takes each number once and in order; what has come before is passed over, and what comes too
  /// early is sent again, for the answer says what is due.
  ///
  /// Whoever sends something else is told, and nothing of it is learned: others may be sending too.
  private mutating func accept(_ list: [Transition]) -> Message {
    for transition in list where transition.sequence == UInt64(learned + pending.count) {
      if let fault = transition.fault {
        return .failure(reason: "transition \(transition.sequence) holds \(fault)")
      }
      pending.append(transition)
    }
    return .transitionsAccepted(nextSequence: UInt64(learned + pending.count))
  }

  /// Most requests that wait for a policy to come: an actor has one.
  private static let mostWaiting = 64

  private mutating func answer(_ request: Request, _ version: UInt64) throws {
    waiting.removeAll { $0.request.peer == request.peer }
    let held = UInt64(learned + pending.count)
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

  private mutating func learn(from transition: Transition) throws {
    // An arm that was stopped left its episode without an end.
    if transition.episode != episode { online.cut() }
    online.append(transition)
    episode = transition.episode
    learned += 1
    session.work.add()
    guard learned > restored else { return }
    // In real time nobody waits: a learner that is behind takes in what has come and goes on.
    let isBehind = recipe.clock == .realtime && !pending.isEmpty
    if learned >= recipe.learner.startStep, !isBehind {
      let start = MonotonicClock.now
      for _ in 0..<recipe.learner.updatesPerStep { update(shown: shownRows) }
      busyNanoseconds += MonotonicClock.now - start
    }
    if learned.isMultiple(of: recipe.pace.publishEvery) {
      try publish(version: UInt64(learned))
    }
    if learned.isMultiple(of: recipe.checkpointEvery) { try save(isLast: false) }
    if learned.isMultiple(of: 50), !isCatchingUp { try report() }
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
        ? run + "/checkpoints/last.safetensors" : LearnerCheckpoint.path(in: run, steps: learned))
  }

  private func saveCheckpoint(_ path: String) throws {
    let checkpoint = LearnerCheckpoint(
      steps: learned, updates: updates, stream: stream, demonstrations: demonstrations.digest())
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
    let steps = max(1, learned - recipe.learner.startStep + 1)
    values.append(
      StatusValue(
        name: "learner/updatesPerStep", value: Double(updates - before) / Double(steps)))
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
