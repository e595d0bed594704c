import Glibc
import Messages
import RealTime
import Recipes
import Wire

/// A process's line to the recorder.
///
/// In lock-step a recorder that is behind holds the sender; in real time what it does not take is
/// dropped and counted. Without recording every call does nothing.
struct RecordLink: ~Copyable {
  private var client: Client?
  private let isPatient: Bool
  private var batch = Records(episode: 0)
  private var isOpen = false

  init(_ session: SessionContext) throws {
    isPatient = session.recipe.launch.clock == .lockstep
    guard session.recipe.launch.recording == .all else {
      client = nil
      return
    }
    client = try session.client(of: .record, role: "recorder")
  }

  /// Whether an episode is being recorded.
  mutating func isRecording() -> Bool { client != nil && isOpen }

  /// Ticks that wait to be sent.
  var waitingTicks: Int { batch.ticks.count }

  /// Whether ticks have waited long enough on the wall, or are many.
  var isDue: Bool {
    let times = batch.ticks.wallTimes
    guard let first = times.first, let last = times.last else { return false }
    return last - first > 50_000_000 || times.count >= TickRecords.most / 2
  }

  /// Begins an episode; a simulated arm shows the world that it starts from.
  mutating func begin(_ episode: UInt64, world: WorldSnapshot?) throws {
    batch = Records(episode: episode)
    batch.world = world
    isOpen = true
    if world != nil { try flush() }
  }

  /// Adds a tick.
  mutating func add(_ state: ArmState, _ torque: JointTorque) {
    guard isRecording() else { return }
    batch.ticks.add(state, torque, wall: WallClock.now)
  }

  /// Adds a record of robot time `time` [ns].
  mutating func add(_ record: Record, at time: Int64) {
    guard isRecording(), batch.records.count < Records.most else { return }
    batch.records.append(TimedRecord(record, at: RecordTime(robot: time, wall: WallClock.now)))
  }

  /// Sends what has come together; in lock-step within five seconds, or another time.
  mutating func flush(within wait: Duration = .seconds(5)) throws {
    guard isRecording() else { return }
    do {
      try client?.send(.records(batch), within: isPatient ? wait : .zero)
      batch.dropped = 0
      // What frames an episode is kept until it has been sent.
      batch.world = nil
      isOpen = !batch.isLast
    } catch WireError.cannotSend where !isPatient {
      batch.dropped += UInt64(batch.ticks.count + batch.records.count)
    }
    batch.ticks.removeAll()
    batch.records.removeAll(keepingCapacity: true)
  }

  /// Forgets the recorder, which does not answer.
  mutating func giveUp() {
    client = nil
    isOpen = false
  }

  /// Sends the last of an episode.
  mutating func end() throws {
    guard isRecording() else { return }
    batch.isLast = true
    // In real time the last message may have to wait a moment; nobody moves the arm by it.
    for _ in 0..<20 where isOpen {
      try flush()
      if isOpen { usleep(1000) }
    }
    isOpen = false
  }

  /// Tells what an episode starts from.
  mutating func start(_ origin: EpisodeOrigin) throws {
    guard client != nil else { return }
    let time = RecordTime(robot: origin.state.time, wall: WallClock.now)
    _ = try client?.call(.recordStart(origin, at: time), within: .seconds(10))
  }

  /// Tells what came of an episode.
  mutating func finish(_ episode: UInt64, outcome: [String: String]) throws {
    guard client != nil else { return }
    _ = try client?.call(
      .recordEnd(episode: episode, outcome: outcome), within: .seconds(10))
  }

  /// Asks the recorder to end.
  mutating func stop(reason: String) {
    try? client?.send(.stop(reason: reason), within: .seconds(1))
  }
}
