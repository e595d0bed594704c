import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import Wire

/// One arm of a training under chaos: that which `launch` holds, or an actor's of several.
final class ChaosArm {
  /// The session that holds it.
  let launch: LaunchRecipe
  /// Number of the actor of several whose it is.
  let actor: Int?
  /// Faults on the lines of its own session.
  private(set) var taps: ChaosTaps?
  /// Episodes of each arm when this one was found to have left; nil while it has not.
  var countsAtDeparture: [Int]?
  private let tapped: [Meeting]
  private var flight: FlightView?
  private var taken: UInt64 = 0
  private var collected: [FlightEntry] = []
  private var hasCome = false
  private var join: ChaosProcess?
  private var joins = 0
  private var lastJoin: Int64 = 0

  init(_ launch: LaunchRecipe, tapped: [Meeting]) {
    self.launch = launch
    self.tapped = tapped
    actor = launch.joins?.actor
  }

  var folder: String { launch.run }

  /// "actor 1: ", or nothing where there is one.
  var prefix: String { actor.map { "actor \($0): " } ?? "" }

  /// The name of what its actor's figures call an episode's end.
  var episodeKey: String { "\"" + (actor.map { "actor\($0)/" } ?? "") + "episode/steps\"" }

  /// The newest tick of its newest driver.
  var latest: FlightEntry? { FlightView(run: folder)?.latest }

  /// Notes that its training has begun or goes on, and puts taps before the meetings that are its own.
  func begin(seed: UInt64) {
    (hasCome, countsAtDeparture, join) = (false, nil, nil)
    listen(seed: seed)
  }

  private func listen(seed: UInt64) {
    endTaps()
    let own = tapped.filter { actor == nil || !$0.isOfLearner }
    taps = ChaosTaps(own + [.stop], of: launch, seed: seed)
  }

  /// Takes the taps away.
  func endTaps() {
    taps?.end()
    taps = nil
  }

  /// Keeps what its driver has recorded before that is written over.
  func collect() {
    guard let flight, flight.count > taken + UInt64(FlightRecorder.capacity / 2) else { return }
    collected += flight.entries(from: taken)
    taken = flight.count
  }

  /// The ticks recorded since this was last asked for, of one driver after another.
  func ticks() -> [[FlightEntry]] {
    var drivers = [collected + (flight?.entries(from: taken) ?? [])]
    collected = []
    taken = flight?.count ?? 0
    if let newer = FlightView(run: folder), newer.begun != flight?.begun ?? 0 {
      drivers.append(newer.entries(from: 0))
      (flight, taken) = (newer, newer.count)
    }
    return drivers
  }

  /// Whether it has been at its training and is no more, though nobody brings it back.
  var isAway: Bool {
    guard actor != nil, join?.isRunning != true else { return false }
    let isHeld = RunFolder.isHeld(folder)
    hasCome = hasCome || isHeld
    return hasCome && !isHeld
  }

  /// Whether it stands and waits for a person.
  var isStopped: Bool {
    guard let mode = latest?.driverMode, mode == .fault || mode == .userStopped else {
      return false
    }
    return actor == nil || RunFolder.isHeld(folder)
  }

  /// Lets it go on, as a person would; says whether it does.
  func letGo() -> Bool {
    (try? Commands.recover(run: folder, because: "chaos lets it go on")) != nil
  }

  /// Brings it back to the training that it has left, as a person would; not more than once in two seconds.
  func comeBack(seed: UInt64) throws {
    guard let training = launch.joins, MonotonicClock.now - lastJoin > 2_000_000_000 else { return }
    lastJoin = MonotonicClock.now
    joins += 1
    join = try ChaosProcess(
      ["join", training.run, "--actor", "\(training.actor)"], tapped: tapped,
      output: "\(training.run).join\(training.actor).\(joins)")
    listen(seed: seed)
  }

  /// What the `join` has said that was to bring it back; nil where there was none.
  var wordsOfReturn: String? { join?.lastWords }

  /// Waits for the `join` that brought it back to end with its training; throws where it does not, or not well.
  func checkEnd() throws {
    guard let join else { return }
    guard Self.wait(30, until: { !join.isRunning }) else {
      throw SessionFailure("\(prefix)it was brought back and did not end with its training")
    }
    if join.status != 0 { throw SessionFailure("\(prefix)\(join.lastWords)") }
  }

  /// Waits for the `join` that brought it back to notice that its training is gone; one that does not is
  /// found among what was left behind.
  func awaitLeave() {
    guard let join else { return }
    _ = Self.wait(launch.supervision.silence + 15) { !join.isRunning }
  }

  /// Waits for something; false when it does not come in time [s].
  static func wait(_ seconds: Double, until isSo: () -> Bool) -> Bool {
    let deadline = Deadline(in: Int64(seconds * 1e9))
    while !deadline.isPast() {
      if isSo() { return true }
      usleep(5_000)
    }
    return isSo()
  }
}
