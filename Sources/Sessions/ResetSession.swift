import Geometry
import LearningSlots
import Messages
import Randomness
import Recipes
import Resets
import Wire

/// The reset process: brings the arm to the next start pose through the controller.
struct ResetSession {
  let session: SessionContext

  /// Serves until told to stop.
  func run() throws {
    var server = try session.server(at: .reset, callers: "actor")
    var arm = try ArmLink(session)
    var status = try StatusLink(role: "reset", session: session)
    try status.ready()
    while true {
      guard let request = try server.next(within: .seconds(1)) else { continue }
      session.work.add()
      switch request.message {
      case .reset(let order):
        do {
          try server.reply(.resetDone(try perform(order, with: &arm)), to: request)
        } catch let stop as ArmStopped {
          try server.reply(.driverStatus(stop.status), to: request)
        } catch {
          try server.reply(.failure(reason: "\(error)"), to: request)
        }
      case .stop: return
      default: try server.reply(.failure(reason: "reset only resets"), to: request)
      }
    }
  }

  private func perform(_ order: ResetRequest, with arm: inout ArmLink) throws -> ResetDone {
    // Numbers start at 1, and what a session counts never comes near the other end.
    guard [order.nextSetpoint, order.nextGrant].allSatisfy({ (1..<1 << 62).contains($0) }) else {
      throw SessionFailure(
        "setpoint \(order.nextSetpoint) and grant \(order.nextGrant) are no next ones; they start at 1"
      )
    }
    arm.numbers = (order.nextSetpoint - 1, order.nextGrant - 1)
    var policy = RetractAndPlace(
      route: RetractRoute(
        clearance: session.recipe.task.reset.retract,
        compliance: session.recipe.task.reset.compliance),
      baseFromTarget: session.geometry.baseFromTarget, baseFromStart: start(for: order))
    var state = try arm.current()
    var steps: UInt32 = 0
    while true {
      switch policy.nextStep(from: state) {
      case .ready:
        return ResetDone(
          setpointSequence: arm.numbers.setpoint, grantSequence: arm.numbers.grant, state: state,
          steps: steps)
      case .askHuman(let reason): throw SessionFailure("reset needs a person: \(reason)")
      case .move(let goal, let compliance):
        state = try arm.advance(
          toward: goal, compliance: compliance, from: state.tick + 1,
          until: state.tick + Int64(session.recipe.ticksPerStep / 2))
        steps += 1
      }
    }
  }

  /// The drawn start pose: decided by seed, episode number and kind of episode alone.
  private func start(for order: ResetRequest) -> Transform<Base, Tool> {
    var stream = RandomStream(
      seed: session.recipe.launch.seed,
      name: order.isEvaluation ? "start of evaluation" : "start", index: order.episode)
    return session.geometry.start(
      x: stream.uniform(eitherSide: 1), y: stream.uniform(eitherSide: 1),
      yaw: stream.uniform(eitherSide: 1))
  }
}
