import Messages
import RealTime
import Recipes
import Safety
import SimulatedWorld

/// What the driver tells the recorder.
extension DriverSession {
  /// Begins to record an episode.
  mutating func beginRecording(of start: EpisodeStart) throws {
    guard session.recipe.launch.recording == .all else { return }
    // One that nobody has ended.
    if recorder.isRecording() { try endRecording() }
    try recorder.begin(start.episode, world: arm.arm.snapshot())
  }

  /// What only the simulator knows, for the recorder alone.
  mutating func recordWorld() throws {
    guard recorder.isRecording() else { return }
    let state = arm.read()
    recorder.add(
      .simulatorState(SimulatorState(tick: state.tick, integration: arm.arm.integrationState())),
      at: state.time)
    recorder.add(.truth(arm.arm.truth()), at: state.time)
    try flushRecords()
  }

  /// Hands over what has come together; in lock-step a recorder that is behind holds the driver.
  mutating func flushRecords() throws {
    try recorder.hand()
    try wait(for: .room, within: RecordLink.patience)
  }

  /// Ends what is being recorded; in lock-step the recorder then holds all of it.
  mutating func endRecording() throws {
    try recorder.handLast()
    try wait(for: .delivery, within: RecordLink.patience)
  }

  /// Ends what is being recorded, if the recorder still listens.
  mutating func giveUpRecording() {
    do {
      try recorder.handLast()
      try wait(for: .delivery, within: 1_000_000_000)
    } catch {
      recorder.giveUp()
    }
  }

  /// Waits for the recorder and meanwhile for a person's stop, after which the arm is not held by it.
  private mutating func wait(for need: RecordLink.Need, within patience: Int64) throws {
    if recorder.has(need) { return }
    let deadline = RealTime.Deadline(in: patience)
    while !recorder.has(need) {
      try serveStops()
      if arm.machine.mode.isStopped {
        try comeToRest()
        if need == .room { return }
      }
      guard !deadline.isPast() else { throw recorder.failure(of: need) }
      try recorder.listen()
    }
  }
}
