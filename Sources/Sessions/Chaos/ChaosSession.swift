import Foundation
import Messages
import Randomness
import RealTime
import Recipes

/// Makes faults against the real processes of real trainings, and checks after each that nobody was
/// hurt and nothing was lost.
struct ChaosSession {
  let launchFile: String
  let faults: Int
  let seconds: Double
  /// Actors of every training; nil draws one or two.
  let actors: Int?
  let folder: String
  let reporting: Reporting
  private var stream: RandomStream
  var report: ChaosReport
  private let stop: StopSignal
  private let start = MonotonicClock.now

  init(
    _ launchFile: String, faults: Int, seed: UInt64, seconds: Double, actors: Int?,
    in folder: String, reporting: Reporting
  ) throws {
    self.launchFile = launchFile
    self.faults = faults
    self.seconds = seconds
    self.actors = actors
    self.folder = folder
    self.reporting = reporting
    stream = RandomStream(seed: seed, name: "chaos")
    report = ChaosReport(seed: seed)
    stop = try StopSignal()
  }

  private var elapsed: Double { Double(MonotonicClock.now - start) * 1e-9 }

  private var isOver: Bool { report.faults >= faults || elapsed > seconds || stop.count > 0 }

  /// Makes the faults and reports.
  mutating func run() throws -> ChaosReport {
    while !isOver {
      let training = try draw()
      report.trainings += 1
      do {
        try run(training)
      } catch {
        note(nil, in: training, broken: "\(error)")
      }
      training.abandon()
      report.sessions += training.starts
      report.recoveries += training.recoveries
      report.disturbedStops += training.disturbedStops
      report.broughtBack += training.returns
      say()
    }
    report.seconds = elapsed
    return report
  }

  /// A small training: short episodes, so that the arm is often on its way back, which is when it is
  /// fast.
  private mutating func draw() throws -> ChaosRun {
    // At least half of the faults are to meet an arm that moves.
    let isRealTime =
      2 * report.faultsAtMovingArm < report.faults + 8 || stream.index(below: 100) < 50
    let isApart = stream.index(below: 100) < 70
    let drawn = stream.index(below: 100) < 22 ? 2 : 1
    let actors = actors ?? drawn
    let places: [Meeting] =
      [.session, .setpoint, .reward, .reset, .learner, .record]
      + (isRealTime ? [.state, .policy] : [])
    var tapped = [places[stream.index(below: places.count)]]
    tapped.append(
      isApart ? .arm : places.filter { $0 != tapped[0] }[stream.index(below: places.count - 1)])
    let number = report.trainings + 1
    // From there a policy that knows nothing yet presses on the board.
    let start = number.isMultiple(of: 2) ? ["task.reset.height=0.004"] : []
    return try ChaosRun(
      launchFile,
      overrides: [
        "run=\(folder)/t\(number)", "seed=\(number)", "actors=\(actors)",
        "clock=\(isRealTime ? "realtime" : "lockstep")",
        "placement=\(isApart ? "process" : "driver")", "task.steps=8", "finish.steps=1000000",
        "finish.robotMinutes=100000", "finish.success=2", "learner.demonstrationShare=0",
        "learner.ensemble=2", "learner.drawn=2", "learner.width=32", "learner.startStep=16",
        "learner.updatesPerStep=1", "learner.threads=1", "checkpointEvery=40",
        "supervision.silence=4", "supervision.recoveryMinutes=0.5",
      ] + start, tapped: tapped, seed: stream.next())
  }

  private mutating func run(_ training: ChaosRun) throws {
    try start(training)
    for _ in 0..<(4 + stream.index(below: 8)) where !isOver {
      let fault = ChaosFault.draw(
        in: training.recipe.launch, tapped: training.tapped, &stream)
      try make(fault, in: training)
      if !training.isRunning { try start(training) }
    }
    try checkRecords(of: training, try training.finish())
    for arm in training.arms { check(arm.ticks(), of: arm, nil, in: training) }
  }

  /// Two arms of one machine take longer than one.
  private func patience(_ seconds: Double, in training: ChaosRun) -> Double {
    training.isOfSeveral ? seconds * 1.6 : seconds
  }

  private func start(_ training: ChaosRun) throws {
    try training.start()
    if let missing = try training.awaitEpisodes(1, within: patience(60, in: training)) {
      throw SessionFailure("start \(training.starts) came to no episode: \(missing)")
    }
  }

