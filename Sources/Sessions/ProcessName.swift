import Recipes

/// A process of a session; its name is the subcommand that runs it.
package enum Role: String, CaseIterable {
  case driver, controller, reward, reset, recorder, learner, actor
}

/// Which process of a session: one of its roles, or all of an actor that has an arm of its own.
package struct ProcessName: Hashable, CustomStringConvertible {
  package let role: Role
  /// Number of an actor with an arm of its own, which `kinglet join` runs; nil for a single process.
  package let actor: Int?

  package init(_ role: Role) { (self.role, actor) = (role, nil) }

  package init(actor: Int) { (role, self.actor) = (.actor, actor) }

  /// Reads `description` back; nil for anything else.
  init?(_ text: String) {
    if let role = Role(rawValue: text) {
      self.init(role)
      return
    }
    let words = text.split(separator: " ")
    guard words.count == 2, words[0] == Role.actor.rawValue, let actor = Int(words[1]),
      (0..<LaunchRecipe.mostActors).contains(actor)
    else { return nil }
    self.init(actor: actor)
    guard description == text else { return nil }
  }

  /// "learner" or "actor 2".
  package var description: String { actor.map { "\(role.rawValue) \($0)" } ?? role.rawValue }

  /// The name of its log.
  var log: String { description.replacing(" ", with: "-") }
}
