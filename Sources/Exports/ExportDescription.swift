/// What all episodes of an export have in common.
public struct ExportDescription: Sendable, Equatable {
  /// The robot, such as `panda`.
  public var robotType: String
  /// Steps per second, at least 1 [Hz].
  public var framesPerSecond: Int
  /// One name per number of an observation.
  public var observationNames: [String]
  /// One name per number of an action.
  public var actionNames: [String]
  /// Name of the environment, for robomimic's `env_args`.
  public var environment: String

  /// A description of its parts.
  public init(
    robotType: String, framesPerSecond: Int, observationNames: [String], actionNames: [String],
    environment: String
  ) {
    self.robotType = robotType
    self.framesPerSecond = framesPerSecond
    self.observationNames = observationNames
    self.actionNames = actionNames
    self.environment = environment
  }

  /// So that the statistics of some hundreds of episodes fit into one Parquet page.
  package static let mostNames = 1 << 16

  /// Throws the first reason why nothing can be exported under this description.
  package func check() throws(ExportError) {
    guard framesPerSecond >= 1 else {
      throw .malformedDescription(
        reason: "\(framesPerSecond) frames per second; it must be at least 1")
    }
    for (what, names) in [("observation", observationNames), ("action", actionNames)] {
      guard !names.isEmpty else {
        throw .malformedDescription(reason: "no \(what) is named; each number needs a name")
      }
      guard names.count <= Self.mostNames else {
        throw .malformedDescription(
          reason: "\(names.count) \(what) names; at most \(Self.mostNames) are possible")
      }
      var seen: Set<String> = []
      for name in names where name.isEmpty || !seen.insert(name).inserted {
        throw .malformedDescription(
          reason: "\(what) name \"\(name)\" is empty or used twice; each number needs its own")
      }
    }
    let texts = observationNames + actionNames + [robotType, environment]
    guard texts.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw .malformedDescription(reason: "a name holds a NUL character, which no format can keep")
    }
  }
}

/// What an export has written.
public struct ExportSummary: Sendable, Equatable {
  /// The finished folder or file.
  public let path: String
  /// Number of episodes.
  public let episodes: Int
  /// Number of steps of all episodes.
  public let steps: Int
  /// Size of all files together [bytes].
  public let byteCount: Int
}
