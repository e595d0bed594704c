package import Geometry
package import Messages
import Recipes
package import Wire

/// The arm as the actor and the reset see it: ask for a pose, get the state of a named tick.
package struct ArmLink: ~Copyable {
  /// Numbers of the last setpoint and grant; they pass from process to process with the command.
  var numbers: (setpoint: UInt64, grant: UInt64) = (0, 0)
  /// What the controller has told of its safety filter since `takeSafety`.
  private var safety = SafetyInterventions()
  private var driver: Client
  private var controller: Client
  private var states: Subscriber?
  /// Robot time that the driver has told last [ns].
  ///
  /// What it publishes waits in queues, for minutes where nobody has read meanwhile: what is older than
  /// this is no news.
  private var told = Int64.min
  private let patience = Duration.seconds(10)

  init(_ session: SessionContext) throws {
    let driver = try session.client(of: .session, role: "driver")
    let controller = try session.client(of: .setpoint, role: "controller")
    let states = try session.subscriberInRealTime(to: .state, role: "driver")
    self.init(driver: driver, controller: controller, states: states)
  }

  /// By the lines to its driver and its controller; `states` is what the driver publishes in real time,
  /// nil in lock-step.
  package init(
    driver: consuming Client, controller: consuming Client, states: consuming Subscriber?
  ) {
    self.driver = driver
    self.controller = controller
    self.states = states
  }

  /// Starts an episode where the arm stands, and returns its first state.
  mutating func start(_ episode: EpisodeStart) throws -> ArmState {
    guard case .episodeStarted(let state) = try ask(.episodeStart(episode), within: .seconds(30))
    else { throw unexpected("driver") }
    told = state.time
    return state
  }

  /// How the driver stands.
  package mutating func status() throws -> DriverStatus {
    let answer = try driver.call(.driverStatusRequest, within: patience)
    guard case .driverStatus(let status) = answer else { throw unexpected("driver") }
    told = status.time
    return status
  }

  /// Ends an episode: from here on nothing of it is recorded.
  mutating func end(_ episode: UInt64) throws {
    guard case .episodeEnded = try ask(.episodeEnd(episode: episode), within: patience)
    else { throw unexpected("driver") }
  }

  /// What the controller goes on from, as it stands.
  mutating func control() throws -> ControlSnapshot {
    guard case .control(let snapshot) = try controller.call(.controlRequest, within: patience)
    else { throw unexpected("controller") }
    return snapshot
  }

  /// Lets driver and controller go on from where an episode once started.
  mutating func restore(_ origin: EpisodeOrigin, _ world: WorldSnapshot) throws -> ArmState {
    numbers = (origin.setpointSequence, origin.grantSequence)
    guard case .control = try controller.call(.control(origin.control), within: patience) else {
      throw unexpected("controller")
    }
    let answer = try ask(.worldRestore(origin.start, world), within: patience)
    guard case .episodeStarted(let state) = answer else { throw unexpected("driver") }
    return state
  }

  /// The safety filter's interventions up to now, once.
  mutating func takeSafety() throws -> SafetyInterventions {
    guard case .safety(let latest) = try controller.call(.safetyRequest, within: patience) else {
      throw unexpected("controller")
    }
    safety.add(latest)
    defer { safety = SafetyInterventions() }
    return safety
  }

  /// The arm's state now, without letting time pass in lock-step.
  package mutating func current() throws -> ArmState {
    if states == nil { return try grant(until: 0, setpoint: 0) }
    // In real time this is what opens the session: the driver takes no torque before.
    let status = try status()
    if status.mode.isStopped { throw ArmStopped(status) }
    return try awaitState(of: 0)
  }

  /// Lets the arm go toward a pose and returns the state of tick `until`: exactly that tick in
  /// lock-step, the first one seen from it on in real time.
  package mutating func advance(
    toward baseFromTool: Transform<Base, Tool>, compliance: Compliance, from effectTick: Int64,
    until tick: Int64
  ) throws -> ArmState {
    numbers.setpoint += 1
    let setpoint = Setpoint(
      sequence: numbers.setpoint, effectTick: effectTick, baseFromTool: baseFromTool,
      compliance: compliance)
    let answer = try controller.call(.setpoint(setpoint), within: patience)
    guard case .setpointAccepted(_, let latest) = answer else { throw unexpected("controller") }
    safety.add(latest)
    return states == nil
      ? try grant(until: tick, setpoint: numbers.setpoint) : try awaitState(of: tick)
  }

  /// Asks driver and controller to end.
  mutating func stop(reason: String) {
    try? driver.send(.stop(reason: reason), within: .seconds(1))
    try? controller.send(.stop(reason: reason), within: .seconds(1))
  }

  private mutating func grant(until tick: Int64, setpoint: UInt64) throws -> ArmState {
    numbers.grant += 1
    let grant = Grant(sequence: numbers.grant, untilTick: tick - 1, setpoint: setpoint)
    guard case .granted(let state) = try ask(.grant(grant), within: patience) else {
      throw unexpected("driver")
    }
    if tick != 0, state.tick > tick {
      // Stopped, come to rest and let go on while nobody granted: what was begun is over.
      let status = try status()
      if status.mode == .ready { throw ArmStopped(status) }
    }
    guard tick == 0 || state.tick == tick else {
      throw SessionFailure("the driver is at tick \(state.tick) where \(tick) was granted")
    }
    return state
  }

  private mutating func awaitState(of tick: Int64) throws -> ArmState {
    while true {
      switch try states?.receive(within: .seconds(2)) {
      case .granted(let state) where state.tick >= tick && state.time >= told: return state
      case .granted: continue
      case .driverStatus(let status) where status.time < told: continue
      case .driverStatus(let status): throw ArmStopped(status)
      default: throw unexpected("driver")
      }
    }
  }

  /// Asks the driver; throws `ArmStopped` where it does not move the arm.
  private mutating func ask(_ message: Message, within wait: Duration) throws -> Message {
    let answer = try driver.call(message, within: wait)
    if case .driverStatus(let status) = answer { throw ArmStopped(status) }
    return answer
  }

  private func unexpected(_ peer: String) -> SessionFailure {
    SessionFailure("\(peer) sent an answer of another kind; are both of the same version?")
  }
}

/// The driver has stopped the arm and moves it for nobody until a person lets go.
package struct ArmStopped: Error, CustomStringConvertible {
  let status: DriverStatus

  init(_ status: DriverStatus) { self.status = status }

  package var description: String {
    "the arm has stopped (\(status.mode)): \(status.reason); `kinglet recover RUN` lets it go on"
  }
}

extension SafetyInterventions {
  /// Whether there is nothing to tell.
  var isEmpty: Bool {
    interventions.isEmpty && setpoints.isEmpty && untold == 0 && untoldSetpoints == 0
  }

  /// Adds later ones.
  mutating func add(_ later: SafetyInterventions) {
    interventions += later.interventions
    setpoints += later.setpoints
    let excess = max(0, interventions.count - Self.most)
    let excessSetpoints = max(0, setpoints.count - Self.mostSetpoints)
    interventions.removeFirst(excess)
    setpoints.removeFirst(excessSetpoints)
    untold = untold &+ later.untold &+ UInt64(excess)
    untoldSetpoints = untoldSetpoints &+ later.untoldSetpoints &+ UInt64(excessSetpoints)
  }
}
