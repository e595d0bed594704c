import Messages
import Metrics
import Recipes

/// What an actor did that had joined a training before that went on.
struct JoinedEarlier {
  /// Its number.
  let actor: Int
  /// Its environment steps.
  let steps: Int
  /// Whether each of its whole episodes was rewarded.
  let rewarded: [Bool]
  /// Robot time of its arm [s]; 0 where its figures are on another machine.
  let robotSeconds: Double

  /// Of an actor, from the training's figures; `steps` are those that it has written down, nil where that
  /// is on another machine.
  init(_ actor: Int, figures: [MetricsRecord], steps: Int?, robotSeconds: Double) {
    let each = { (name: String) in
      figures.compactMap { $0.values["actor\(actor)/episode/\(name)"] }
    }
    self.actor = actor
    self.steps = steps ?? wholeCount(each("steps").reduce(0, +))
    self.robotSeconds = robotSeconds
    rewarded = each("rewarded").map { $0 > 0 }
  }
}

/// What `launch` knows of the actors of a training: who is there, how far each is, and what came of it.
struct ActorRoll {
  /// One actor.
  struct Entry {
    var steps = 0
    var robotSeconds = 0.0
    var episodes = 0
    var rewarded: [Bool] = []
    /// Why it ended, once it has ended as it should.
    var finish: Summary.FinishReason?
    /// Why it left the training, which goes on.
    var departure: String?
    /// Whether its arm stands and waits for a person.
    var isStopped = false

    var isPresent: Bool { finish == nil && departure == nil }
  }

  private(set) var entries: [Int: Entry] = [:]

  /// Actors that have come and neither left nor ended, by number.
  var present: [Int] { entries.filter(\.value.isPresent).keys.sorted() }

  /// Environment steps of all.
  var steps: Int { entries.values.reduce(0) { $0 + $1.steps } }

  /// Environment steps that each has done.
  var leastSteps: Int { entries.values.map(\.steps).min() ?? 0 }

  /// Robot time of the arm that has run for longest [s].
  var robotSeconds: Double { entries.values.map(\.robotSeconds).max() ?? 0 }

  /// Whether nothing can go on by itself: every arm that is there is stopped, or in lock-step, where each
  /// waits for the others, one is.
  func isResting(_ clock: LaunchRecipe.Clock) -> Bool {
    let present = entries.values.filter(\.isPresent)
    return clock == .lockstep
      ? present.contains(where: \.isStopped)
      : !present.isEmpty && present.allSatisfy(\.isStopped)
  }

  /// Why the training ended: what its actors say, that of the first where they differ.
  var finish: Summary.FinishReason? {
    entries.sorted { $0.key < $1.key }.lazy.compactMap(\.value.finish).first
  }

  /// Notes an actor that is there, or comes again; says whether it is news.
  @discardableResult mutating func arrive(_ actor: Int) -> Bool {
    if let known = entries[actor], known.isPresent { return false }
    var entry = entries[actor] ?? Entry()
    (entry.finish, entry.departure, entry.isStopped) = (nil, nil, false)
    entries[actor] = entry
    return true
  }

  /// Notes an actor of a training that goes on.
  mutating func arrive(_ actor: Int, goingOnFrom point: ResumePoint) {
    let rewarded = point.whole.filter { !$0.isCut }.map(\.isRewarded)
    entries[actor] = Entry(steps: point.steps, episodes: rewarded.count, rewarded: rewarded)
  }

  /// Notes one that had joined a training before it went on.
  mutating func note(_ earlier: JoinedEarlier) {
    entries[earlier.actor] = Entry(
      steps: earlier.steps, robotSeconds: earlier.robotSeconds,
      episodes: earlier.rewarded.count, rewarded: earlier.rewarded,
      departure: "the training was interrupted")
  }

  /// Notes what an actor says of itself.
  mutating func note(_ status: Status, _ values: [String: Double]) {
    let actor = Int(status.actor)
    var entry = entries[actor] ?? Entry()
    entry.steps = max(entry.steps, Int(clamping: min(status.step, 1 << 40)))
    entry.robotSeconds = max(entry.robotSeconds, Double(status.robotNanoseconds) * 1e-9)
    if let rewarded = values["episode/rewarded"] {
      entry.episodes += 1
      entry.rewarded.append(rewarded > 0)
    }
    if let note = FinishNote(status.note) { entry.finish = note.reason }
    entries[actor] = entry
  }

  /// Notes whether an actor's arm stands and waits for a person.
  mutating func note(_ actor: Int, isStopped: Bool) { entries[actor]?.isStopped = isStopped }

  /// Notes that an actor has left; says whether it is news.
  mutating func leave(_ actor: Int, because reason: String) -> Bool {
    guard entries[actor]?.isPresent == true else { return false }
    entries[actor]?.departure = reason
    return true
  }

  /// Figures of each, for the summary.
  var figures: [Summary.Actor] {
    entries.sorted { $0.key < $1.key }.map { actor, entry in
      Summary.Actor(
        actor: actor, steps: entry.steps, episodes: entry.episodes,
        rewardedEpisodes: entry.rewarded.count { $0 },
        successLast20: entry.rewarded.isEmpty ? nil : successShare(of: entry.rewarded.suffix(20)),
        robotMinutes: entry.robotSeconds / 60, left: entry.departure)
    }
  }
}
