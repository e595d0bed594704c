import LearningSlots
import Messages
import Rewards
import Wire

/// The reward process: judges the steps that an actor shows it.
struct RewardSession {
  let session: SessionContext

  /// Serves until told to stop.
  func run() throws {
    var source = SeatedReward(SeatedRule(session))
    var server = try session.server(at: .reward, callers: "actor")
    var status = try StatusLink(role: "reward", session: session)
    try status.ready()
    while true {
      guard let request = try server.next(within: .seconds(1)) else { continue }
      session.work.add()
      switch request.message {
      case .judgeStart:
        source.start()
        try server.reply(.ready(role: "reward"), to: request)
      case .judge(let state): try server.reply(.judgement(source.judge(state)), to: request)
      case .stop: return
      default: try server.reply(.failure(reason: "reward only judges"), to: request)
      }
    }
  }
}
