import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import Wire

/// Starts a training's processes, watches them, writes its figures down, and ends them.
///
/// A training holds its arm itself, or starts one `kinglet join` for each of its actors; what that
/// starts is such a session once more, of an arm whose learner is another's.
struct LaunchSession: ~Copyable {
  private let session: SessionContext
  private let recipe: LaunchRecipe
  private let reporting: Reporting
  private var processes: SessionProcesses
  private var figures: TrainingFigures
  private var relay: TrainingRelay?
  private var keys: TerminalKeys
  private var lives: Watch
  private var lags: LagWatch?
  /// Tells the learner who has left.
  private var learner: Client?
  private var restarts = 0
  private var hasAsked = false
  private static let actor = ProcessName(.actor)
  private static let learner = ProcessName(.learner)

  /// How long the `launch` of the training that it joins may be silent [s]; nil where the parent is it.
  private let patience: Double?

  /// A session in a folder whose figures end where it begins.
  ///
  /// A person started an actor that `isAlone`: nobody but itself notices the end of its training.
  /// `points` are where its actors go on, none where the training begins; `joined` are those that had
  /// joined before.
  init(
    _ session: SessionContext, folder: RunFolder, demonstrationMinutes: Double,
    from points: [ResumePoint], after joined: [JoinedEarlier] = [], isAlone: Bool = false,
    reporting: Reporting
  ) throws {
    let recipe = session.recipe.launch
    var processes = try SessionProcesses(session, folder: folder)
    processes.answersHeartbeats = true
    let figures = try TrainingFigures(
      recipe, folder: folder, demonstrationMinutes: demonstrationMinutes, from: points,
      after: joined, reporting: reporting)
    let relay: TrainingRelay? = recipe.joins == nil ? nil : try TrainingRelay(session)
    self.session = session
    self.recipe = recipe
    self.reporting = reporting
    self.processes = processes
    self.figures = figures
    self.relay = relay
    keys = TerminalKeys(of: recipe.run, holdsArm: recipe.holdsArm, reporting)
    patience = isAlone ? recipe.supervision.silence : nil
    lags =
      recipe.clock == .realtime ? LagWatch(updatesPerStep: recipe.learner.updatesPerStep) : nil
    lives = Watch(
      silence: recipe.supervision.silence,
      standstillMinutes: recipe.joins == nil ? recipe.supervision.standstillMinutes : nil,
      at: MonotonicClock.now)
  }

  /// Runs the training to its end and returns its summary.
  mutating func run() throws -> Summary {
    do {
      try begin()
      try watch()
      if !recipe.holdsArm { try conclude() }
    } catch {
      let failure = processes.explain(error)
      processes.stop(grace: .zero)
      // Not before its processes are gone, for who hears of it may want to start them again.
      relay?.leave(because: failure.description)
      try? figures.close(otherwise: session.stopCheck() ? .interrupted : .fault)
      throw SessionFailure(failure.description + wayOn(after: failure))
    }
    processes.stop(grace: .seconds(20))
    relay?.finish()
    try figures.close(otherwise: .fault)
    try processes.checkRecorder()
    return figures.summary
  }

  /// How to go on after a failure that does not say so itself, where something was done before it.
  private func wayOn(after failure: SessionFailure) -> String {
    let told = ["--replace", "--resume"] + (recipe.joins == nil ? [] : ["kinglet join"])
    guard !told.contains(where: failure.description.contains), figures.summary.steps > 0,
      let command = TrainingReport.goingOn(recipe)
    else { return "" }
    return "; `\(command)` goes on"
  }

  /// Whether the actor has left because the training that it joined was ended by a person.
  private(set) var isOverWithItsTraining = false

