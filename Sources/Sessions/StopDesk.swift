import Messages
import Safety
import Wire

/// The driver's socket for a person's stop: bound by the driver, open to every process that reaches
/// it, and looked at before anything else.
struct StopDesk: ~Copyable {
  private var server: Server

  init(_ session: SessionContext) throws {
    server = try session.server(at: .stop, callers: "person")
  }

  /// Lets a poller watch for a stop; returns its place in it.
  func add(to poller: inout Poller) -> Int { poller.add(server) }

  /// Answers what is there, without waiting; an arm that is `unwatched` is not let go.
  mutating func serve(_ arm: inout GuardedArm, unwatched: Bool) throws {
    // Who asks without a pause must not keep the arm's clock from going on.
    for _ in 0..<16 {
      guard let request = try server.next(within: .zero) else { return }
      let answer = answer(request.message, arm: &arm, unwatched)
      // Who has gone needs no answer; the arm has stopped all the same.
      do { try server.reply(answer, to: request) } catch {}
    }
  }

  private func answer(
    _ message: Message, arm: inout GuardedArm, _ unwatched: Bool
  ) -> Message {
    switch message {
    case .userStop(let reason):
      arm.stop(because: reason)
      return .driverStatus(arm.status)
    case .recover where unwatched:
      return .failure(
        reason:
          "`launch` is silent, so nobody watches the arm; bring it, or that of its training, back first "
          + "(`fg`, `kill -CONT`, Ctrl-Q)")
    case .recover(let reason): return recover(&arm, because: reason)
    case .driverStatusRequest: return .driverStatus(arm.status)
    default: return .failure(reason: "this socket takes stops and recoveries only")
    }
  }

  private func recover(_ arm: inout GuardedArm, because reason: String) -> Message {
    guard arm.machine.mode.isStopped else {
      return .failure(reason: "the arm is not stopped; the driver is \(arm.machine.mode)")
    }
    guard arm.recover(because: reason) else {
      return .failure(reason: "the arm has not come to rest yet; try again in a moment")
    }
    return .driverStatus(arm.status)
  }
}
