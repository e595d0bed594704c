/// What a simulated world refuses when it is built, saved or asked for an episode.
public enum WorldError: Error, Equatable {
  /// MuJoCo cannot read or compile a model.
  case unreadableModel(path: String, reason: String)
  /// The arm's model lacks an element that the world is built on.
  case missingElement(kind: String, name: String)
  /// No board can be cut for this connector.
  case invalidConnector(reason: String)
  /// The bushing's undamped rate is above 1/timestep [rad/s]; explicit stiffness would diverge.
  case unstableBushing(rate: Double, highest: Double)
  /// An episode was asked for while the held part touches the world with this force [N].
  case inContact(force: Double)
  /// The model cannot be written to this path.
  case unwritable(path: String)
  /// A snapshot is of another world.
  case foreignSnapshot(reason: String)
}

extension WorldError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    let text =
      switch self {
      case .unreadableModel(let path, let reason):
        "\(path): MuJoCo cannot read it; does the command run in the folder that holds Robots/? "
          + "\(reason)"
      case .missingElement(let kind, let name): "the arm's model has no \(kind) called \(name)"
      case .invalidConnector(let reason): "connector: \(reason)"
      case .unstableBushing(let rate, let highest):
        "the bushing is too stiff for the timestep: its rate is \(rate) rad/s, "
          + "at most \(highest) is stable"
      case .inContact(let force):
        "an episode cannot start while the part touches the world (\(force) N)"
      case .unwritable(let path): "\(path): cannot be written"
      case .foreignSnapshot(let reason): "the recorded world is another one: \(reason)"
      }
    return String(text.map { $0.isNewline ? " " : $0 })
  }
}
