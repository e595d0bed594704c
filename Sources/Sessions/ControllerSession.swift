import ControlLoop
import Messages
import RealTime
import Recipes
import Wire

/// The controller process: one torque for each state that the driver sends.
struct ControllerSession {
  let session: SessionContext

  /// Controls until told to stop.
  ///
  /// A state that is damaged, or of a tick that is over, gets no answer: the driver knows what to do
  /// without.
  func run() throws {
    var desk = try ControlDesk(session)
    var port = try ControllerPort(
      connect: session.endpoint(toward: .arm), role: "driver", in: session.context,
      spin: SessionContext.spin, stop: session.stopCheck)
    var status = try StatusLink(role: "controller", session: session)
    var poller = Poller(stop: session.stopCheck)
    let states = poller.add(port)
    let setpoints = desk.addSetpoints(to: &poller)
    let journal = InterventionJournal(
      run: session.recipe.launch.run, period: session.recipe.robot.driver.timestep)
    defer {
      desk.tell(journal, isLast: true)
      journal.stop()
    }
    LoopPreparation.pin(.controller, of: session.recipe.launch)
    let isTimed = session.recipe.launch.clock == .realtime
    var timing = LoopTiming(period: session.nanosecondsPerTick)
    defer { if isTimed { session.log.add(timing.text(of: .controller) + "\n") } }
    try status.ready()
    while !desk.isStopped {
      guard try poller.wait(within: .seconds(1)) else { continue }
      if poller.isReady(setpoints) { try desk.serve(within: .zero) }
      guard poller.isReady(states) else { continue }
      do {
        let state = try port.receive(within: .zero)
        timing.noteWake()
        guard let torque = try desk.answer(to: state) else { continue }
        try port.send(torque, within: .seconds(1))
        session.work.add()
        timing.noteEnd()
        if state.tick % Int64(session.recipe.ticksPerStep) == 0 { desk.tell(journal) }
        if isTimed { timing.report(of: .controller, through: &status, and: desk.figures) }
      } catch WireError.timedOut, WireError.cannotSend {
        continue
      }
    }
  }
}
