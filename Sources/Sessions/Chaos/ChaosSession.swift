import Foundation
import LearningSlots
import Messages
import Metrics
import Randomness
import RealTime
import Recipes
import Replay

/// Makes faults against the real processes of real trainings, and checks after each that nobody was
/// hurt and nothing was lost.
struct ChaosSession {
  let launchFile: String
  let faults: Int
  let seconds: Double
  let folder: String
  let reporting: Reporting
  private var stream: RandomStream
  private var report: ChaosReport
  private let stop: StopSignal
  private let start = MonotonicClock.now

  init(
    _ launchFile: String, faults: Int, seed: UInt64, seconds: Double, in folder: String,
    reporting: Reporting
  ) throws {
    self.launchFile = launchFile
    self.faults = faults
    self.seconds = seconds
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
    let places: [Meeting] =
      [.session, .setpoint, .reward, .reset, .learner, .record]
      + (isRealTime ? [.state, .policy] : [])
    var tapped = [places[stream.index(below: places.count)]]
    tapped.append(
      isApart ? .arm : places.filter { $0 != tapped[0] }[stream.index(below: places.count - 1)])
    let number = report.trainings + 1
    return try ChaosRun(
      launchFile,
      overrides: [
        "run=\(folder)/t\(number)", "seed=\(number)",
        "clock=\(isRealTime ? "realtime" : "lockstep")",
        "placement=\(isApart ? "process" : "driver")", "task.steps=8", "finish.steps=1000000",
        "finish.robotMinutes=100000", "finish.success=2", "learner.demonstrationShare=0",
        "learner.ensemble=2", "learner.drawn=2", "learner.width=32", "learner.startStep=16",
        "learner.updatesPerStep=1", "learner.threads=1", "checkpointEvery=40",
        "supervision.silence=4", "supervision.recoveryMinutes=0.5",
      ], tapped: tapped, seed: stream.next())
  }

  private mutating func run(_ training: ChaosRun) throws {
    try training.start()
    guard training.awaitEpisode(within: 60) else {
      throw SessionFailure("no first episode: \(training.lastWords())")
    }
    for _ in 0..<(4 + stream.index(below: 8)) where !isOver {
      let fault = ChaosFault.draw(
        in: training.recipe.launch, tapped: training.tapped, &stream)
      try make(fault, in: training)
      if !training.isRunning {
        try training.start()
        guard training.awaitEpisode(within: 60) else {
          throw SessionFailure("it was not resumed: \(training.lastWords())")
        }
      }
    }
    try checkRecords(of: training, try training.finish())
    check(training.ticks(), nil, in: training)
  }

  private mutating func make(_ fault: ChaosFault, in training: ChaosRun) throws {
    let speed = awaitMoment(in: training)
    guard let view = FlightView(run: training.run) else {
      throw SessionFailure("no flight recording")
    }
    check(training.ticks(), nil, in: training)
    let isLockstep = training.recipe.launch.clock == .lockstep
    let isSilenced = isLockstep && fault.silencesController(for: 2.6)
    let moment = MonotonicClock.now
    // One that found nothing to strike is none.
    guard try training.inject(fault) else { return }
    report.faults += 1
    report.byKind[fault.kind, default: 0] += 1
    if !isLockstep, speed > 0.05 { report.faultsAtMovingArm += 1 }
    if isSilenced { report.faultsWithoutControllerInLockstep += 1 }
    if fault.kind == "userStop" { checkStop(fault, in: training, view) }
    switch training.answer(to: fault, within: 45) {
    case .wentOn: report.wentOn += 1
    case .ended: report.ended += 1
    case .hung(let why):
      note(fault, in: training, broken: why)
      training.abandon()
    }
    if let crash = training.crash() { note(fault, in: training, broken: "a crash: \(crash)") }
    let entries = training.ticks()
    check(entries, fault, in: training)
    if isSilenced { checkWorldWentOn(fault, in: training, entries, from: moment) }
    if !training.isRunning, !fault.endsDriver { checkRest(fault, in: training, entries) }
  }

  private mutating func check(
    _ entries: [FlightEntry], _ fault: ChaosFault?, in training: ChaosRun
  ) {
    report.ticks += entries.count
    for broken in FlightLaws(training.recipe.robot).violations(of: entries) {
      note(fault, in: training, broken: broken)
    }
  }

