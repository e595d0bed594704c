public import GRDB

/// What the catalogue knows of a recorded episode.
public struct CatalogueEntry: Codable, Equatable, Sendable, FetchableRecord, PersistableRecord {
  /// Table of the entries.
  public static let databaseTableName = "episode"

  /// The file.
  public var file: String
  /// Its size [bytes].
  public var bytes: Int64
  /// When it was last changed, since 1970 [ns].
  public var modified: Int64
  /// The run's folder.
  public var run: String
  /// Folder of `Tasks/`.
  public var task: String
  /// Folder of `Robots/`.
  public var robot: String
  /// Episode number in its session.
  public var episode: Int64
  /// Whether it is one that counts in reports.
  public var isEvaluation: Bool
  /// Seed of the session.
  public var seed: String
  /// When it began, ISO 8601 in UTC.
  public var started: String
  /// Steps.
  public var steps: Int
  /// Robot time from the first observation to the last [s].
  public var seconds: Double
  /// Whether the reward source called it a success.
  public var isRewarded: Bool
  /// Whether it truly succeeded; nil where nobody knows.
  public var isSuccess: Bool?
  /// Whether a stop of the arm or the session's end cut it short: then it neither succeeded nor failed.
  public var isCut: Bool
  /// Largest true contact force [N]; nil where nobody knows.
  public var peakForce: Double?
  /// Version of the policy at its start.
  public var policyVersion: Int64
  /// What is wrong with the file; nil when it is complete.
  public var fault: String?

  /// Whether it succeeded: truly where that is known, else by its reward.
  public var hasSucceeded: Bool { !isCut && (isSuccess ?? isRewarded) }

  /// An entry of a file of which nothing else is known.
  public init(file: String, bytes: Int64, modified: Int64) {
    self.file = file
    self.bytes = bytes
    self.modified = modified
    (run, task, robot, episode, isEvaluation) = ("", "", "", 0, false)
    (seed, started, steps, seconds, isRewarded) = ("", "", 0, 0, false)
    (isCut, policyVersion) = (false, 0)
  }
}

/// Which episodes to list.
public struct CatalogueFilter: Equatable, Sendable {
  /// Task, exactly.
  public var task: String?
  /// Part of the run's name.
  public var run: String?
  /// Whether it succeeded: truly where that is known, else by its reward; one that was cut short does
  /// neither.
  public var success: Bool?
  /// Fewest and most steps.
  public var steps: ClosedRange<Int>?
  /// Largest contact force at most [N].
  public var force: Double?
  /// Begun on this day or later, such as 2026-11-26.
  public var since: String?
  /// Begun before this day.
  public var before: String?

  /// Everything.
  public init() {}
}
