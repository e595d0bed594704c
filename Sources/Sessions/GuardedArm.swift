import ControlSlots
import Messages
import Recipes
import Safety
import SimulatedWorld

/// The arm behind its last line of safety: nothing moves it but through here, and every tick is noted.
struct GuardedArm: ~Copyable {
  /// The arm; its clock is the session's.
  var arm: SimulatedArm
  /// What decides each torque.
  var safety: DriverGuard
  private var flight: FlightRecorder

  init(_ session: SessionContext) throws {
    let recipe = session.recipe
    let safety = try DriverGuard(recipe)
    let arm = try SimulatedArm(WorldConfiguration(recipe), seed: recipe.launch.seed)
    self.safety = safety
    flight = FlightRecorder(run: recipe.launch.run)
    self.arm = arm
  }

  /// The state of the current tick.
  func read() -> ArmState { arm.read() }

  /// What the driver does.
  var machine: DriverMachine { safety.machine }

  /// How the driver stands.
  var status: DriverStatus { safety.status(at: arm.read().time) }

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
    safety.recover(at: arm.read().time, because: reason)
  }

  /// Goes on from a snapshot.
  mutating func restore(_ world: WorldSnapshot) throws {
    try arm.restore(world)
    safety.resume(from: world.state.torque)
  }

  /// One tick, with a command or, where it is nil or refused, without; returns what was sent.
  mutating func step(_ command: JointTorque?) throws(ArmFault) -> JointTorque {
    let state = arm.read()
    let decision = safety.decide(command, for: state)
    flight.note(
      state, decision, machine.mode, contactForce: arm.contactForce, fence: safety.fence)
    try arm.write(decision.torque)
    return decision.torque
  }

  private mutating func note(_ event: DriverEvent, because reason: String) {
    safety.note(event, at: arm.read().time, because: reason)
  }
}
