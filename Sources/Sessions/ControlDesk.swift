import ControlLoop
import ImpedanceControl
import Messages
import Recipes
import Wire

/// The controller's half of a session, wherever it runs: the control loop, and the socket on which
/// setpoints arrive.
struct ControlDesk: ~Copyable {
  var loop: ControlLoop<CartesianImpedance>
  var setpoints: Server
  private(set) var isStopped = false
  /// Setpoints refused so far.
  private(set) var refused: UInt64 = 0
  private var answered: JointTorque?
  /// What the filter has changed and the journal, or a caller, has not been told yet.
  private var news = SafetyInterventions()
  private var owed = SafetyInterventions()
  private let isInLockstep: Bool

  init(_ session: SessionContext) throws {
    isInLockstep = session.recipe.launch.clock == .lockstep
    try GainCheck(session.recipe).refuse()
    let loop = try ControlLoop<CartesianImpedance>(session.recipe)
    let setpoints = try session.server(at: .setpoint, callers: "actor or reset")
    self.loop = loop
    self.setpoints = setpoints
  }

  /// Whether the session's end was announced.
  mutating func hasStopped() -> Bool { isStopped }

  /// Takes one setpoint, if one comes in time.
  ///
  /// Returns whether something came.
  @discardableResult mutating func serve(within wait: Duration) throws -> Bool {
    guard let request = try setpoints.next(within: wait) else { return false }
    switch request.message {
    case .setpoint(let setpoint): try take(setpoint, from: request)
    case .safetyRequest:
      try setpoints.reply(.safety(takeInterventions()), to: request)
    case .controlRequest: try setpoints.reply(.control(loop.snapshot), to: request)
    case .control(let snapshot): try restore(snapshot, for: request)
    case .stop: isStopped = true
    default:
      try setpoints.reply(.failure(reason: "the controller takes setpoints only"), to: request)
    }
    return true
  }

  /// Hands the journal what the filter has changed; at the end it waits until the journal takes it.
  mutating func tell(_ journal: InterventionJournal, isLast: Bool = false) {
    collect()
    guard !news.isEmpty, journal.add(news, by: .controller, waiting: isLast) else { return }
    news = SafetyInterventions()
  }

  /// What `launch` is told of it.
  var figures: [StatusValue] {
    [StatusValue(name: "controller/setpointsRefused", value: Double(refused))]
  }

  /// Lets a poller watch for setpoints; returns their place in it.
  func addSetpoints(to poller: inout Poller) -> Int { poller.add(setpoints) }

  /// Waits until the setpoint that a state names is there; false when it does not come.
  mutating func awaitSetpoint(for state: ArmState, within wait: Duration) throws -> Bool {
    let deadline = ContinuousClock.now + wait
    while !loop.canCompute(state) {
      let left = deadline - ContinuousClock.now
      guard left > .zero, try serve(within: left) else { return false }
    }
    return true
  }

  /// The torque that answers a state, the same once more for the same state; nil for an older state
  /// and where the setpoint that it names does not come.
  mutating func answer(to state: ArmState) throws -> JointTorque? {
    if let answered, answered.tick == state.tick, loop.lastTick == state.tick { return answered }
    if let last = loop.lastTick, state.tick <= last { return nil }
    guard try awaitSetpoint(for: state, within: .seconds(1)) else { return nil }
    answered = loop.step(state)
    return answered
  }

  /// What the filter has changed since a caller was told last.
  private mutating func takeInterventions() -> SafetyInterventions {
    collect()
    defer { owed = SafetyInterventions() }
    return owed
  }

  private mutating func collect() {
    guard loop.hasInterventions else { return }
    let latest = loop.takeInterventions()
    news.add(latest)
    owed.add(latest)
  }

  /// Only where time waits: a real arm would jump.
  private mutating func restore(_ snapshot: ControlSnapshot, for request: Request) throws {
    guard isInLockstep else {
      try setpoints.reply(
        .failure(reason: "a controller goes on from a snapshot in lock-step only"), to: request)
      return
    }
    guard loop.restore(snapshot) else {
      try setpoints.reply(.failure(reason: "the snapshot is of another controller"), to: request)
      return
    }
    try setpoints.reply(.control(loop.snapshot), to: request)
  }

  private mutating func take(_ setpoint: Setpoint, from request: Request) throws {
    do {
      try loop.receive(setpoint)
      try setpoints.reply(
        .setpointAccepted(sequence: setpoint.sequence, safety: takeInterventions()),
        to: request)
    } catch let refusal as SetpointRefusal {
      refused &+= 1
      try setpoints.reply(.failure(reason: "setpoint refused: \(refusal)"), to: request)
    }
  }
}
