import Metrics

/// What a training came to.
public struct TrainingReport: Report {
  let summary: Summary
  let folder: String

  /// Writes the summary alone, as `summary.json` has it.
  public func encode(to encoder: any Encoder) throws { try summary.encode(to: encoder) }

  /// The summary for a person.
  public var text: String {
    let success = summary.successLast20.map { decimal(100 * $0, 0) } ?? "-"
    return """
      training ended: \(summary.finishReason.rawValue) after \(summary.steps) steps, \
      \(summary.episodes) episodes, \(success) % of the last 20 rewarded
      robot time \(decimal(summary.robotMinutes, 1)) min (demonstrations \
      \(decimal(summary.demonstrationMinutes, 1)) min apart), wall time \
      \(decimal(summary.wallMinutes, 1)) min, \(summary.updates) updates \
      (\(decimal(summary.updatesPerStep, 2)) per step)
      next: kinglet evaluate \(folder) --episodes 100 --seed 1
      """
  }
}
