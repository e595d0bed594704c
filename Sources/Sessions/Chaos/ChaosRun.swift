import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import Wire

/// One training under chaos: real processes in a folder of its own, ended and resumed as often as
/// faults end them.
final class ChaosRun {
  /// How a session answered a fault.
  enum Answer: Equatable {
    /// Episodes came to their end after it, at every arm.
    case wentOn
    /// It ended, and said why in one line.
    case ended(String)
    /// Neither, in time, or it ended without a word.
    case hung(String)
  }

  let recipe: SessionRecipe
  /// What must hold of the ticks of its arms.
  let laws: FlightLaws
  let tapped: [Meeting]
  /// Its arm, or those of its actors in the order of their numbers.
  let arms: [ChaosArm]
  private let seed: UInt64
  private let launchFile: String
  private let overrides: [String]
  private var process: ChaosProcess?
  private var taps: ChaosTaps?
  private(set) var starts = 0
  /// Times that a stopped arm was let go on.
  private(set) var recoveries = 0
  /// Stops of which a message at least was lost, late, doubled or damaged.
  private(set) var disturbedStops = 0
  /// Times that an arm was brought back that had left.
  private(set) var returns = 0

  var run: String { recipe.launch.run }

  /// Whether each of several actors has an arm and processes of its own.
  var isOfSeveral: Bool { !recipe.launch.hasOwnArm }

  init(
    _ launchFile: String, overrides: [String], tapped: [Meeting], seed: UInt64
  ) throws {
    let recipe = try SessionRecipe.load(launchFile: launchFile, overrides: overrides)
    let launch = recipe.launch
    let sessions =
      launch.hasOwnArm
      ? [launch] : (0..<launch.actors).map { Commands.joined(launch, by: $0) }
    self.launchFile = launchFile
    self.overrides = overrides
    self.recipe = recipe
    laws = try FlightLaws(recipe)
    self.tapped = tapped
    self.seed = seed
    arms = sessions.map { ChaosArm($0, tapped: tapped) }
  }

  /// The arms that a fault strikes.
  func arms(of fault: ChaosFault) -> [ChaosArm] {
    arms.filter { fault.actor == nil || $0.actor == fault.actor }
  }

  /// Starts the training, or goes on with it.
  func start() throws {
    settle()
    let isNew = starts == 0
    starts += 1
    process = try ChaosProcess(
      isNew ? ["launch", launchFile] + overrides : ["launch", "--resume", run], tapped: tapped,
      output: "\(run).\(starts)")
    let seed = seed &+ UInt64(starts)
    // Arms of several share what is the learner's, and nothing else.
    if isOfSeveral {
      taps = ChaosTaps(tapped.filter(\.isOfLearner), of: recipe.launch, seed: seed)
    }
    for arm in arms { arm.begin(seed: seed &+ UInt64(arm.actor ?? 0) << 32) }
  }

  /// Waits for what a person has started for a training that is no more, and takes the taps away.
  private func settle() {
    for arm in arms { arm.awaitLeave() }
    taps?.end()
    taps = nil
    for arm in arms { arm.endTaps() }
  }

  var isRunning: Bool { process?.isRunning ?? false }

