import Foundation
import Recipes

/// Where the processes of a session meet.
///
/// Each is bound by the process named first.
enum Meeting: String, CaseIterable {
  /// Driver and controller: states and torques, one of each a tick.
  case arm
  /// Driver: episodes and grants.
  case session
  /// Driver: the newest state, in real time.
  case state
  /// Driver, in simulation: what a robot cannot know. Only `evaluate` opens it.
  case truth
  /// Controller, or the driver that hosts it: setpoints.
  case setpoint
  /// Reward: steps to judge.
  case reward
  /// Reset: scenes to bring back.
  case reset
  /// Learner: transitions in, policies out.
  case learner
  /// Learner: the newest policy, in real time.
  case policy
  /// Launch: heartbeats and figures of every process.
  case status
  /// Serve: resets and steps of a client that acts in the actor's place.
  case environment
  /// Recorder: what there is to record.
  case record
  /// Driver: a person's stop and recovery; nothing else travels there.
  case stop
}

extension Meeting {
  /// The environment's variable by which `kinglet chaos` tells the processes of a session, which inherit
  /// it, where it makes faults on purpose.
  static let tapVariable = "KINGLET_TAP"

  /// Whether it is there in a training whose actors have arms of their own.
  var isOfTraining: Bool { isOfLearner || self == .status }

  /// Whether the learner binds it.
  var isOfLearner: Bool { self == .learner || self == .policy }

  /// The meetings that the variable names.
  static var tapped: Set<Meeting> {
    let names = ProcessInfo.processInfo.environment[tapVariable] ?? ""
    return Set(names.split(separator: ",").compactMap { Meeting(rawValue: String($0)) })
  }
}

/// The endpoints of one session.
struct Endpoints: Sendable {
  private let recipe: LaunchRecipe

  /// `ipc` meets in the run's folder; `tcp` takes one port per meeting from the recipe's port on.
  init(recipe: LaunchRecipe) { self.recipe = recipe }

  /// The folder that `ipc` sockets need.
  var folder: String? { recipe.endpoints == .ipc ? recipe.run + "/sockets" : nil }

  /// Where those who connect find a meeting: behind a tap, if there is one.
  func toward(_ meeting: Meeting, tapped: Set<Meeting>) -> String {
    self[meeting] + (tapped.contains(meeting) ? ".tap" : "")
  }

  subscript(_ meeting: Meeting) -> String {
    switch recipe.endpoints {
    case .ipc: return "ipc://\(recipe.run)/sockets/\(meeting.rawValue)"
    case .tcp(let host, let port):
      let host = meeting.isOfLearner ? recipe.hosts.learner ?? host : host
      return "tcp://\(host):\(port + (Meeting.allCases.firstIndex(of: meeting) ?? 0))"
    }
  }
}
