import Foundation
import Messages
import Randomness
import Recipes
import Wire

/// What chaos does to a session.
enum ChaosFault: Sendable, CustomStringConvertible {
  /// SIGKILL of a process; nil is `launch` itself.
  case kill(Role?)
  /// SIGSTOP of a process, and SIGCONT so much later [s].
  case pause(Role, seconds: Double)
  /// What travels through a tap meets faults for so long [s], each message with a probability.
  case line(Meeting, LineFault, probability: Double, seconds: Double)
  /// The files of a process may not grow any more.
  case fullDisk(Role?)
  /// A person stops the arm.
  case userStop

  /// What can happen to a message.
  enum LineFault: String, CaseIterable {
    case drop, duplicate, delay, reorder, flip

    /// The fate of a message that meets the fault.
    func fate(_ stream: inout RandomStream) -> TapFate {
      switch self {
      case .drop: .drop
      case .duplicate: .duplicate
      case .delay: .delay(.milliseconds(1 + Int64(stream.index(below: 300))))
      // A little late: what was sent after it overtakes it.
      case .reorder: .delay(.microseconds(200 + Int64(stream.index(below: 5000))))
      case .flip: .flip(bit: stream.next())
      }
    }
  }

  /// The kind, for counting.
  var kind: String {
    switch self {
    case .kill: "kill"
    case .pause: "pause"
    case .line(_, let fault, _, _): fault.rawValue
    case .fullDisk: "fullDisk"
    case .userStop: "userStop"
    }
  }

  /// Whether the controller's torques stay away for longer than the arm waits for them.
  func silencesController(for seconds: Double) -> Bool {
    switch self {
    case .pause(.controller, let pause): pause > seconds
    case .line(.arm, .drop, 1, let length): length > seconds
    default: false
    }
  }

  var description: String {
    switch self {
    case .kill(let role): "SIGKILL of \(role?.rawValue ?? "launch")"
    case .pause(let role, let seconds): "SIGSTOP of \(role.rawValue) for \(decimal(seconds, 2)) s"
    case .line(let meeting, let fault, let probability, let seconds):
      "\(fault.rawValue) of \(decimal(100 * probability, 0)) % of what travels to and from "
        + "\(meeting.rawValue) for \(decimal(seconds, 2)) s"
    case .fullDisk(let role): "no room for the files of \(role?.rawValue ?? "launch")"
    case .userStop: "a person's stop"
    }
  }

  /// Draws a fault for a session.
  static func draw(in recipe: LaunchRecipe, tapped: [Meeting], _ stream: inout RandomStream) -> Self
  {
    let roles = SessionProcesses.surroundings(of: recipe) + [.learner, .actor]
    let role = roles[stream.index(below: roles.count)]
    // In lock-step a controller that is away for longer than its world waits, and not for ever.
    let isApart = recipe.placement == .process
    if recipe.clock == .lockstep, isApart, stream.index(below: 4) == 0 {
      return .pause(.controller, seconds: 2.7 + 0.6 * stream.uniform())
    }
    switch stream.index(below: 20) {
    case 0..<5: return .kill(stream.index(below: 8) == 0 ? nil : role)
    case 5..<9: return .pause(role, seconds: stream.log(0.03, 4))
    case 9..<10:
      return .fullDisk([.recorder, .learner, .actor, .driver, nil][stream.index(below: 5)])
    case 10..<13: return .userStop
    default:
      let faults = LineFault.allCases
      return .line(
        tapped[stream.index(below: tapped.count)], faults[stream.index(below: faults.count)],
        probability: [1, 0.5, 0.1][stream.index(below: 3)], seconds: stream.log(0.02, 1))
    }
  }
}

extension RandomStream {
  /// A number between two whose logarithm is uniform.
  fileprivate mutating func log(_ least: Double, _ most: Double) -> Double {
    least * pow(most / least, uniform())
  }
}
