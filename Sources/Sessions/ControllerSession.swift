import ControlLoop
import Messages
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
      spin: session.spin, stop: session.stopCheck)
    var status = try StatusLink(role: "controller", session: session)
    var poller = Poller(stop: session.stopCheck)
    let states = poller.add(port)
    let setpoints = desk.addSetpoints(to: &poller)
    try status.ready()
    while !desk.isStopped {
      guard try poller.wait(within: .seconds(1)) else { continue }
      if poller.isReady(setpoints) { try desk.serve(within: .zero) }
      guard poller.isReady(states) else { continue }
      do {
        let state = try port.receive(within: .zero)
        guard let torque = try desk.answer(to: state) else { continue }
        try port.send(torque, within: .seconds(1))
        session.work.add()
      } catch WireError.badMessage, WireError.tooLong, WireError.damaged, WireError.foreign,
        WireError.timedOut, WireError.cannotSend
      {
        continue
      }
    }
  }
}
