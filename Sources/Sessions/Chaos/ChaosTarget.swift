import Recipes

/// Which process a fault strikes.
struct ChaosTarget: Sendable, Equatable, CustomStringConvertible {
  /// The training's own process that started all others.
  static let launch = Self()

  /// Number of the actor whose arm's session it is of; nil for the training's own, and where that
  /// holds its one arm itself.
  var actor: Int?
  /// Nil for who started the session: `launch`, or an actor's `join`.
  var role: Role?

  /// "driver" or "join of actor 1".
  var description: String {
    let name = role?.rawValue ?? (actor == nil ? "launch" : "join")
    return actor.map { "\(name) of actor \($0)" } ?? name
  }

  /// The words by which its command line is known, all of them; nil for `launch`.
  func words(in run: String) -> [String]? {
    guard let role else { return actor.map { ["join", run, "--actor", "\($0)"] } }
    let folder = actor.map { LaunchRecipe.folder(of: $0, in: run) } ?? run
    return [role.rawValue, folder + "/resolved.yaml"]
  }
}
