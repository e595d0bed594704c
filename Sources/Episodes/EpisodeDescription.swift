import MCAP

/// What the recorder said of an episode, without its records.
public struct EpisodeDescription: Sendable, Equatable {
  /// Where it comes from and what came of it.
  public let entries: [String: String]

  /// Reads a file's description.
  public init(of path: String) throws(EpisodeError) {
    let metadata: [MCAPMetadata]
    do throws(MCAPError) {
      metadata = try MCAPReader(opening: path).metadata()
    } catch {
      throw .file(error)
    }
    guard let known = EpisodeDescription(metadata) else {
      throw .foreign(file: path, missing: "description")
    }
    self = known
  }

  /// Nil when the metadata are of something else.
  init?(_ metadata: [MCAPMetadata]) {
    guard let session = metadata.first(where: { $0.name == EpisodeWriter.sessionName }) else {
      return nil
    }
    let outcome = metadata.first { $0.name == EpisodeWriter.outcomeName }
    entries = session.entries.merging(outcome?.entries ?? [:]) { $1 }
  }
}
