import Foundation

/// The result of a training, `summary.json`.
public struct Summary: Sendable, Equatable, Codable {
  /// Why a training ended.
  public enum FinishReason: String, Sendable, Codable, CaseIterable {
    /// The wanted success was reached.
    case success
    /// The last environment step was reached.
    case steps
    /// The robot time was used up.
    case robotTime
    /// A person ended it.
    case interrupted
    /// Something broke; the logs say what.
    case fault

    /// Whether it is none of the ends that a training has by itself.
    public var isEarly: Bool { self == .interrupted || self == .fault }
  }

  /// Seed of the session.
  public var seed: UInt64
  /// Folder of the robot.
  public var robot: String
  /// Folder of the task.
  public var task: String
  /// Why the training ended.
  public var finishReason: FinishReason
  /// Environment steps.
  public var steps: Int
  /// Episodes.
  public var episodes: Int
  /// Episodes that were rewarded.
  public var rewardedEpisodes: Int
  /// Critic updates; 0, like all that concerns learning, for an actor of another training.
  public var updates: Int
  /// Critic updates per environment step since the learning started, as achieved.
  public var updatesPerStep: Double
  /// Rewarded share of the last 20 episodes; absent without an episode.
  public var successLast20: Double?
  /// Robot time of the training, resets included, of several arms that of the longest [min].
  public var robotMinutes: Double
  /// Robot time of the demonstrations [min].
  public var demonstrationMinutes: Double
  /// Wall time [min].
  public var wallMinutes: Double
  /// Digest of the replay buffer at the end, hexadecimal: equal for equal runs; empty for one that was cut
  /// off, and for an actor of another training.
  public var replayDigest: String
  /// Digest of everything learned at the end, hexadecimal: equal for equal runs; empty as above.
  public var weightsDigest: String
  /// Each actor by itself; absent in a training of one.
  public var actors: [Actor]?

  /// What came of one actor of several.
  public struct Actor: Sendable, Equatable, Codable {
    /// Its number.
    public var actor: Int
    /// Its environment steps.
    public var steps: Int
    /// Its episodes.
    public var episodes: Int
    /// Its episodes that were rewarded.
    public var rewardedEpisodes: Int
    /// Rewarded share of its last 20 episodes; absent without an episode.
    public var successLast20: Double?
    /// Robot time of its arm, resets included [min].
    public var robotMinutes: Double
    /// Why it left before the training's end; absent where it did not.
    public var left: String?

    /// Figures of their parts.
    public init(
      actor: Int, steps: Int, episodes: Int, rewardedEpisodes: Int, successLast20: Double?,
      robotMinutes: Double, left: String?
    ) {
      self.actor = actor
      self.steps = steps
      self.episodes = episodes
      self.rewardedEpisodes = rewardedEpisodes
      self.successLast20 = successLast20
      self.robotMinutes = robotMinutes
      self.left = left
    }
  }

  /// A summary of its parts.
  public init(
    seed: UInt64, robot: String, task: String, finishReason: FinishReason, steps: Int,
    episodes: Int, rewardedEpisodes: Int, updates: Int, updatesPerStep: Double,
    successLast20: Double?, robotMinutes: Double, demonstrationMinutes: Double,
    wallMinutes: Double, replayDigest: String, weightsDigest: String
  ) {
    self.seed = seed
    self.robot = robot
    self.task = task
    self.finishReason = finishReason
    self.steps = steps
    self.episodes = episodes
    self.rewardedEpisodes = rewardedEpisodes
    self.updates = updates
    self.updatesPerStep = updatesPerStep
    self.successLast20 = successLast20
    self.robotMinutes = robotMinutes
    self.demonstrationMinutes = demonstrationMinutes
    self.wallMinutes = wallMinutes
    self.replayDigest = replayDigest
    self.weightsDigest = weightsDigest
  }

  /// Writes the summary of a run.
  public func write(to folder: RunFolder) throws(MetricsError) {
    try folder.write(jsonText(self, for: folder.summary), to: folder.summary)
  }

  /// The summary of a run.
  public init(of folder: RunFolder) throws(MetricsError) {
    guard let bytes = try wholeFile(folder.summary, upTo: 1 << 20) else {
      throw .refused(file: folder.summary, reason: "cannot be read; has the run ended?")
    }
    do { self = try JSONDecoder().decode(Summary.self, from: Data(bytes)) } catch {
      throw .malformed(file: folder.summary, reason: "is not the summary of a run")
    }
  }
}

/// JSON text of a value for a file: indented, keys in alphabetical order, a line break at the end.
///
/// Throws where a number is not finite.
public func jsonText(_ value: some Encodable, for file: String) throws(MetricsError) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  guard let data = try? encoder.encode(value) else {
    throw .malformed(file: file, reason: "a number to be written is not finite")
  }
  return String(decoding: data, as: UTF8.self) + "\n"
}
