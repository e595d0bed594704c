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
