import Glibc
import Messages
import RealTime
import Recipes
import Wire

/// A process's line to the recorder.
///
/// In lock-step everything is kept until the recorder holds it, sent again where it was lost, and a
/// recorder that is behind holds the sender; in real time what it does not take is dropped and
/// counted. Without recording every call does nothing.
struct RecordLink: ~Copyable {
  /// What a sender in lock-step waits for.
  enum Need {
    /// Few enough messages are under way.
    case room
    /// The recorder holds everything.
    case delivery
  }

  /// How long the recorder may take to meet a need.
  static let patience: Int64 = 5_000_000_000

  private var client: Client?
  private let sender: RecordSender
  private let isPatient: Bool
  private var batch: Records
  private var window = SendWindow<Records>()
  /// Number of the next message in real time.
  private var sequence: UInt64 = 0
  private var isOpen = false

  init(_ session: SessionContext, from sender: RecordSender) throws {
    self.sender = sender
    isPatient = session.recipe.launch.clock == .lockstep
    batch = Records(episode: 0, sender: sender)
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
    batch = Records(episode: episode, sender: sender)
    window = SendWindow()
    sequence = 0
    batch.world = world
    isOpen = true
    if world != nil { try hand() }
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

  /// Hands over what has come together, without waiting.
  mutating func hand() throws {
    guard isRecording() else { return }
    defer {
      batch.ticks.removeAll()
      batch.records.removeAll(keepingCapacity: true)
    }
    if isPatient { try keep() } else { try sendOrDrop() }
  }

  /// Hands over what has come together; in lock-step waits for room.
  mutating func flush() throws {
    try hand()
    try wait(for: .room)
  }

  /// Forgets the recorder, which does not answer.
  mutating func giveUp() {
    client = nil
    isOpen = false
  }

  /// Hands over the last of an episode, in lock-step without waiting.
  mutating func handLast() throws {
    guard isRecording() else { return }
    batch.isLast = true
    // In real time the last message may have to wait a moment; nobody moves the arm by it.
    for _ in 0..<20 where isOpen {
      try hand()
      if isOpen { usleep(1000) }
    }
    isOpen = false
  }

  /// Hands over the last of an episode; in lock-step waits until the recorder holds all of it.
  mutating func end() throws {
    try handLast()
    try wait(for: .delivery)
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

extension RecordLink {
  /// Whether a need is met, as far as the recorder has said; in real time always.
  mutating func has(_ need: Need) -> Bool {
    guard isPatient, client != nil else { return true }
    return need == .room ? window.hasRoom : window.isDelivered
  }

  /// Hears for a moment what the recorder holds, and sends again what it does not.
  mutating func listen(for moment: Duration = .milliseconds(10)) throws {
    if let answer = try client?.next(within: moment) { try note(answer) }
    window.waited(until: MonotonicClock.now)
    try pump()
  }

  /// What is to be said of a recorder that has not met a need in time.
  func failure(of need: Need) -> SessionFailure {
    let what = need == .room ? "took nothing" : "did not take the last records"
    return SessionFailure(
      "the recorder \(what) of episode \(batch.episode) within \(Self.patience / 1_000_000) ms; "
        + "is it running?")
  }

  private mutating func wait(for need: Need) throws {
    if has(need) { return }
    let deadline = RealTime.Deadline(in: Self.patience)
    while !has(need) {
      guard !deadline.isPast() else { throw failure(of: need) }
      try listen()
    }
  }

  private mutating func keep() throws {
    batch.sequence = window.end
    window.add(batch)
    batch.world = nil
    isOpen = !batch.isLast
    try pump()
  }

  private mutating func sendOrDrop() throws {
    batch.sequence = sequence
    do {
      try client?.send(.records(batch), within: .zero)
      sequence += 1
      batch.dropped = 0
      // What frames an episode is kept until it has been sent.
      batch.world = nil
      isOpen = !batch.isLast
    } catch WireError.cannotSend {
      batch.dropped += UInt64(batch.ticks.count + batch.records.count)
    }
  }

  /// Hears what is there and sends what may be sent, without waiting, also where this process has been
  /// told to end.
  private mutating func pump() throws {
    while let answer = try client?.answer() { try note(answer) }
    while let records = window.message {
      do { try client?.send(.records(records), within: .zero) } catch WireError.cannotSend {
        return
      }
      window.noteSent(at: MonotonicClock.now)
    }
  }

  private mutating func note(_ answer: Message) throws {
    guard case .recordsAccepted(batch.episode, sender, let due) = answer else { return }
    guard window.note(due: due, at: MonotonicClock.now) else {
      throw SessionFailure(
        "the recorder expects message \(due) of episode \(batch.episode), and the \(sender) has only "
          + "\(window.end); does another session record at the same place?")
    }
  }
}
