import Messages
import Recipes
import Wire

/// The line of an actor with an arm of its own to the `launch` of the training that it joins.
struct TrainingRelay: ~Copyable {
  private var client: Client
  private let actor: Int
  /// Set once `launch` has asked to finish.
  private(set) var isAskedToFinish = false

  init(_ session: SessionContext) throws {
    let client = try session.clientOfTraining(of: .status, role: "launch")
    actor = session.recipe.launch.actor
    self.client = client
  }

  /// Says that the actor is there.
  mutating func arrive() { tell(.ready(role: ProcessName(actor: actor).description)) }

  /// Passes on what the actor says of itself.
  mutating func pass(_ status: Status) {
    var status = status
    status.actor = UInt32(actor)
    tell(.status(status))
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

  /// Looks for a request to finish, without waiting.
  mutating func listen() {
    if let message = try? client.next(within: .zero), case .stop = message {
      isAskedToFinish = true
    }
  }

  /// Name of the value that says whether an arm stands and waits for a person.
  static let stopped = "driver/stopped"

  private mutating func tell(_ message: Message) { try? client.send(message, within: .seconds(1)) }
}
