import Messages
import Metrics
import OffPolicy
import RealTime
import Recipes
import Wire

/// The learning actor's side of the learner: transitions out, policies in.
///
/// Every transition is kept here until the training ends, so that a learner which was started again
/// gets again what it lost; which ones it holds it says with each answer, and what comes twice it
/// passes over.
struct LearnerLink: ~Copyable {
  private var learner: Client
  private var policies: Subscriber?
  private let spool: TransitionSpool?
  private let pace: LaunchRecipe.Pace
  private let takesNewest: Bool
  private let work: WorkCount
  private let actor: UInt32
  private let patienceMinutes: Double
  /// How long another actor may hold up a round: its arm may stand and wait for a person.
  private let waitingForOthers: Duration
  /// Sequence of the first transition kept.
  private let base: UInt64
  private var kept: [Transition] = []
  /// The next transition to send.
  private var next: UInt64
  /// What the learner expects next, as far as it has said.
  private var accepted: UInt64
  private var lastReturn: Int64 = 0
  private var firstUnanswered: Int64?
  private var lastAnswer: Int64 = MonotonicClock.now
  private var version: UInt64?
  private(set) var policy: GaussianPolicy?
  /// Transitions that may be under way.
  private static let mostUnderWay: UInt64 = 1000
  /// Transitions of one message.
  private static let mostAtOnce = 64
  /// How long an answer may take before its question is sent once more.
  private static let pause = Duration.seconds(1)

  /// A link that goes on after `sent` transitions; in real time `earlier` are these, which the learner
  /// may have lost.
  init(_ session: SessionContext, sent: UInt64, after earlier: [Transition]) throws {
    let learner = try session.client(of: .learner, role: "learner")
    let policies = try session.subscriberInRealTime(to: .policy, role: "learner")
    let spool = try Self.spool(session, after: earlier)
    self.spool = spool
    base = sent - UInt64(earlier.count)
    kept = earlier
    next = sent
    accepted = sent
    work = session.work
    actor = UInt32(session.recipe.launch.actor)
    let supervision = session.recipe.launch.supervision
    patienceMinutes = supervision.standstillMinutes
    waitingForOthers = .seconds(max(300, 60 * (supervision.recoveryMinutes + 1)))
    takesNewest = session.recipe.launch.clock == .realtime
    self.learner = learner
    self.policies = policies
    pace = session.recipe.launch.pace
  }

  private static func spool(
    _ session: SessionContext, after earlier: [Transition]
  ) throws -> TransitionSpool? {
    guard session.recipe.launch.clock == .realtime else { return nil }
    return try TransitionSpool(of: session.recipe.launch.run, after: earlier)
  }

  private var end: UInt64 { base + UInt64(kept.count) }

  /// Takes a transition and sends what may be sent, without waiting.
  mutating func send(_ transition: Transition) throws {
    precondition(transition.sequence == end, "transition \(transition.sequence) after \(end)")
    try spool?.append(transition)
    kept.append(transition)
    try pump()
  }

  private mutating func pump() throws {
    while let answer = try learner.next(within: .zero) { try note(answer) }
    try sendDue()
  }

  private mutating func sendDue() throws {
    // What is under way may have been lost with the learner that had it.
    if next > accepted, MonotonicClock.now - lastAnswer > 1_000_000_000 { goBack() }
    while next < end, next - accepted < Self.mostUnderWay {
      let first = Int(next - base)
      let batch = Array(kept[first..<min(first + Self.mostAtOnce, kept.count)])
      // A learner that is away or busy gets it later.
      do { try learner.send(.transitions(batch, actor: actor), within: .zero) } catch WireError
        .cannotSend
      {
        return
      }
      next += UInt64(batch.count)
    }
  }

  private mutating func note(_ answer: Message) throws {
    firstUnanswered = nil
    guard case .transitionsAccepted(let expected) = answer else { return }
    lastAnswer = MonotonicClock.now
    guard expected >= base, expected <= end else {
      throw SessionFailure(
        "the learner expects transition \(expected), and actor \(actor) has \(base)…\(end)")
    }
    let isStuck = expected <= accepted && next > expected
    accepted = expected
    if isStuck { goBack() }
    next = max(next, accepted)
  }

  /// Sends again from what the learner expects: something was lost, or the learner is a new one.
  private mutating func goBack() {
    let now = MonotonicClock.now
    guard now - lastReturn > 200_000_000 else { return }
    lastReturn = now
    next = accepted
  }

  /// The policy that the coming step acts with.
  ///
  /// In lock-step exactly the one made from the steps up to `end - lag`, rounded down to a published
  /// one; in real time the newest.
  mutating func currentPolicy(
    within patience: Duration? = nil
  ) throws -> (policy: GaussianPolicy, version: UInt64) {
    let patience = patience ?? waitingForOthers
    let every = UInt64(pace.publishEvery)
    let known = end > UInt64(pace.lag) ? end - UInt64(pace.lag) : 0
    let wanted = known / every * every
    if takesNewest, version != nil {
      if let message = try policies?.next(within: .zero), case .policy(let snapshot) = message {
        try adopt(snapshot)
      }
    } else if version != wanted {
      try adopt(try snapshot(wanted, within: patience))
    }
    guard let policy, let version else { throw SessionFailure("learner sent no policy") }
    return (policy, version)
  }

