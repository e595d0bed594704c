public import MCAP
public import Messages

/// Why an episode cannot be written or read.
public enum EpisodeError: Error, Equatable {
  /// The file itself.
  case file(MCAPError)
  /// A record of a topic does not hold what it should.
  case record(file: String, topic: String, MessageError)
  /// The file is a sound one, but no recorded episode of Kinglet.
  case foreign(file: String, missing: String)
}

extension EpisodeError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .file(.damaged(let file, let offset, let reason)):
      "\(file): byte \(offset): \(reason); `kinglet episodes recover` brings back what is whole"
    case .file(let error): "\(error)"
    case .record(let file, let topic, let error): "\(file): \(topic): \(error)"
    case .foreign(let file, let missing):
      "\(file): no recorded episode: it has no \(missing); is it cut short? "
        + "`kinglet episodes recover` brings back what is whole"
    }
  }
}
