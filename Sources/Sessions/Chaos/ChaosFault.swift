import Foundation
import Messages
import Randomness
import Recipes
import Wire

/// What chaos does to a session.
enum ChaosFault: Sendable, CustomStringConvertible {
  /// SIGKILL of a process.
  case kill(ChaosTarget)
  /// SIGSTOP of a process, and SIGCONT so much later [s].
  case pause(ChaosTarget, seconds: Double)
  /// What travels through a tap is disturbed; nil is a meeting of the training's own.
  case line(Meeting, actor: Int?, Disturbance)
  /// The files of a process may not grow any more.
  case fullDisk(ChaosTarget)
  /// A person stops an actor's arm, perhaps while the line of the stop itself is disturbed; nil is every
  /// arm of the training.
  case userStop(actor: Int?, Disturbance?)

  /// Faults of a line for so long [s], each message with a probability.
  struct Disturbance {
    var fault: LineFault
    var probability: Double
    var seconds: Double
  }

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
    case .line(_, _, let disturbance): disturbance.fault.rawValue
    case .fullDisk: "fullDisk"
    case .userStop: "userStop"
    }
  }

  /// Number of the actor whose arm alone it strikes; nil for what strikes the training.
  var actor: Int? {
    switch self {
    case .kill(let target), .pause(let target, _), .fullDisk(let target): target.actor
    case .line(_, let actor, _), .userStop(let actor, _): actor
    }
  }

  /// Whether the driver itself is ended without a chance to stop the arm.
  var endsDriver: Bool {
    switch self {
    case .kill(let target), .pause(let target, _): target.role == .driver
    default: false
    }
  }

  /// Whether the controller's torques stay away for longer than the arm waits for them.
  func silencesController(for seconds: Double) -> Bool {
    switch self {
    case .pause(let target, let pause): target.role == .controller && pause > seconds
    case .line(.arm, _, let it): it.fault == .drop && it.probability == 1 && it.seconds > seconds
    default: false
    }
  }

  /// How long `launch` itself, which holds the arm, is away [s]; nil where it is there.
  var absenceOfLaunch: Double? {
    guard case .pause(.launch, let seconds) = self else { return nil }
    return seconds
  }

  var description: String {
    switch self {
    case .kill(let target): "SIGKILL of \(target)"
    case .pause(let target, let seconds): "SIGSTOP of \(target) for \(decimal(seconds, 2)) s"
    case .line(let meeting, let actor, let disturbance):
      Self.words(disturbance, at: meeting, of: actor)
    case .fullDisk(let target): "no room for the files of \(target)"
    case .userStop(let actor, let disturbance):
      "a person's stop\(Self.owner(actor))"
        + (disturbance.map { " beside " + Self.words($0, at: .stop, of: actor) } ?? "")
    }
  }

  private static func words(
    _ disturbance: Disturbance, at meeting: Meeting, of actor: Int?
  ) -> String {
    "\(disturbance.fault.rawValue) of \(decimal(100 * disturbance.probability, 0)) % of what travels "
      + "to and from \(meeting.rawValue)\(owner(actor)) for \(decimal(disturbance.seconds, 2)) s"
  }

  private static func owner(_ actor: Int?) -> String { actor.map { " of actor \($0)" } ?? "" }
}

extension ChaosFault {
  /// Draws a fault for a session; at a training of several actors one of its own processes, or of the
  /// arm of one.
  static func draw(in recipe: LaunchRecipe, tapped: [Meeting], _ stream: inout RandomStream) -> Self
  {
    let actor = recipe.hasOwnArm ? nil : stream.index(below: recipe.actors)
    let roles = SessionProcesses.surroundings(of: recipe) + [.learner, .actor]
    let target = Self.target(roles[stream.index(below: roles.count)], of: actor)
    // In lock-step a controller that is away for longer than its world waits, and not for ever.
    let isApart = recipe.placement == .process
    if recipe.clock == .lockstep, isApart, stream.index(below: 4) == 0 {
      return .pause(Self.target(.controller, of: actor), seconds: 2.7 + 0.6 * stream.uniform())
    }
    switch stream.index(below: 20) {
    case 0..<5:
      let isStarter = stream.index(below: actor == nil ? 8 : 4) == 0
      return .kill(isStarter ? Self.starter(of: actor, &stream) : target)
    case 5..<9:
      // A `join` that hangs for longer than `launch` listens for it is one that has left; without
      // `launch` the arms stop.
      return stream.index(below: 4) == 0
        ? .pause(Self.starter(of: actor, &stream), seconds: 1 + 9 * stream.uniform())
        : .pause(target, seconds: stream.log(0.03, 4))
    case 9..<10:
      let role = ([.recorder, .learner, .actor, .driver, nil] as [Role?])[stream.index(below: 5)]
      return .fullDisk(
        role.map { Self.target($0, of: actor) } ?? Self.starter(of: actor, &stream))
    case 10..<13:
      return .userStop(
        actor: actor == nil || stream.index(below: 3) == 0 ? nil : actor,
        // Few messages travel there, and a person waits for 2 s at most.
        stream.index(below: 2) == 0
          ? nil : .draw(&stream, probabilities: [1, 0.5], seconds: 0.1...0.7))
    default:
      let meeting = tapped[stream.index(below: tapped.count)]
      return .line(meeting, actor: meeting.isOfLearner ? nil : actor, .draw(&stream))
    }
  }

  /// The learner is the training's, whoever acts for it.
  private static func target(_ role: Role, of actor: Int?) -> ChaosTarget {
    ChaosTarget(actor: role == .learner ? nil : actor, role: role)
  }

  /// `launch`, or as likely the `join` of an actor.
  private static func starter(of actor: Int?, _ stream: inout RandomStream) -> ChaosTarget {
    actor == nil || stream.index(below: 2) == 0 ? .launch : ChaosTarget(actor: actor)
  }
}

extension ChaosFault.Disturbance {
  /// Draws one.
  fileprivate static func draw(
    _ stream: inout RandomStream, probabilities: [Double] = [1, 0.5, 0.1],
    seconds: ClosedRange<Double> = 0.02...1
  ) -> Self {
    let faults = ChaosFault.LineFault.allCases
    return Self(
      fault: faults[stream.index(below: faults.count)],
      probability: probabilities[stream.index(below: probabilities.count)],
      seconds: stream.log(seconds.lowerBound, seconds.upperBound))
  }
}

extension RandomStream {
  /// A number between two whose logarithm is uniform.
  fileprivate mutating func log(_ least: Double, _ most: Double) -> Double {
    least * pow(most / least, uniform())
  }
}
