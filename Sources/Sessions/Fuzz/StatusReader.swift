import Fuzzing
import Messages
import Metrics
import Recipes
import Wire

extension FuzzTarget {
  /// The socket on which `launch` hears its processes, and what it makes of what it hears.
  static let status = FuzzTarget(name: "status", form: .framed, weight: 20) { place in
    var samples = FuzzSamples(seed: place.seed)
    let messages = samples.messages() + samples.stopping() + samples.news()
    return (calls(messages), try StatusReader(place))
  }
}

extension FuzzPlace {
  /// A session of the recipe, and its folder.
  func session() throws -> (SessionContext, RunFolder) {
    let recipe = try SessionRecipe.load(
      launchFile: recipeFile, overrides: ["run=" + file("run")])
    let folder = try RunFolder(creating: recipe.launch.run, earlierRun: .replace)
    return (try SessionContext(recipe: recipe, isSupervised: false), folder)
  }
}

/// What a `launch` has of its processes, with a rogue among them.
final class StatusReader: FuzzReader {
  private let session: SessionContext
  private let place: FuzzPlace
  private var processes: SessionProcesses
  private var rogue: Socket
  private var good: Client
  private var trainings: [HeardTraining] = []
  private var lives = Watch(silence: 10, standstillMinutes: 30, at: 0)
  private var lags: LagWatch
  private var count: UInt64 = 0
  /// Inputs after which the figures' files begin anew.
  private static let renewal: UInt64 = 32

  init(_ place: FuzzPlace) throws {
    let (session, folder) = try place.session()
    var processes = try SessionProcesses(session, folder: folder)
    processes.answersHeartbeats = true
    var rogue = try Socket(.dealer, peer: "launch", in: session.context)
    try rogue.connect(to: Endpoint(session.endpoints[.status]))
    let good = try session.client(of: .status, role: "launch")
    self.session = session
    self.place = place
    self.processes = processes
    self.rogue = rogue
    self.good = good
    lags = LagWatch(updatesPerStep: session.recipe.launch.learner.updatesPerStep)
  }

  func take(_ input: [UInt8]) throws {
    if count % Self.renewal == 0 { try begin() }
    count += 1
    let context = session.context
    try send(context.calling(Frames(decoding: input).parts, number: 2 * count))
    // What comes behind it on the same line is heard once it has been heard.
    let progress = count | 1 << 50
    let beat = Message.heartbeat(role: Role.reward.rawValue, process: 1, progress: progress)
    try send(context.sealed(beat.encoded(), number: 2 * count + 1))
    var heard = 0
    let first = ContinuousClock.now
    while ContinuousClock.now - first < fuzzPatience {
      guard let news = try next(within: .milliseconds(20)) else { continue }
      try note(news)
      if case .heartbeat(let name, progress) = news, name == ProcessName(.reward) {
        rogue.drain()
        if count % 8 == 0 { try expectAnswer() }
        if heard == 0 { throw SessionFailure("no news") }
        return
      }
      heard += 1
    }
    throw FuzzFinding("a good heartbeat behind what was bad was not heard")
  }

  /// Trainings that nobody has told anything yet: one with an arm of its own, and one of two actors.
  private func begin() throws {
    trainings = []
    trainings = try [1, 2].map { actors in
      var launch = session.recipe.launch
      launch.actors = actors
      return try HeardTraining(launch, in: place.file("heard-\(actors)"))
    }
  }

  /// Whether a person has asked to finish, which is told to each actor that comes.
  private var hasAsked: Bool { count > 64 }

  private func send(_ parts: [[UInt8]]) throws {
    let first = ContinuousClock.now
    while try !rogue.trySend(parts: parts) {
      rogue.drain()
      if let news = try next(within: .milliseconds(1)) { try note(news) }
      guard ContinuousClock.now - first < fuzzPatience else {
        throw FuzzFinding("the socket takes nothing any more")
      }
    }
  }

  private func next(within wait: Duration) throws -> SessionProcesses.News? {
    do { return try processes.next(within: wait) } catch {
      throw FuzzFinding("a session failed for what a process said: \(error)")
    }
  }