  private mutating func begin() throws {
    let episodes = session.firstEpisodes
    guard recipe.holdsArm else {
      try processes.start([.learner], from: episodes)
      lives.note(Self.learner, progress: 0, at: MonotonicClock.now)
      // They say by themselves that they are ready, and the first need not wait for the last.
      for actor in 0..<recipe.actors {
        let name = ProcessName(actor: actor)
        try processes.begin(name, from: episodes)
        lives.expect(name, at: MonotonicClock.now)
        figures.roll.arrive(actor)
      }
      return
    }
    if let shortage = LoopPreparation.shortage(of: recipe) { figures.say("warning: \(shortage)") }
    let learner: [Role] = recipe.joins == nil ? [.learner] : []
    try processes.start(SessionProcesses.surroundings(of: recipe) + learner, from: episodes)
    try processes.start([.actor], from: episodes)
    // From now on each has to give signs of life, also one that has been silent since its start.
    for role in SessionProcesses.surroundings(of: recipe) + learner + [.actor] {
      lives.note(ProcessName(role), progress: 0, at: MonotonicClock.now)
    }
    figures.roll.arrive(0)
    relay?.arrive()
  }

  private var isOver: Bool {
    recipe.holdsArm
      ? processes.ending(of: Self.actor) != nil
      : figures.roll.present.isEmpty && !processes.hasActors
  }

  private mutating func watch() throws {
    while !isOver {
      if session.stopCheck() { throw SessionFailure.stoppedAtOnce }
      try listen()
      var wait = Duration.milliseconds(50)
      for _ in 0..<64 {
        guard let news = try processes.next(within: wait) else { break }
        wait = .zero
        try note(news)
      }
      if keys.serve({ figures.say($0) }) { try hearAll() }
      if let ended = processes.firstEnded(), ended.name != Self.actor { try note(ended) }
      if figures.roll.isResting(recipe.clock) { lives.rest(at: MonotonicClock.now) }
      try checkLives()
    }
    // Its last word may still be under way.
    let deadline = Deadline(in: 1_000_000_000)
    repeat {
      try hearAll()
    } while recipe.holdsArm && figures.finishNote == nil && !deadline.isPast()
    if recipe.holdsArm, figures.finishNote == nil {
      throw SessionFailure("actor ended before the training did")
    }
  }

  /// Takes in what has been said meanwhile.
  private mutating func hearAll() throws {
    let deadline = Deadline(in: 1_000_000_000)
    while !deadline.isPast(), let news = try processes.next(within: .milliseconds(50)) {
      try note(news)
    }
  }

  /// Hears a person and the `launch` of the training that the actor joins.
  private mutating func listen() throws {
    relay?.listen()
    // A driver is to hear of it too where the training's own `launch` is silent.
    processes.answersHeartbeats = (relay?.silence ?? 0) < 2
    if session.isAskedToFinish {
      askToFinish("finishing the episode; Ctrl-C again stops at once")
    } else if relay?.isAskedToFinish == true {
      isOverWithItsTraining = true
      askToFinish("a person finishes the training: this is the last episode")
    }
    guard figures.finishNote == nil, let patience, let silence = relay?.silence,
      silence > patience
    else { return }
    throw SessionFailure(
      "\(recipe.training.run): its `launch` has said nothing for \(decimal(patience, 0)) s, so the arm "
        + "stops; once it runs again, `kinglet join \(recipe.training.run) --actor \(recipe.actor)` goes on"
    )
  }

  private mutating func askToFinish(_ words: String) {
    guard !hasAsked else { return }
    hasAsked = true
    figures.say(words)
    processes.askToFinish()
  }

  /// Asks the learner of actors that have all ended for the last word.
  private mutating func conclude() throws {
    guard let reason = figures.roll.finish else {
      throw SessionFailure(
        "every actor has left (their logs are in \(recipe.run)/logs and \(recipe.run)/actors/*/logs)"
      )
    }
    var learner = try session.client(of: .learner, role: "learner")
    for (actor, entry) in figures.roll.entries {
      let farewell = Message.actorLeft(actor: UInt32(clamping: actor), reason: reason.rawValue)
      guard case .transitionsAccepted(let held) = try ask(&learner, farewell) else { continue }
      if entry.finish != nil, held < UInt64(entry.steps) {
        throw SessionFailure(
          "the learner holds \(held) of the \(entry.steps) steps of actor \(actor); `launch --resume "
            + "\(recipe.run)` goes on")
      }
    }
    guard case .learnerDigest(let replay, let weights) = try ask(&learner, .learnerDigestRequest)
    else { throw SessionFailure("learner sent an answer of another kind to a digest request") }
    figures.finish(
      FinishNote(reason: reason, replay: hexadecimal(replay), weights: hexadecimal(weights)))
    try learner.send(.stop(reason: reason.rawValue), within: .seconds(5))
  }

