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
  /// The whole episodes before it.
  private(set) var past: [Past] = []
  private let run: String

  /// An episode that is over.
  struct Past {
    var number: UInt64
    var steps: Int
    var isRewarded: Bool

    /// Nil unless it came to its end.
    init?(_ number: UInt64, in run: String) {
      let file = RecordSession.file(of: number, in: run)
      guard let known = try? EpisodeDescription(of: file).entries,
        known["isInterrupted"] != "true", let steps = known["steps"].flatMap({ Int($0) })
      else { return nil }
      self.number = number
      self.steps = steps
      isRewarded = known["isRewarded"] == "true"
    }
  }

  /// Looks through a run's recordings; nil where no episode came to its end.
  init?(of recipe: LaunchRecipe) throws {
    var next: UInt64 = 0
    switch recipe.clock {
    case .lockstep:
      while Past(next, in: recipe.run) != nil { next += 1 }
      guard next > 0 else { return nil }
      next -= 1
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

  /// The point before an episode.
  init(of recipe: LaunchRecipe, before episode: UInt64) throws {
    self.episode = episode
    run = recipe.run
    past = (0..<episode).compactMap { [run] in Past($0, in: run) }
    steps = past.reduce(0) { $0 + $1.steps }
  }

  /// The steps before it, as the learner took them.
  func transitions() throws -> [Transition] {
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
        all.append(transition)
      }
    }
    return all
  }

  /// Makes room for the recordings of what is done again; the first of them stays beside as
  /// `startName`.
  func makeRoom() throws {
    let file = RecordSession.file(of: episode, in: run)
    guard rename(file, run + "/" + Self.startName) == 0 else {
      throw SessionFailure("\(file): cannot be renamed: \(String(cString: strerror(errno)))")
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
    let file = run + "/" + Self.startName
    let origin = try RecordedEpisode(reading: file, .steps).origin
    guard let world = origin.world else {
      throw SessionFailure("\(file): recorded on a real arm, whose world cannot be put back")
    }
    return (origin, world)
  }

  private static let startName = "resume.origin"

  /// Whether its recordings are of this program on this kind of processor, to the bit.
  func isOfThisProgram() -> Bool {
    guard let last = past.last,
      let known = try? EpisodeDescription(of: RecordSession.file(of: last.number, in: run)).entries
    else { return true }
    return known["build"] == EpisodeSource.build && known["cpu"] == EpisodeSource.cpu
  }
}