  /// In real time the moment at which the arm is fast, in lock-step any; returns the tool's speed [m/s].
  private mutating func awaitMoment(in training: ChaosRun) -> Double {
    guard training.recipe.launch.clock == .realtime else {
      _ = training.wait(stream.uniform()) { !training.isRunning }
      return 0
    }
    let view = FlightView(run: training.run)
    // Not always the first fast tick of a way back.
    _ = training.wait(stream.uniform()) { false }
    _ = training.wait(6) { (view?.latest?.toolSpeed ?? 0) > 0.06 || !training.isRunning }
    return view?.latest?.toolSpeed ?? 0
  }

  /// A person's stop is answered at once: the driver's mode says so from the next tick on.
  private mutating func checkStop(
    _ fault: ChaosFault, in training: ChaosRun, _ view: FlightView
  ) {
    let hasStopped = training.wait(2) {
      (view.latest.map { $0.driverMode == .userStopped && $0.stands } ?? false)
        || !training.isRunning
    }
    if !hasStopped {
      note(fault, in: training, broken: "the arm did not stand within 2 s of a person's stop")
    }
  }

  /// In lock-step a dead controller must not freeze the world: after a second of wall time it runs by
  /// itself until the arm stands.
  private mutating func checkWorldWentOn(
    _ fault: ChaosFault, in training: ChaosRun, _ entries: [FlightEntry], from moment: Int64
  ) {
    let stopped = entries.first { $0.clock >= moment && $0.driverMode.isStopped }
    guard let stopped, stopped.clock - moment < 2_500_000_000 else {
      return note(fault, in: training, broken: "the world stood still without its controller")
    }
  }

  /// A driver that was told to end leaves an arm at rest.
  private mutating func checkRest(
    _ fault: ChaosFault, in training: ChaosRun, _ entries: [FlightEntry]
  ) {
    guard let last = entries.last, !last.stands else { return }
    note(
      fault, in: training,
      broken: "the driver ended while the arm moved \(decimal(last.speed, 3)) rad/s")
  }

  /// What the learner held at the end is what was recorded, in its order, each transition once.
  private mutating func checkRecords(of training: ChaosRun, _ summary: Summary) throws {
    let recipe = training.recipe.launch
    let steps = try Self.recorded(in: recipe)
    report.transitions += steps.count
    if steps.count != summary.steps {
      note(
        nil, in: training,
        broken: "\(steps.count) transitions recorded, \(summary.steps) learned from")
    }
    var buffer = ReplayPool(
      capacity: recipe.learner.capacity, observationSize: ObservationLayout.size,
      actionSize: ObservationLayout.actionSize, lookahead: Lookahead(recipe.learner))
    for step in steps { buffer.append(step) }
    if hexadecimal(buffer.digest()) != summary.replayDigest {
      note(nil, in: training, broken: "the learner held other transitions than were recorded")
    }
  }

  /// The transitions of a training as they stand on the disk.
  private static func recorded(in recipe: LaunchRecipe) throws -> [Transition] {
    if recipe.clock == .realtime { return try TransitionSpool.transitions(of: recipe.run) ?? [] }
    var episode: UInt64 = 0
    while FileManager.default.fileExists(atPath: RecordSession.file(of: episode, in: recipe.run)) {
      episode += 1
    }
    return try ResumePoint(of: recipe, before: episode).transitions()
  }

  private mutating func note(_ fault: ChaosFault?, in training: ChaosRun, broken: String) {
    let recipe = training.recipe.launch
    report.note(
      .init(
        fault: fault == nil ? 0 : report.faults,
        training: "\(recipe.run), \(recipe.clock), \(recipe.placement)",
        done: fault.map { "\($0)" } ?? "the end of the training", broken: broken))
  }

  private func say() {
    reporting.write(
      "\(report.faults) of \(faults) faults, \(report.violations.count) violations, "
        + "\(decimal(elapsed, 0)) s\n")
  }
}

extension ChaosFault {
  /// Whether the driver itself is ended without a chance to stop the arm.
  fileprivate var endsDriver: Bool {
    switch self {
    case .kill(.driver), .pause(.driver, _): true
    default: false
    }
  }
}

extension Commands {
  /// Makes faults and checks that nobody is hurt and nothing lost: `kinglet chaos`.
  ///
  /// Trainings run in a folder that is removed at the end unless a law was broken.
  public static func chaos(
    file: String, faults: Int, seed: UInt64, seconds: Double, progress: Reporting
  ) throws -> ChaosReport {
    let folder =
      FileManager.default.temporaryDirectory.path + "/kinglet-chaos-"
      + String(ProcessInfo.processInfo.processIdentifier)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var session = try ChaosSession(
      file, faults: faults, seed: seed, seconds: seconds, in: folder, reporting: progress)
    let report = try session.run()
    if report.violations.isEmpty { try? FileManager.default.removeItem(atPath: folder) }
    return report
  }
}