  /// Asks the learner for as long as it lives.
  private mutating func ask(_ learner: inout Client, _ message: Message) throws -> Message {
    let deadline = Deadline(in: 300_000_000_000)
    while true {
      if let answer = try attempt(&learner, message) { return answer }
      // Who asks meanwhile whether there is a training gets an answer.
      for _ in 0..<64 where try processes.next(within: .zero) == nil { break }
      if let ending = processes.ending(of: Self.learner) {
        throw processes.failure(of: Self.learner, ending)
      }
      if session.stopCheck() { throw SessionFailure.stoppedAtOnce }
      if deadline.isPast() { throw SessionFailure("learner gave no last word within 300 s") }
    }
  }

  private func attempt(_ learner: inout Client, _ message: Message) throws -> Message? {
    do { return try learner.call(message, within: .seconds(2)) } catch WireError.timedOut {
      return nil
    } catch WireError.cannotSend { return nil }
  }

  private mutating func note(_ news: SessionProcesses.News) throws {
    session.work.add()
    switch news {
    case .status(let status): try note(status)
    case .failure(let reason): throw SessionFailure(reason)
    case .driver(let status): note(status)
    case .heartbeat(let name, let progress):
      lives.note(name, progress: progress, at: MonotonicClock.now)
    case .ready(let name):
      noteArrival(of: name)
      // From now on it has to give signs of life.
      if name.actor != nil { lives.note(name, progress: 0, at: MonotonicClock.now) }
    case .left(let actor, let reason): try noteDeparture(of: actor, because: reason)
    }
  }

  private mutating func noteArrival(of name: ProcessName) {
    guard let actor = name.actor else { return }
    // One that comes late still is to finish.
    if hasAsked { processes.askToFinish() }
    if figures.roll.arrive(actor) { figures.say("\(name) has come") }
  }

  /// An actor with an arm of its own has left: in lock-step, where all of them make the result, the
  /// session ends; in real time the others go on.
  private mutating func noteDeparture(of actor: Int, because reason: String) throws {
    let name = ProcessName(actor: actor)
    lives.forget(name)
    // Also where it is no news: the learner may have heard of it since.
    if recipe.joins == nil {
      tellLearner(.actorLeft(actor: UInt32(clamping: actor), reason: reason))
    }
    guard figures.roll.leave(actor, because: reason) else { return }
    if recipe.clock == .lockstep, !hasAsked {
      throw SessionFailure(reason.hasPrefix("\(name) ") ? reason : "\(name): \(reason)")
    }
    figures.say("\(name) has left: \(reason)")
  }

  private mutating func tellLearner(_ news: Message) {
    if learner == nil { learner = try? session.client(of: .learner, role: "learner") }
    // Its answers are no news.
    while (try? learner?.answer()) ?? nil != nil {}
    try? learner?.send(news, within: .zero)
  }

  /// A process has ended that is not the training's own actor.
  private mutating func note(
    _ ended: (name: ProcessName, ending: SessionProcesses.Ending)
  ) throws {
    guard let actor = ended.name.actor else {
      if try isUnexpected(ended.ending) { try startAgain(ended.name, ended.ending) }
      return
    }
    // Its last words may still be under way.
    let deadline = Deadline(in: 1_000_000_000)
    while figures.roll.entries[actor]?.isPresent == true, !deadline.isPast() {
      if let news = try processes.next(within: .milliseconds(50)) { try note(news) }
    }
    let reason = processes.failure(of: ended.name, ended.ending)
    processes.forget(ended.name)
    try noteDeparture(of: actor, because: reason.description)
  }