  /// As `LaunchSession` does, on a clock on which each input is so late that every line is due.
  private func note(_ news: SessionProcesses.News) throws {
    let now = Int64(count) * 61_000_000_000
    switch news {
    case .status(let status):
      _ = lags.line(for: status, at: now)
      for training in trainings { try training.note(status) }
    case .heartbeat(let name, let progress): lives.note(name, progress: progress, at: now)
    case .ready(let name):
      guard let actor = name.actor else { return }
      if hasAsked { processes.askToFinish() }
      lives.note(name, progress: 0, at: now)
      for training in trainings { training.arrive(actor) }
    case .left(let actor, let reason):
      lives.forget(ProcessName(actor: actor))
      for training in trainings { try training.leave(actor, because: reason) }
    case .driver(let status):
      for training in trainings { training.note(0, isStopped: status.mode.isStopped) }
    case .failure: break
    }
    for wait in [0, 3_600_000_000_000] as [Int64] {
      _ = lives.finding(at: now + wait)?.line(process: nil)
    }
  }

  /// An actor that asks whether there is a training must be told.
  private func expectAnswer() throws {
    // What it was told before was of no question.
    while try good.next(within: .zero) != nil {}
    try good.send(.trainingRequest(actor: 7, nextSequence: count), within: fuzzPatience)
    let first = ContinuousClock.now
    while ContinuousClock.now - first < fuzzPatience {
      if let news = try next(within: .milliseconds(1)) { try note(news) }
      guard let answer = try good.next(within: .zero) else { continue }
      if hasAsked, case .stop = answer { return }
      if case .training(_, let sequence) = answer, sequence == count { return }
    }
    throw FuzzFinding("an actor that asked among bad messages was not answered")
  }
}

/// The figures of a training that hears all that is news.
private final class HeardTraining {
  private let folder: RunFolder
  private var figures: TrainingFigures

  init(_ launch: LaunchRecipe, in path: String) throws {
    folder = try RunFolder(creating: path, earlierRun: .replace)
    figures = try TrainingFigures(
      launch, folder: folder, demonstrationMinutes: 0, from: [], after: [], reporting: .none)
    for actor in 0..<launch.actors { figures.roll.arrive(actor) }
  }

  func arrive(_ actor: Int) { figures.roll.arrive(actor) }

  func leave(_ actor: Int, because reason: String) throws {
    if figures.roll.leave(actor, because: reason) { try expectFiles() }
  }

  func note(_ actor: Int, isStopped: Bool) { figures.roll.note(actor, isStopped: isStopped) }

  func note(_ status: Status) throws {
    if let stopped = status.values.first(where: { $0.name == TrainingRelay.stopped }) {
      return note(Int(status.actor), isStopped: stopped.value > 0)
    }
    do { try figures.note(status) } catch {
      throw FuzzFinding("what a process said cannot be written: \(error)")
    }
    try expectFiles()
    let roll = figures.roll
    _ = (roll.present, roll.finish, roll.isResting(.lockstep), roll.isResting(.realtime))
    guard roll.entries.keys.allSatisfy({ (0..<LaunchRecipe.mostActors).contains($0) }),
      figures.knownSteps(.lockstep) >= 0, figures.knownSteps(.realtime) >= 0
    else { throw FuzzFinding("there are actors \(roll.entries.keys.sorted())") }
  }

  /// Whatever was said, a training can end and leave what can be read and gone on from.
  private func expectFiles() throws {
    let summary: Summary
    let records: [MetricsRecord]
    do {
      try figures.close(otherwise: .fault)
      summary = try Summary(of: folder)
      records = try MetricsRecord.records(of: folder.metrics)
    } catch { throw FuzzFinding("a training cannot end, or not be read: \(error)") }
    guard summary == figures.summary else {
      throw FuzzFinding("a summary is another after it was written and read")
    }
    for actor in 0..<2 {
      let earlier = JoinedEarlier(actor, figures: records, steps: nil, robotSeconds: 0)
      guard earlier.steps >= 0 else { throw FuzzFinding("\(earlier.steps) steps were done") }
    }
  }
}