  /// Episodes of each arm that have come to their end, by the run's figures.
  private func episodes() -> [Int] {
    let text = (try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)) ?? ""
    let lines = text.split(separator: "\n").filter { $0.contains("episode/steps") }
    return arms.map { arm in lines.count { $0.contains(arm.episodeKey) } }
  }

  /// Waits until every arm has come to the end of so many more episodes; lets those go on meanwhile that
  /// have stopped, and brings those back that have left, as a person would.
  ///
  /// Returns what is missing after so many seconds, or when the training has ended; nil when nothing is.
  func awaitEpisodes(_ more: Int, within seconds: Double) throws -> String? {
    var goals = episodes().map { $0 + more }
    let deadline = Deadline(in: Int64(seconds * 1e9))
    while isRunning {
      for arm in arms where arm.isStopped && arm.letGo() { recoveries += 1 }
      for arm in arms { arm.collect() }
      let counts = episodes()
      if recipe.launch.clock == .realtime { try bringBack(counts, &goals) }
      let isComplete = zip(counts, goals).allSatisfy { $0 >= $1 }
      if isComplete, !arms.contains(where: \.isAway) { return nil }
      if deadline.isPast() { return missing(counts, after: seconds) }
      usleep(20_000)
    }
    return "it ended: \(lastWords)"
  }

  /// Brings arms back that have left, once the others have gone on without them: each with another whole
  /// episode.
  private func bringBack(_ counts: [Int], _ goals: inout [Int]) throws {
    for (index, arm) in arms.enumerated() {
      guard arm.isAway else {
        if arm.countsAtDeparture != nil, counts[index] >= goals[index] {
          returns += 1
          arm.countsAtDeparture = nil
        }
        continue
      }
      let before = arm.countsAtDeparture ?? counts
      arm.countsAtDeparture = before
      // Two: the first may have been over already when it left.
      let isMissed = arms.indices.contains { other in
        other != index && !arms[other].isAway && counts[other] < before[other] + 2
      }
      if isMissed { continue }
      goals[index] = counts[index] + 1
      try arm.comeBack(seed: seed &+ UInt64(returns + 1) << 48)
    }
  }

  private func missing(_ counts: [Int], after seconds: Double) -> String {
    for (index, arm) in arms.enumerated() {
      guard let before = arm.countsAtDeparture else { continue }
      let others = arms.indices.filter { $0 != index && counts[$0] < before[$0] + 2 }
      return arm.prefix
        + (others.isEmpty
          ? "it has left and is not back after \(Int(seconds)) s: \(arm.wordsOfReturn ?? "no word")"
          : "it has left, and the others do not go on after \(Int(seconds)) s: \(lastWords)")
    }
    return "nothing goes on after \(Int(seconds)) s: \(lastWords)"
  }

  /// Does what a fault says; returns once it is over, and whether it struck anything.
  func inject(_ fault: ChaosFault) throws -> Bool {
    switch fault {
    case .kill(let target): return signal(SIGKILL, target)
    case .pause(let target, let seconds):
      let hasStruck = signal(SIGSTOP, target)
      _ = wait(seconds) { !isRunning }
      signal(SIGCONT, target)
      return hasStruck
    case .line(let meeting, let actor, let disturbance):
      let isShared = isOfSeveral && actor == nil
      let taps = isShared ? taps : arms.first { $0.actor == actor }?.taps
      let before = taps?.hits ?? 0
      taps?.make(disturbance, at: meeting)
      _ = wait(disturbance.seconds) { !isRunning }
      return taps?.hits ?? 0 > before
    case .fullDisk(let target):
      guard isRunning, let number = number(of: target) else { return false }
      try FileSizeLimit.set(0, of: number)
      _ = wait(1) { !isRunning }
      // Who has ended for it needs it back no more.
      if isRunning, self.number(of: target) == number { try FileSizeLimit.set(nil, of: number) }
      return true
    case .userStop(_, let disturbance):
      let taps = arms(of: fault).compactMap(\.taps)
      let before = taps.reduce(0) { $0 + $1.hits }
      if let disturbance {
        for tap in taps { tap.make(disturbance, at: .stop) }
      }
      defer { if taps.reduce(0, { $0 + $1.hits }) > before { disturbedStops += 1 } }
      return try stop(fault.actor)
    }
  }

  /// A person stops an arm, or all of them; throws where one lives and does not obey.
  private func stop(_ actor: Int?) throws -> Bool {
    let place = actor.map { LaunchRecipe.folder(of: $0, in: run) } ?? run
    do {
      return try Commands.stop(run: place, because: "chaos", tapped: [.stop]).arms
        .allSatisfy { $0.mode == "\(DriverMode.userStopped)" }
    } catch {
      // Unless an earlier fault was just about to end it.
      let isOver = wait(6) { !isRunning || arms.contains(where: \.isAway) }
      guard isOver else { throw SessionFailure("a person's stop was not obeyed: \(error)") }
      return false
    }
  }

  /// Sends a signal to a process of the session, if it is there.
  @discardableResult private func signal(_ signal: Int32, _ target: ChaosTarget) -> Bool {
    guard target != .launch || isRunning, let number = number(of: target) else { return false }
    return kill(number, signal) == 0
  }

  private func number(of target: ChaosTarget) -> Int32? {
    guard let words = target.words(in: run) else { return process?.number }
    return Self.processes { line in
      line.dropFirst().first == words[0] && words.allSatisfy(line.contains)
    }.first?.number
  }

  /// Processes whose command line is so.
  private static func processes(
    _ isSo: ([String]) -> Bool
  ) -> [(number: Int32, words: [String])] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { entry in
      guard let number = Int32(entry) else { return nil }
      let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return isSo(words) ? (number, words) : nil
    }
  }

  /// What runs of the training, whoever started it.
  private func remaining() -> [(number: Int32, words: [String])] {
    Self.processes { line in line.contains { $0 == run || $0.hasPrefix(run + "/") } }
  }

  /// Waits for the session's answer to a fault.
  func answer(to fault: ChaosFault, within seconds: Double) throws -> Answer {
    // Two: the first may have been over already when the fault came.
    let missing = try awaitEpisodes(2, within: seconds)
    guard isRunning else { return ending(of: fault) }
    return missing.map { .hung($0) } ?? .wentOn
  }

  private func ending(of fault: ChaosFault) -> Answer {
    settle()
    guard wait(15, until: { remaining().isEmpty }) else {
      let left = remaining().map { $0.words.dropFirst().joined(separator: " ") }
      return .hung("processes were left behind: \(left.joined(separator: ", "))")
    }
    if let signal = process?.signal {
      if case .kill(.launch) = fault { return .ended("launch was killed") }
      return .hung("launch was ended by signal \(signal)")
    }
    // Its last words are in a file too.
    if case .fullDisk(.launch) = fault { return .ended("launch had no room for a word") }
    return lastWords.hasPrefix("Error: ") && process?.status != 0
      ? .ended(lastWords) : .hung("it ended with status \(process?.status ?? 0): \(lastWords)")
  }

  /// Writes down what was done and what came of it, for who looks for the cause of a violation.
  func write(_ line: String) {
    guard let file = fopen(run + ".faults", "a") else { return }
    fputs(line + "\n", file)
    fclose(file)
  }

  /// The last thing that `launch` has said.
  var lastWords: String { process?.lastWords ?? "no word" }

  /// Ends the training in good order; throws where it does not.
  func finish() throws -> Summary {
    // What an arm that has left did in its last moment, the learner gets when it comes back.
    if isRunning { _ = try awaitEpisodes(0, within: 60) }
    if !isRunning {
      try start()
      _ = try awaitEpisodes(1, within: 60)
    }
    signal(SIGINT, .launch)
    let isOver = wait(90) { !isRunning }
    guard isOver else { throw SessionFailure("it did not finish within 90 s of Ctrl-C") }
    guard process?.status == 0 else { throw SessionFailure(lastWords) }
    for arm in arms { try arm.checkEnd() }
    settle()
    return try Summary(of: RunFolder(opening: run))
  }

  /// Ends everything at once: what must not be left behind.
  func abandon() {
    signal(SIGKILL, .launch)
    settle()
    _ = wait(10) { remaining().isEmpty }
    for left in remaining() { kill(left.number, SIGKILL) }
  }

  /// Waits for something; false when it does not come in time.
  func wait(_ seconds: Double, until isSo: () -> Bool) -> Bool {
    ChaosArm.wait(seconds, until: isSo)
  }
}
