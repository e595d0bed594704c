import Messages
import RealTime
import Recipes
import Wire

/// The line of an actor with an arm of its own to the `launch` of the training that it joins.
struct TrainingRelay: ~Copyable {
  private var client: Client
  private let actor: Int
  /// Set once `launch` has asked to finish.
  private(set) var isAskedToFinish = false
  private var lastAsked: Int64 = 0
  private var unansweredSince: Int64?
  private var farewell: Status?
  private static let pause: Int64 = 1_000_000_000

  init(_ session: SessionContext) throws {
    let client = try session.clientOfTraining(of: .status, role: "launch")
    actor = session.recipe.launch.actor
    self.client = client
  }

  /// Says that the actor is there.
  mutating func arrive() { tell(.ready(role: ProcessName(actor: actor).description)) }

  /// Passes on what the actor says of itself; how it ended not before `finish`.
  mutating func pass(_ status: Status) {
    var status = status
    status.actor = UInt32(actor)
    if FinishNote(status.note) != nil { return farewell = status }
    tell(.status(status))
  }

  /// Says how the actor ended, once its processes have: who hears of it may want to start them again.
  mutating func finish() {
    if let farewell { tell(.status(farewell)) }
  }

  /// Says that the arm has stopped or goes on.
  mutating func note(isStopped: Bool, _ words: String) {
    let value = StatusValue(name: Self.stopped, value: isStopped ? 1 : 0)
    pass(Status(role: Role.driver.rawValue, values: [value], note: words))
  }

  /// Says that the actor leaves, and why.
  mutating func leave(because reason: String) {
    tell(.actorLeft(actor: UInt32(actor), reason: reason))
  }

  /// How long `launch` has left unanswered what it is asked each second [s].
  var silence: Double {
    unansweredSince.map { Double(MonotonicClock.now - $0) * 1e-9 } ?? 0
  }

  /// Asks whether the training goes on, and looks for a request to finish, without waiting.
  mutating func listen() {
    let now = MonotonicClock.now
    if now - lastAsked > Self.pause {
      lastAsked = now
      unansweredSince = unansweredSince ?? now
      try? client.send(.trainingRequest(actor: UInt32(actor), nextSequence: 0), within: .zero)
    }
    while let message = try? client.next(within: .zero) {
      unansweredSince = nil
      if case .stop = message { isAskedToFinish = true }
    }
  }

  /// Name of the value that says whether an arm stands and waits for a person.
  static let stopped = "driver/stopped"

  private mutating func tell(_ message: Message) {
    // Who waits for one that is silent is silent too.
    try? client.send(message, within: silence > 1 ? .zero : .seconds(1))
  }
}
