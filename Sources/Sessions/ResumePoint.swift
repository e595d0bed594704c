import Episodes
import Foundation
import LearningSlots
import Messages
import Recipes

/// Where a training that ended early goes on from: its recorded episodes.
///
/// In lock-step the last whole episode is done again from its recorded start, where arm and controller
/// can be put back, so that nothing of what follows depends on the interruption. In real time nothing
/// can be put back, and the episode after it is the first.
struct ResumePoint {
  /// The episode that is done first.
  let episode: UInt64
  /// Environment steps before it.
  private(set) var steps = 0
  /// The episodes before it that came to their end.
  var whole: [Past] { past.filter { !$0.isInterrupted } }
  private var past: [Past] = []
  private let run: String
  /// In real time, what the actor wrote down by itself.
  private let spooled: [Transition]?
  private let isInRealTime: Bool

  /// A recorded episode.
  struct Past {
    var number: UInt64
    var steps: Int
    var isRewarded: Bool
    var isInterrupted: Bool
    /// Whether a stop of the arm cut it short.
    var isCut: Bool

    /// Nil where there is none that can be read.
    ///
    /// In real time records may have been dropped: there its steps are those that can be read.
    init?(_ number: UInt64, of recipe: LaunchRecipe) {
      let file = RecordSession.file(of: number, in: recipe.run)
      guard let known = try? EpisodeDescription(of: file).entries else { return nil }
      self.number = number
      // A file that was recovered does not say.
      isInterrupted = known["isInterrupted"] != "false"
      isRewarded = known["isRewarded"] == "true"
      isCut = known["isCut"] == "true"
      let isExact = !isInterrupted && recipe.clock == .lockstep
      let said = isExact ? known["steps"].flatMap { UInt32($0) } : nil
      guard
        let steps = said.map(Int.init) ?? (try? RecordedEpisode(reading: file, .steps).steps.count)
      else {
        return nil
      }
      self.steps = steps
    }
  }

  /// Looks through a run's recordings; nil where no episode came to its end.
  init?(of recipe: LaunchRecipe) throws {
    var next: UInt64 = 0
    switch recipe.clock {
    case .lockstep:
      while let past = Past(next, of: recipe), !past.isInterrupted { next += 1 }
      try Self.refuseGap(at: next, in: recipe)
      // A session that went on from there has already made room for it.
      let isStarted = (try? Self.origin(in: recipe.run).start.episode) == next
      guard next > 0 || isStarted else { return nil }
      if !isStarted { next -= 1 }
    case .realtime:
      // Also an interrupted episode keeps its number and its file.
      let isThere = { (number: UInt64) in
        let file = RecordSession.file(of: number, in: recipe.run)
        return [file, file + ".part"].contains { FileManager.default.fileExists(atPath: $0) }
      }
      while isThere(next) { next += 1 }
      guard next > 0 else { return nil }
    }
    try self.init(of: recipe, before: next)
  }

  /// Refuses to do again what stands whole behind a recording that is missing or cannot be read.
  private static func refuseGap(at number: UInt64, in recipe: LaunchRecipe) throws {
    let first = RecordSession.file(of: number, in: recipe.run)
    let folder = URL(fileURLWithPath: first).deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let behind = names.filter { $0.hasSuffix(".mcap") && folder + "/" + $0 > first }
    guard
      let later = behind.compactMap({ UInt64($0.dropFirst(8).prefix { $0.isNumber }) }).first(
        where: { Past($0, of: recipe).map { !$0.isInterrupted } ?? false })
    else { return }
    throw SessionFailure(
      "\(first): missing or damaged, and episodes up to \(later) and more stand behind it; bring it back, "
        + "or train anew with --replace")
  }

  /// The point before an episode.
  init(of recipe: LaunchRecipe, before episode: UInt64) throws {
    self.episode = episode
    run = recipe.run
    isInRealTime = recipe.clock == .realtime
    spooled =
      recipe.clock == .realtime ? try TransitionSpool.transitions(of: recipe.run) : nil
    past = (0..<episode).compactMap { Past($0, of: recipe) }
    if recipe.clock == .lockstep, whole.count < Int(episode) {
      throw SessionFailure("\(run)/episodes: not every episode before \(episode) is there")
    }
    steps = spooled?.count ?? past.reduce(0) { $0 + $1.steps }
  }

  /// Whether it has a recorded start.
  var isOfAnEpisode: Bool {
    episode > 0 || Self.isPrepared(in: run)
      || FileManager.default.fileExists(atPath: RecordSession.file(of: episode, in: run))
  }

  /// In real time the steps before it.
  func spooledTransitions() throws -> [Transition] {
    isInRealTime ? try transitions() : []
  }

  /// The steps before it, as the learner took them.
  func transitions() throws -> [Transition] {
    if let spooled { return spooled }
    var all: [Transition] = []
    for episode in past {
      let file = RecordSession.file(of: episode.number, in: run)
      let steps = try RecordedEpisode(reading: file, .steps).steps
      guard steps.count == episode.steps else {
        throw SessionFailure(
          "\(file): steps are missing, so the training cannot go on from there; try `kinglet episodes "
            + "verify \(file)`")
      }
      for step in steps {
        var transition = step.transition
        transition.sequence = UInt64(all.count)
        if let fault = transition.fault { throw SessionFailure("\(file): holds \(fault)") }
        all.append(transition)
      }
    }
    return all
  }

  /// Brings back what unfinished recordings of a run hold, where nothing can be done again: its steps
  /// were learned from.
  static func recover(_ run: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: run + "/episodes")
    guard names.contains(where: { $0.hasSuffix(".mcap.part") }) else { return }
    _ = try Commands.recover([run + "/episodes"])
  }

  /// Makes room for the recordings of what is done again; the first of them stays beside as
  /// `startName`.
  func makeRoom() throws {
    let file = RecordSession.file(of: episode, in: run)
    if FileManager.default.fileExists(atPath: file) {
      guard rename(file, run + "/" + Self.startName) == 0 else {
        throw SessionFailure("\(file): cannot be renamed: \(String(cString: strerror(errno)))")
      }
    }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    let first = URL(fileURLWithPath: file).lastPathComponent
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasPrefix("episode-") && name >= first {
      try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  /// The recorded start of the first episode, and the world there.
  func start() throws -> (origin: EpisodeOrigin, world: WorldSnapshot) {
    let origin = try Self.origin(in: run)
    guard let world = origin.world, origin.start.episode == episode, origin.steps == UInt64(steps)
    else {
      throw SessionFailure(
        "\(run)/\(Self.startName): not the start of episode \(episode) after \(steps) steps; train anew "
          + "with --replace")
    }
    return (origin, world)
  }

  private static func origin(in run: String) throws -> EpisodeOrigin {
    try RecordedEpisode(reading: run + "/" + startName, .steps).origin
  }

  private static let startName = "resume.origin"

  /// Whether a run's start of what is done again stands ready.
  static func isPrepared(in run: String) -> Bool {
    FileManager.default.fileExists(atPath: run + "/" + startName)
  }

  /// Whether its recordings are of this program on this kind of processor, to the bit.
  func isOfThisProgram() -> Bool {
    guard let last = past.last,
      let known = try? EpisodeDescription(of: RecordSession.file(of: last.number, in: run)).entries
    else { return true }
    return known["build"] == EpisodeSource.build && known["cpu"] == EpisodeSource.cpu
  }
}
