import ControlLoop
import Messages
import RealTime
import Recipes
import Safety
import Wire

/// Time that passes on the wall.
extension DriverSession {
  mutating func runInRealTime() throws {
    var timer = PeriodicTimer(period: session.nanosecondsPerTick)
    var timing = LoopTiming(period: timer.period)
    defer {
      session.log.add(timing.text(of: .driver) + "\n")
      session.log.add("driver: \(interventions) torques cut by its safety filter\n")
    }
    do {
      try keepTime(&timer, &timing)
    } catch {
      // Whatever went wrong: first the arm.
      arm.fault(because: "\(error)")
      try comeToRest(&timer)
      throw error
    }
    arm.close()
    try comeToRest(&timer)
  }

  private mutating func keepTime(
    _ timer: inout PeriodicTimer, _ timing: inout LoopTiming
  ) throws {
    var wait = StopWait(minutes: session.recipe.launch.supervision.recoveryMinutes)
    while !isOver() {
      _ = timer.wait()
      timing.noteWake()
      if session.stopCheck() { throw SessionFailure("driver: told to stop") }
      try serve()
      try tickInRealTime(&timing)
      if wait.isOver(arm.machine.stands) {
        throw SessionFailure("driver: \(arm.safety.reason); nobody let the arm go on")
      }
    }
  }

  private mutating func tickInRealTime(_ timing: inout LoopTiming) throws {
    let state = arm.read()
    let isStopped = arm.machine.mode.isStopped
    if isStopped {
      try states?.publish(.driverStatus(arm.status))
    } else {
      try states?.publish(state)
    }
    timing.noteAsk()
    let torque = try torque(for: state)
    if torque == nil { timing.noteMiss() } else { timing.noteAnswer() }
    try step(torque)
    try recordInRealTime(state.tick)
    timing.noteEnd()
    let cut = StatusValue(name: "driver/torquesCut", value: Double(interventions))
    timing.report(of: .driver, through: &status, and: [cut] + (desk?.figures ?? []))
  }

  /// The torque that answers a tick, or nil when it has not come in time.
  private mutating func torque(for state: ArmState) throws -> JointTorque? {
    if desk != nil { return desk?.loop.step(state) }
    let deadline = RealTime.Deadline(in: 900_000)
    do { try port?.send(state, within: .zero) } catch WireError.cannotSend {
      try dropLeftovers()
      return nil
    }
    while !deadline.isPast(),
      let torque = try receive(within: .nanoseconds(deadline.remaining()))
    {
      if torque.tick >= state.tick { return torque }
      arm.safety.refuse(torque, at: state.tick)
    }
    return nil
  }

  /// A message each 20 ticks, so that a crash costs little; the world each step.
  private mutating func recordInRealTime(_ tick: Int64) throws {
    if tick % Int64(session.recipe.ticksPerStep) == 0 {
      try recordWorld()
    } else if recorder.waitingTicks >= 20 {
      try recorder.hand()
    }
  }

  /// Sees to it that the arm stands before its driver ends, whether it is stopped or holds its posture:
  /// the longest damping is a second, and whoever ends the driver leaves it two.
  private mutating func comeToRest(_ timer: inout PeriodicTimer) throws {
    let wanted = arm.machine.standingTime / session.nanosecondsPerTick
    var slow: Int64 = 0
    for _ in 0..<(1_500_000_000 / session.nanosecondsPerTick) where slow <= wanted {
      _ = timer.wait()
      try step(nil)
      slow = arm.machine.isSlow(arm.read()) ? slow + 1 : 0
      if (try? recordInRealTime(arm.read().tick)) == nil { recorder.giveUp() }
    }
    giveUpRecording()
  }
}

/// How long a stopped arm waits for a person.
private struct StopWait {
  private let nanoseconds: Int64
  private var deadline: RealTime.Deadline?

  init(minutes: Double) { nanoseconds = Int64(minutes * 60e9) }

  mutating func isOver(_ stands: Bool) -> Bool {
    guard stands else {
      deadline = nil
      return false
    }
    if deadline == nil { deadline = RealTime.Deadline(in: nanoseconds) }
    return deadline?.isPast() ?? false
  }
}