  private mutating func snapshot(
    _ wanted: UInt64, within patience: Duration
  ) throws -> PolicySnapshot {
    let deadline = Deadline(in: Int64(patience / .nanoseconds(1)))
    while !deadline.isPast() {
      try pump()
      try ask(for: wanted)
      let isNewest = takesNewest
      let found = try answer(within: Self.pause) { message in
        message.policy.flatMap { isNewest || $0.version == wanted ? $0 : nil }
      }
      if let found { return found }
      goBack()
    }
    throw SessionFailure("learner gave no policy \(wanted) within \(patience); is it alive?")
  }

  private mutating func ask(for wanted: UInt64) throws {
    do {
      try learner.send(.policyRequest(minimumVersion: wanted, actor: actor), within: Self.pause)
    } catch WireError.cannotSend {}
  }

  /// What is looked for in the answers that come in time, nil where it is not among them; notes the
  /// others, and sends what they let be sent.
  private mutating func answer<Found>(
    within wait: Duration, _ find: (Message) -> Found?
  ) throws -> Found? {
    let deadline = Deadline(in: Int64(wait / .nanoseconds(1)))
    while let answer = try learner.next(within: .nanoseconds(deadline.remaining())) {
      try note(answer)
      if let found = find(answer) { return found }
      // Without a look at what came meanwhile: what is looked for may be there.
      try sendDue()
    }
    return nil
  }

  /// Why the training is over, asked between two episodes; nil while it goes on.
  ///
  /// In lock-step waits until every actor has come as far; in real time nobody waits for the learner, who
  /// is asked again after the next episode.
  mutating func finishReason() throws -> Summary.FinishReason? {
    let patience = takesNewest ? Duration.milliseconds(500) : waitingForOthers
    firstUnanswered = firstUnanswered ?? MonotonicClock.now
    let deadline = Deadline(in: Int64(patience / .nanoseconds(1)))
    let sequence = end
    while true {
      try pump()
      try askWhetherItGoesOn()
      let finish = try answer(within: min(Self.pause, patience)) { message in
        if case .training(let finish, sequence) = message { finish } else { nil }
      }
      if let finish { return Summary.FinishReason(rawValue: finish) }
      guard !deadline.isPast() else {
        if takesNewest {
          try checkSilence()
          return nil
        }
        throw SessionFailure("learner did not say within \(patience) whether the training goes on")
      }
      goBack()
    }
  }

  /// In real time an actor goes on without its learner, but not for ever.
  private func checkSilence() throws {
    guard let firstUnanswered else { return }
    let silence = Double(MonotonicClock.now - firstUnanswered) * 1e-9 / 60
    guard silence > patienceMinutes else { return }
    throw SessionFailure(
      "no learner has answered for \(decimal(silence, 1)) min: the training is gone")
  }

  private mutating func askWhetherItGoesOn() throws {
    let question = Message.trainingRequest(actor: actor, nextSequence: end)
    do { try learner.send(question, within: .zero) } catch WireError.cannotSend {}
  }

  /// Leaves a training that goes on: the learner is to expect no more.
  mutating func leave(because reason: String) throws {
    let deadline = Deadline(in: 300_000_000_000)
    repeat {
      try deliver()
      // It may be another learner by now, which has everything still to come.
      let farewell = Message.actorLeft(actor: actor, reason: reason)
      try note(try learner.call(farewell, within: .nanoseconds(deadline.remaining())))
    } while accepted < end
  }

  /// Waits until everything sent has been learned from and every actor has left, and returns what then
  /// stands there.
  mutating func finish(
    because reason: String
  ) throws -> (replay: UInt64, weights: UInt64) {
    let deadline = Deadline(in: 600_000_000_000)
    while !deadline.isPast() {
      try deliver()
      try learner.send(.actorLeft(actor: actor, reason: reason), within: Self.pause)
      try learner.send(.learnerDigestRequest, within: Self.pause)
      let found = try answer(within: .seconds(2)) { message -> (replay: UInt64, weights: UInt64)? in
        if case .learnerDigest(let replay, let weights) = message { (replay, weights) } else { nil }
      }
      guard let digest = found else {
        // It may be another learner by now, which has everything still to come.
        try askWhatIsHeld()
        continue
      }
      try askWhatIsHeld()
      guard accepted == end else { continue }
      try learner.send(.stop(reason: "training finished"), within: .seconds(5))
      return digest
    }
    throw SessionFailure("the learner or another actor did not come to its end within 600 s")
  }

  private mutating func askWhatIsHeld() throws {
    try note(try learner.call(.transitions([], actor: actor), within: .seconds(300)))
  }

  /// Waits until the learner holds everything.
  private mutating func deliver() throws {
    let deadline = Deadline(in: 300_000_000_000)
    while accepted < end {
      guard !deadline.isPast() else {
        throw SessionFailure("learner took only \(accepted) of \(end) transitions in 300 s")
      }
      try pump()
      if let answer = try learner.next(within: Self.pause) { try note(answer) } else { goBack() }
    }
  }

  private mutating func adopt(_ snapshot: PolicySnapshot) throws {
    policy = try GaussianPolicy(decoding: snapshot.bytes)
    version = snapshot.version
    work.add()
  }
}

extension Message {
  /// The policy that the message brings, if it does.
  fileprivate var policy: PolicySnapshot? {
    if case .policy(let snapshot) = self { snapshot } else { nil }
  }
}
