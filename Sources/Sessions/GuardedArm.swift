import ControlSlots
import Geometry
import Messages
import Recipes
import Safety
import SimulatedWorld

/// The arm behind its last line of safety: nothing moves it but through here.
///
/// Every torque, whoever sent it and also the driver's own, passes the safety filter once more; a
/// tick without a usable command is the driver machine's.
struct GuardedArm: ~Copyable {
  /// The arm; its clock is the session's.
  var arm: SimulatedArm
  /// What the driver does.
  private(set) var machine: DriverMachine
  /// Why it does so.
  private(set) var reason = "started"
  /// What it has refused.
  var refusals = Refusals()
  /// What the safety filter made of the last torque.
  private(set) var last = SafeTorque(asked: JointVector(), allowed: JointVector(), events: [])
  private let filter: SafetyFilter
  private var supervisor: Supervisor
  private let robot: RobotRecipe
  private var flight: FlightRecorder
  private var setpoint: UInt64 = 0

  init(_ session: SessionContext) throws {
    let recipe = session.recipe
    let machine = try DriverMachine(recipe.robot)
    let filter = try SafetyFilter(recipe, slack: 1e-9)
    let arm = try SimulatedArm(WorldConfiguration(recipe), seed: recipe.launch.seed)
    self.machine = machine
    self.filter = filter
    supervisor = Supervisor(filter)
    flight = FlightRecorder(run: recipe.launch.run)
    robot = recipe.robot
    self.arm = arm
  }

  /// The state of the current tick.
  func read() -> ArmState { arm.read() }

  /// How the driver stands.
  var status: DriverStatus {
    DriverStatus(
      mode: machine.mode, since: machine.since, reason: reason, stands: machine.stands,
      refusals: refusals)
  }

  /// A session is there.
  mutating func open() {
    guard machine.mode == .idle else { return }
    note(.opened, because: "a session opened")
  }

  /// A person stops the arm.
  mutating func stop(because reason: String) { note(.userStopped, because: reason) }

  /// A limit was passed.
  mutating func fault(because reason: String) { note(.faulted, because: reason) }

  /// The session ended in good order.
  mutating func close() { note(.closed, because: "the session ended") }

  /// A person lets go of a stopped arm; false while it moves, or where it was not stopped.
  mutating func recover(because reason: String) -> Bool {
    guard machine.recover(at: arm.read().time) else { return false }
    supervisor.rearm()
    self.reason = reason
    return true
  }

  /// Goes on from a snapshot.
  mutating func restore(_ world: WorldSnapshot) throws {
    try arm.restore(world)
    last.allowed = world.state.torque
  }

  /// One tick, with a command or, where it is nil or refused, without; returns what was sent.
  mutating func step(_ command: JointTorque?) throws(ArmFault) -> JointTorque {
    let state = arm.read()
    if let reason = supervisor.stopReason(for: state) { fault(because: "\(reason)") }
    let before = machine.mode
    let isTaken = command.map { take($0, at: state) } ?? false
    var torque = JointTorque()
    if isTaken, let command {
      torque = command
      setpoint = command.setpoint
    } else {
      torque.tick = state.tick
      torque.torque = machine.torque(for: state, last: last.allowed)
      torque.setpoint = setpoint
    }
    last = filter.admit(
      torque.torque, for: state, last: last.allowed, isFenceClosed: supervisor.isFenceClosed)
    torque.torque = last.allowed
    if machine.mode != before { explain(before) }
    flight.note(
      state, torque, machine.mode, isCommanded: isTaken, contactForce: arm.contactForce,
      fence: supervisor.isFenceClosed ? filter.fence : nil)
    try arm.write(torque)
    return torque
  }

  private mutating func take(_ command: JointTorque, at state: ArmState) -> Bool {
    guard command.tick == state.tick else {
      if command.tick < state.tick { refusals.late += 1 } else { refusals.early += 1 }
      return false
    }
    guard machine.command(toward: command.setpoint, at: state.time) else {
      refusals.stopped += 1
      return false
    }
    return true
  }

  private mutating func note(_ event: DriverEvent, because reason: String) {
    let before = machine.mode
    machine.note(event, at: arm.read().time)
    if machine.mode != before { self.reason = reason }
  }

  /// Words for the transitions that time and commands bring.
  private mutating func explain(_ before: DriverMode) {
    switch machine.mode {
    case .active: reason = before == .holding ? "torques arrive again" : "torques arrive"
    case .holding: reason = "no torque for \(milliseconds(robot.safety.commandTimeout)) ms"
    case .dampedStop: reason = "no torque for \(milliseconds(robot.safety.stopTimeout)) ms"
    // The arm stands; why it was stopped stays.
    case .fault, .userStopped, .idle, .ready: break
    }
  }

  private func milliseconds(_ seconds: Double) -> String { decimal(1e3 * seconds, 0) }
}
