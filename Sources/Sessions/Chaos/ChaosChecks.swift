import Foundation
import Messages
import Metrics
import Recipes

/// What chaos looks at after a fault, and at the end of a training.
extension ChaosSession {
  /// The ticks of one driver after another.
  mutating func check(
    _ drivers: [[FlightEntry]], of arm: ChaosArm, _ fault: ChaosFault?, in training: ChaosRun
  ) {
    for entries in drivers {
      report.ticks += entries.count
      for broken in training.laws.violations(of: entries) {
        note(fault, in: training, broken: arm.prefix + broken.text)
      }
    }
  }

  /// A session goes on or ends with a reason; in real time no fault at one arm of several ends it, and in
  /// lock-step one that does has its number.
  mutating func check(
    _ answer: ChaosRun.Answer, to fault: ChaosFault, in training: ChaosRun
  ) {
    switch answer {
    case .wentOn: report.wentOn += 1
    case .ended(let words):
      report.ended += 1
      if fault.absenceOfLaunch != nil, words.contains("sign of life") {
        note(fault, in: training, broken: "`launch` was away, and accuses another: \(words)")
      }
      guard let actor = fault.actor else { break }
      if training.recipe.launch.clock == .realtime {
        note(fault, in: training, broken: "the training of several arms ended: \(words)")
      } else if case .kill = fault, !words.contains("actor \(actor)") {
        note(fault, in: training, broken: "it ended without the actor's number: \(words)")
      }
    case .hung(let why):
      note(fault, in: training, broken: why)
      training.abandon()
    }
  }

  /// A person's stop is answered at once: the driver's mode says so from the next tick on, and those of
  /// other arms do not.
  mutating func checkStop(_ fault: ChaosFault, in training: ChaosRun, _ views: [FlightView]) {
    let hasStopped = training.wait(training.isOfSeveral ? 4 : 2) {
      views.allSatisfy { $0.latest.map { $0.driverMode == .userStopped && $0.stands } ?? false }
        || !training.isRunning
    }
    if !hasStopped {
      note(fault, in: training, broken: "the arm did not stand in time after a person's stop")
    }
    let others = training.arms.filter { fault.actor != nil && $0.actor != fault.actor }
    for arm in others where arm.latest?.driverMode == .userStopped {
      note(fault, in: training, broken: "\(arm.prefix)it was stopped with another")
    }
  }

  /// In lock-step a dead controller must not freeze the world: after a second of wall time it runs by
  /// itself until the arm stands.
  mutating func checkWorldWentOn(
    _ fault: ChaosFault, in training: ChaosRun, _ entries: [FlightEntry], from moment: Int64
  ) {
    if FlightLaws.isStopped(entries, at: moment)
      || FlightLaws.hasStopped(entries, from: moment, within: 2.5)
    {
      return
    }
    note(fault, in: training, broken: "the world stood still without its controller")
  }

  /// An arm whose `launch` has been away for longer than it listens for it has stopped.
  mutating func checkUnwatched(
    _ fault: ChaosFault, in training: ChaosRun, _ entries: [FlightEntry], from moment: Int64
  ) {
    let patience = training.recipe.launch.supervision.silence + 3
    guard !training.isOfSeveral, let absence = fault.absenceOfLaunch, absence > patience else {
      return
    }
    // One that stood stopped already makes no ticks.
    if FlightLaws.isStopped(entries, at: moment) { return }
    report.faultsWithoutLaunch += 1
    if FlightLaws.hasStopped(entries, from: moment, within: patience) { return }
    note(fault, in: training, broken: "the arm went on without `launch`")
  }

  /// A driver that was told to end leaves an arm at rest.
  mutating func checkRest(
    of arm: ChaosArm, _ fault: ChaosFault, in training: ChaosRun, _ drivers: [[FlightEntry]]
  ) {
    if fault.endsDriver, fault.actor == arm.actor { return }
    let lives = training.isRunning && !arm.isAway
    for entries in lives ? drivers.dropLast() : drivers[...] {
      guard let broken = FlightLaws.unrest(atEndOf: entries) else { continue }
      note(fault, in: training, broken: arm.prefix + broken)
    }
  }

  /// What the learner held at the end is what was recorded at each arm, in its order, each transition
  /// once.
  mutating func checkRecords(of training: ChaosRun, _ summary: Summary) throws {
    let arms = try training.arms.map { arm in
      ChaosRecords.Arm(
        actor: arm.actor, transitions: try Self.recorded(in: arm.launch),
        learned: arm.actor == nil
          ? summary.steps : summary.actors?.first { $0.actor == arm.actor }?.steps ?? 0)
    }
    report.transitions += arms.reduce(0) { $0 + $1.transitions.count }
    let records = ChaosRecords(of: arms, for: training.recipe.launch.learner)
    for broken in records.violations(replayDigest: summary.replayDigest) {
      note(nil, in: training, broken: broken)
    }
  }

  /// The transitions of an arm as they stand on the disk.
  private static func recorded(in recipe: LaunchRecipe) throws -> [Transition] {
    if recipe.clock == .realtime { return try TransitionSpool.transitions(of: recipe.run) ?? [] }
    var episode: UInt64 = 0
    while FileManager.default.fileExists(atPath: RecordSession.file(of: episode, in: recipe.run)) {
      episode += 1
    }
    return try ResumePoint(of: recipe, before: episode).transitions()
  }
}

extension ChaosRun {
  /// What a process of the run that crashed has said of it; nil when none did.
  func crash() -> String? {
    for folder in Set([run] + arms.map(\.folder)).sorted() {
      let logs = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/logs")) ?? []
      for name in logs.sorted() {
        let path = folder + "/logs/" + name
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        if let line = text.split(separator: "\n").first(where: { $0.contains("Fatal error") }) {
          return "\(path): \(line)"
        }
      }
    }
    return nil
  }
}
