import Metrics

import Recipes

/// What a training came to.
public struct TrainingReport: Report {
  let summary: Summary
  let folder: String
  /// The actor that has acted for another training; nil for a training itself.
  private let actor: Int?
  private let goingOn: String?

  /// What a session came to; nobody goes on with an actor whose training is over.
  init(_ summary: Summary, of recipe: LaunchRecipe, isTrainingOver: Bool = false) {
    self.summary = summary
    folder = recipe.run
    actor = recipe.joins?.actor
    goingOn = isTrainingOver ? nil : Self.goingOn(recipe)
  }

  /// Writes the summary alone, as `summary.json` has it.
  public func encode(to encoder: any Encoder) throws { try summary.encode(to: encoder) }

  /// The summary for a person.
  public var text: String {
    let success = summary.successLast20.map { decimal(100 * $0, 0) } ?? "-"
    if let actor {
      return """
        actor \(actor) ended: \(summary.finishReason.rawValue) after \(summary.steps) steps, \
        \(summary.episodes) episodes, \(success) % of the last 20 rewarded
        robot time \(decimal(summary.robotMinutes, 1)) min, wall time \
        \(decimal(summary.wallMinutes, 1)) min
        next: \(next ?? "kinglet episodes list --in \(folder)")
        """
    }
    let each = (summary.actors ?? []).map { actor in
      let success = actor.successLast20.map { decimal(100 * $0, 0) } ?? "-"
      return
        "\nactor \(actor.actor): \(actor.steps) steps, \(actor.episodes) episodes, \(success) % of the "
        + "last 20 rewarded" + (actor.left.map { "; left: \($0)" } ?? "")
    }.joined()
    return """
      training ended: \(summary.finishReason.rawValue) after \(summary.steps) steps, \
      \(summary.episodes) episodes, \(success) % of the last 20 rewarded\(each)
      robot time \(decimal(summary.robotMinutes, 1)) min (demonstrations \
      \(decimal(summary.demonstrationMinutes, 1)) min apart), wall time \
      \(decimal(summary.wallMinutes, 1)) min, \(summary.updates) updates \
      (\(decimal(summary.updatesPerStep, 2)) per step)
      next: \(next ?? "kinglet evaluate \(folder) --episodes 100 --seed 1")
      """
  }

  /// The command that goes on with what was interrupted; nil for what has come to its end.
  private var next: String? { summary.finishReason == .interrupted ? goingOn : nil }

  /// The command that goes on with a session that has ended early; nil where nothing was recorded.
  static func goingOn(_ recipe: LaunchRecipe) -> String? {
    guard let joins = recipe.joins else {
      return recipe.recording == .all ? "kinglet launch --resume \(recipe.run)" : nil
    }
    return recipe.clock == .realtime ? "kinglet join \(joins.run) --actor \(joins.actor)" : nil
  }
}
