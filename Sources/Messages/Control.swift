/// Asks the reset process to bring the scene back to where an episode may start.
public struct ResetRequest: Sendable, BitwiseCopyable, Equatable {
  /// Episode that the reset prepares.
  public var episode: UInt64
  /// Whether that episode counts in reports.
  public var isEvaluation: Bool
  /// First setpoint sequence that the reset may use.
  public var nextSetpoint: UInt64
  /// First grant sequence that the reset may use.
  public var nextGrant: UInt64

  /// A request of its parts.
  public init(episode: UInt64, isEvaluation: Bool, nextSetpoint: UInt64, nextGrant: UInt64) {
    self.episode = episode
    self.isEvaluation = isEvaluation
    self.nextSetpoint = nextSetpoint
    self.nextGrant = nextGrant
  }
}

/// The scene is ready for an episode.
public struct ResetDone: Sendable, BitwiseCopyable, Equatable {
  /// Last setpoint sequence that the reset used.
  public var setpointSequence: UInt64
  /// Last grant sequence that the reset used.
  public var grantSequence: UInt64
  /// The arm as it stands now.
  public var state: ArmState
  /// Steps that the reset took.
  public var steps: UInt32

  /// An answer of its parts.
  public init(setpointSequence: UInt64, grantSequence: UInt64, state: ArmState, steps: UInt32) {
    self.setpointSequence = setpointSequence
    self.grantSequence = grantSequence
    self.state = state
    self.steps = steps
  }
}

/// A policy's weights on their way from the learner to an actor.
public struct PolicySnapshot: Sendable, Equatable {
  /// Most bytes of a snapshot on the wire: 64 MiB.
  public static let longest = 64 << 20
  /// Number of the snapshot in the learner's series.
  public var version: UInt64
  /// The weights as a safetensors file.
  public var bytes: [UInt8]

  /// A snapshot of its parts.
  public init(version: UInt64, bytes: [UInt8]) {
    self.version = version
    self.bytes = bytes
  }
}

/// One named number of a `Status`.
public struct StatusValue: Sendable, Equatable {
  /// What it is, with its unit.
  public var name: String
  /// The value.
  ///
  /// Need not be finite, so that a diverged loss can be shown.
  public var value: Double

  /// A value of its parts.
  public init(name: String, value: Double) {
    self.name = name
    self.value = value
  }
}

/// Progress of a process, for showing.
public struct Status: Sendable, Equatable {
  /// The sender's role, such as "learner".
  public var role: String
  /// Environment steps so far.
  public var step: UInt64
  /// Episodes so far.
  public var episode: UInt64
  /// Robot time so far [ns].
  public var robotNanoseconds: Int64
  /// Further numbers, at most 1024 on the wire.
  public var values: [StatusValue]
  /// A line for a person.
  public var note: String
  /// The actor that it is about.
  public var actor: UInt32

  /// A status of its parts.
  public init(
    role: String, step: UInt64 = 0, episode: UInt64 = 0, robotNanoseconds: Int64 = 0,
    values: [StatusValue] = [], note: String = "", actor: UInt32 = 0
  ) {
    self.role = role
    self.step = step
    self.episode = episode
    self.robotNanoseconds = robotNanoseconds
    self.values = values
    self.note = note
    self.actor = actor
  }
}