  /// Starts a learner again that was ended by a signal; everything else ends the session.
  ///
  /// A learner that ended by itself has said why, and would again.
  private mutating func startAgain(
    _ name: ProcessName, _ ending: SessionProcesses.Ending
  ) throws {
    let most = recipe.supervision.learnerRestarts
    guard name == Self.learner, case .signal = ending, restarts < most else {
      throw SessionFailure("\(name) \(ending)")
    }
    // What an actor has sent that has ended since, nobody sends again.
    if recipe.clock == .lockstep, !recipe.holdsArm, figures.roll.finish != nil {
      throw SessionFailure(
        "\(name) \(ending) at the very end; `launch --resume \(recipe.run)` goes on")
    }
    restarts += 1
    figures.say("learner \(ending): starting it again (\(restarts) of \(most))")
    // From now on it has to give signs of life.
    lives.note(name, progress: 0, at: MonotonicClock.now)
    try processes.restartLearner(
      knowing: figures.knownSteps(recipe.clock), from: session.firstEpisodes)
  }

  /// Ends a session that hangs, with the name of what hangs; a hung learner is started again, and a
  /// hung actor with an arm of its own is taken for one that left.
  private mutating func checkLives() throws {
    guard figures.finishNote == nil || !recipe.holdsArm,
      let finding = lives.finding(at: MonotonicClock.now)
    else { return }
    guard case .silent(let name, _) = finding else {
      throw SessionFailure(finding.line(process: nil))
    }
    let words = finding.line(process: processes.identifier(of: name))
    lives.forget(name)
    if let actor = name.actor {
      processes.end(name)
      return try noteDeparture(of: actor, because: words)
    }
    guard name == Self.learner else { throw SessionFailure(words) }
    figures.say(words)
    processes.end(name)
  }

  /// Whether an ending is none that the actor announced.
  ///
  /// An orderly one may overtake the news of it.
  private mutating func isUnexpected(_ ending: SessionProcesses.Ending) throws -> Bool {
    let deadline = Deadline(in: ending == .status(0) ? 5_000_000_000 : 0)
    while figures.finishNote == nil, !deadline.isPast() {
      if case .status(let news) = try processes.next(within: .milliseconds(50)) { try note(news) }
    }
    return figures.finishNote == nil
  }

  /// Tells a person when the arm stops, and when it goes on.
  private mutating func note(_ status: DriverStatus) {
    // Every arm stops when its session ends.
    guard figures.finishNote == nil else { return }
    let hasStopped = figures.roll.entries[0]?.isStopped == true
    if status.mode == .fault || status.mode == .userStopped, !hasStopped {
      let minutes = decimal(recipe.supervision.recoveryMinutes, 1)
      tell(
        isStopped: true,
        "the arm has stopped: \(status.reason)\n`kinglet recover \(recipe.run)` lets it go on"
          + keys.hint + "; Ctrl-C ends; nobody coming, it ends after \(minutes) min")
    } else if hasStopped, !status.mode.isStopped {
      tell(isStopped: false, "the arm goes on: \(status.reason)")
    }
  }

  /// One that was given up has been heard of again: the network was away, not the arm.
  private mutating func noteReturn(of status: Status) {
    let actor = Int(status.actor)
    guard status.role == Role.actor.rawValue, status.note.isEmpty, !status.values.isEmpty,
      figures.roll.entries[actor]?.departure != nil, figures.roll.arrive(actor)
    else { return }
    figures.say("actor \(actor) is there again")
  }

  private mutating func tell(isStopped: Bool, _ words: String) {
    figures.roll.note(0, isStopped: isStopped)
    figures.say(words)
    relay?.note(isStopped: isStopped, words)
  }

  private mutating func note(_ status: Status) throws {
    if status.role == Role.actor.rawValue { relay?.pass(status) }
    if let words = lags?.line(for: status, at: MonotonicClock.now) { figures.say(words) }
    // One that left though nobody ended the training.
    if status.note.hasPrefix(Summary.FinishReason.interrupted.rawValue), !hasAsked,
      figures.roll.entries[Int(status.actor)] != nil, status.actor > 0 || !recipe.holdsArm
    {
      return try noteDeparture(of: Int(status.actor), because: "a person asked it to finish")
    }
    noteReturn(of: status)
    guard let stopped = status.values.first(where: { $0.name == TrainingRelay.stopped }) else {
      return try figures.note(status)
    }
    figures.roll.note(Int(status.actor), isStopped: stopped.value > 0)
    figures.say("actor \(status.actor): \(status.note)")
  }
}
