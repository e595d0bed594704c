import Metrics

/// The actor's last word on a training, as it travels in a status message.
struct FinishNote: Equatable {
  /// Why the training ended.
  let reason: Summary.FinishReason
  /// Digest of the replay buffer, hexadecimal.
  let replay: String
  /// Digest of the final weights, hexadecimal.
  let weights: String

  init(reason: Summary.FinishReason, replay: String, weights: String) {
    self.reason = reason
    self.replay = replay
    self.weights = weights
  }

  /// The word of an actor whose learner is another's and has more to learn.
  init(leaving reason: Summary.FinishReason) {
    self.init(reason: reason, replay: "-", weights: "-")
  }

  /// Whether it says what was learned.
  var isOfALearner: Bool { weights != "-" }

  /// Reads `text` back; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 3, let reason = Summary.FinishReason(rawValue: parts[0]) else {
      return nil
    }
    self.init(reason: reason, replay: parts[1], weights: parts[2])
  }

  /// Three words.
  var text: String { "\(reason.rawValue) \(replay) \(weights)" }
}