  private mutating func make(_ fault: ChaosFault, in training: ChaosRun) throws {
    let struck = training.arms(of: fault)
    // Before the moment is awaited, which would be over after it.
    for arm in training.arms { check(arm.ticks(), of: arm, nil, in: training) }
    let speed = awaitMoment(at: struck[stream.index(below: struck.count)], in: training)
    let views = struck.compactMap { FlightView(run: $0.folder) }
    guard views.count == struck.count else { throw SessionFailure("no flight recording") }
    let moment = MonotonicClock.now
    guard try inject(fault, in: training) else { return }
    count(fault, in: training, at: speed)
    if case .userStop = fault { checkStop(fault, in: training, views) }
    let answer = try training.answer(to: fault, within: patience(45, in: training))
    training.write("\(decimal(elapsed, 1)) s: \(answer)")
    check(answer, to: fault, in: training)
    if let crash = training.crash() { note(fault, in: training, broken: "a crash: \(crash)") }
    for arm in training.arms {
      let drivers = arm.ticks()
      check(drivers, of: arm, fault, in: training)
      if isSilenced(fault, in: training), struck.contains(where: { $0 === arm }) {
        checkWorldWentOn(fault, in: training, drivers.flatMap { $0 }, from: moment)
      }
      checkUnwatched(fault, in: training, drivers.flatMap { $0 }, from: moment)
      checkRest(of: arm, fault, in: training, drivers)
    }
  }

  /// Makes a fault; false for one that found nothing to strike, which is none.
  private mutating func inject(_ fault: ChaosFault, in training: ChaosRun) throws -> Bool {
    training.write("\(decimal(elapsed, 1)) s: fault \(report.faults + 1), \(fault)")
    do {
      return try training.inject(fault)
    } catch {
      note(fault, in: training, broken: "\(error)")
      return false
    }
  }

  /// Whether its world does without its controller for longer than it waits.
  private func isSilenced(_ fault: ChaosFault, in training: ChaosRun) -> Bool {
    training.recipe.launch.clock == .lockstep && fault.silencesController(for: 2.6)
  }

  private mutating func count(_ fault: ChaosFault, in training: ChaosRun, at speed: Double) {
    report.faults += 1
    report.byKind[fault.kind, default: 0] += 1
    if training.recipe.launch.clock == .realtime, speed > 0.05 { report.faultsAtMovingArm += 1 }
    if training.isOfSeveral { report.faultsAtSeveralActors += 1 }
    if isSilenced(fault, in: training) { report.faultsWithoutControllerInLockstep += 1 }
  }

  /// In real time the moment at which an arm is fast, in lock-step any; returns the tool's speed [m/s].
  private mutating func awaitMoment(at arm: ChaosArm, in training: ChaosRun) -> Double {
    guard training.recipe.launch.clock == .realtime else {
      _ = training.wait(stream.uniform()) { !training.isRunning }
      return 0
    }
    let view = FlightView(run: arm.folder)
    // Not always the first fast tick of a way back.
    _ = training.wait(stream.uniform()) { false }
    _ = training.wait(6) { (view?.latest?.toolSpeed ?? 0) > 0.06 || !training.isRunning }
    return view?.latest?.toolSpeed ?? 0
  }

  mutating func note(_ fault: ChaosFault?, in training: ChaosRun, broken: String) {
    let recipe = training.recipe.launch
    let actors = training.isOfSeveral ? ", \(recipe.actors) actors" : ""
    report.note(
      .init(
        fault: fault == nil ? 0 : report.faults,
        training: "\(recipe.run), \(recipe.clock), \(recipe.placement)\(actors)",
        done: fault.map { "\($0)" } ?? "the end of the training", broken: broken))
  }

  private func say() {
    reporting.write(
      "\(report.faults) of \(faults) faults, \(report.violations.count) violations, "
        + "\(decimal(elapsed, 0)) s\n")
  }
}

extension Commands {
  /// Makes faults and checks that nobody is hurt and nothing lost: `kinglet chaos`.
  ///
  /// Trainings run in a folder that is removed at the end unless a law was broken. `actors` is how many
  /// each of them has; nil draws one or two.
  public static func chaos(
    file: String, faults: Int, seed: UInt64, seconds: Double, actors: Int? = nil,
    progress: Reporting
  ) throws -> ChaosReport {
    let folder =
      FileManager.default.temporaryDirectory.path + "/kinglet-chaos-"
      + String(ProcessInfo.processInfo.processIdentifier)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // Gone again where the file is refused.
    defer { rmdir(folder) }
    var session = try ChaosSession(
      file, faults: faults, seed: seed, seconds: seconds, actors: actors, in: folder,
      reporting: progress)
    let report = try session.run()
    if report.violations.isEmpty { try? FileManager.default.removeItem(atPath: folder) }
    return report
  }
}
