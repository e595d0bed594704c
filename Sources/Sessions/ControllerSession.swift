import ControlLoop
import Messages
import RealTime
import Recipes
import Wire

/// The controller process: one torque for each state that the driver sends.
struct ControllerSession {
  let session: SessionContext

  /// Controls until told to stop.
  func run() throws {
    var desk = try ControlDesk(session)
    var port = try ControllerPort(
      connect: Endpoint(session.endpoints[.arm]), role: "driver", in: session.context,
      spin: session.spin, stop: session.stopCheck)
    var status = try StatusLink(role: "controller", session: session)
    var poller = Poller(stop: session.stopCheck)
    let states = poller.add(port)
    let setpoints = desk.addSetpoints(to: &poller)
    LoopPreparation.pin(.controller, of: session.recipe.launch)
    let isTimed = session.recipe.launch.clock == .realtime
    var timing = LoopTiming(period: session.nanosecondsPerTick)
    defer { if isTimed { print(timing.text(of: .controller)) } }
    try status.ready()
    while !desk.isStopped {
      guard try poller.wait(within: .seconds(1)) else { continue }
      if poller.isReady(setpoints) { try desk.serve(within: .zero) }
      guard poller.isReady(states) else { continue }
      let state = try port.receive(within: .seconds(1))
      timing.noteWake()
      try desk.awaitSetpoint(for: state, within: .seconds(1))
      try port.send(desk.loop.step(state), within: .seconds(1))
      timing.noteEnd()
      if isTimed { timing.report(of: .controller, through: &status) }
    }
  }
}
