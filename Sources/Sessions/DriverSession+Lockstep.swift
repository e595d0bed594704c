import ControlLoop
import Messages
import RealTime
import Safety
import Wire

/// Time that passes tick by tick, as it is granted.
extension DriverSession {
  /// Wall time that a tick waits for its torque, in moments between which a person's stop is looked for.
  ///
  /// Moments are counted, so that a driver that was itself stopped takes nobody for silent.
  private static let patience: Int64 = 1_000_000_000
  private static let moment: Int64 = 50_000_000
  private static var moments: Int64 { patience / moment }

  mutating func runInLockstep() throws {
    do {
      try serveInLockstep()
    } catch {
      // Whatever went wrong: first the arm.
      let isTold = session.stopCheck()
      arm.fault(because: isTold ? "told to stop" : "\(error)")
      try comeToRest()
      giveUpRecording()
      throw isTold ? SessionFailure("driver: told to stop") : error
    }
  }

  private mutating func serveInLockstep() throws {
    var poller = poller()
    while !isOver() {
      let untilProbe = lastSign + Self.patience - MonotonicClock.now
      if try poller.wait(within: .nanoseconds(max(0, untilProbe))) { try serve() }
      // Whoever else asks meanwhile, a dead controller must be noticed.
      if MonotonicClock.now - lastSign >= Self.patience {
        try serveStops()
        try probeController()
        lastSign = MonotonicClock.now
      }
      // A stop finds the arm between two ticks: its time goes on by itself until it stands.
      if arm.machine.mode.isStopped { try comeToRest() }
      tellInterventions()
    }
    arm.close()
    try tellTransition()
  }

  /// Lets time pass up to a granted tick, or until the arm has stopped.
  mutating func run(_ grant: Grant) throws {
    while !arm.machine.mode.isStopped {
      var state = arm.read()
      state.requiredSetpoint = grant.setpoint
      guard state.tick <= grant.untilTick else { return try recordWorld() }
      guard let torque = try torque(for: state) else { break }
      try step(torque)
      if recorder.isDue { try flushRecords() }
      if state.tick % 16 == 0 { try serveStops() }
    }
    // Before the first torque silence alone is no stop.
    if arm.machine.mode == .ready { arm.fault(because: "no torque within 1 s of wall time") }
    try comeToRest()
  }

  /// The torque for a tick; nil when none has come in time, and when a person has stopped the arm.
  private mutating func torque(for state: ArmState) throws -> JointTorque? {
    for moment in 0..<Self.moments {
      if desk != nil {
        if try desk?.awaitSetpoint(for: state, within: .nanoseconds(Self.moment)) == true {
          return desk?.loop.step(state)
        }
      } else {
        // Now and then once more: state or torque may have been lost.
        if moment % 5 == 0 { try send(state) }
        if let torque = try answer(to: state) { return torque }
      }
      try serveStops()
      if arm.machine.mode.isStopped { return nil }
    }
    return nil
  }

  private mutating func send(_ state: ArmState) throws {
    do { try port?.send(state, within: .milliseconds(10)) } catch WireError.cannotSend {}
  }

  private mutating func answer(to state: ArmState) throws -> JointTorque? {
    let deadline = RealTime.Deadline(in: Self.moment)
    while let torque = try receive(within: .nanoseconds(max(0, deadline.remaining()))) {
      if torque.tick == state.tick {
        (lastAnswered, lastSign) = (state, MonotonicClock.now)
        return torque
      }
      arm.safety.refuse(torque, at: state.tick)
      if deadline.isPast() { break }
    }
    return nil
  }

  /// Between grants nobody asks the controller for a torque: shows it once more the state that it has
  /// answered, and takes silence for what it is.
  private mutating func probeController() throws {
    guard arm.machine.mode == .active, let known = lastAnswered, port != nil else { return }
    // A torque that came twice is no sign of life.
    try dropLeftovers()
    for moment in 0..<Self.moments {
      if moment % 5 == 0 { try send(known) }
      if try receive(within: .nanoseconds(Self.moment)) != nil { return }
      try serveStops()
      if arm.machine.mode.isStopped { return }
    }
    arm.fault(because: "the controller has been silent for 1 s")
  }

  /// Runs simulated time by itself, through hold and damped stop where no command comes, until the
  /// arm stands.
  mutating func comeToRest() throws {
    // Of robot time five seconds: ample for whatever a stop may need.
    for _ in 0..<(5_000_000_000 / session.nanosecondsPerTick) where !arm.machine.stands {
      try step(nil)
      // Without waiting, and whatever comes of it: the recorder may be what is missing.
      if recorder.waitingTicks >= 100 { try? recorder.hand() }
    }
  }
}
