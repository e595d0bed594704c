/// Whatever the processes of a session say to each other outside the 1 kHz path.
public enum Message: Sendable, Equatable {
  /// A process lives; `progress` grows with its work, so that a stuck one shows.
  case heartbeat(role: String, process: Int32, progress: UInt64)
  /// A process is ready to serve.
  case ready(role: String)
  /// End yourself in good order.
  case stop(reason: String)
  /// The request cannot be fulfilled.
  case failure(reason: String)
  /// Progress for showing.
  case status(Status)
  /// Start an episode; answered by `episodeStarted`.
  case episodeStart(EpisodeStart)
  /// The arm at the episode's start.
  case episodeStarted(ArmState)
  /// Let simulated time run up to a tick; answered by `granted`.
  case grant(Grant)
  /// The arm at the granted tick.
  case granted(ArmState)
  /// A goal for the controller; answered by `setpointAccepted`.
  case setpoint(Setpoint)
  /// The goal has arrived; what the safety filter did since this was last told.
  case setpointAccepted(sequence: UInt64, safety: SafetyInterventions = SafetyInterventions())
  /// Forget the episode before.
  case judgeStart
  /// Judge the step that ended in this state; answered by `judgement`.
  case judge(ArmState)
  /// The verdict on a step.
  case judgement(Judgement)
  /// Bring the scene back; answered by `resetDone`.
  case reset(ResetRequest)
  /// The scene is ready.
  case resetDone(ResetDone)
  /// Experience for the learner, in order of sequence; answered by `transitionsAccepted`.
  case transitions([Transition], actor: UInt32 = 0)
  /// The learner holds every transition below `nextSequence`.
  case transitionsAccepted(nextSequence: UInt64)
  /// Asks for a policy not older than a version; answered by `policy`.
  case policyRequest(minimumVersion: UInt64, actor: UInt32 = 0)
  /// A policy.
  case policy(PolicySnapshot)
  /// Asks for the truth; answered by `truth`.
  case truthRequest
  /// What only the simulator knows.
  case truth(Truth)
  /// Asks, between two episodes, whether the training goes on; answered by `training`.
  case trainingRequest(actor: UInt32, nextSequence: UInt64)
  /// Why the training is over, empty while it goes on, for the sequence that was asked for.
  case training(finish: String, nextSequence: UInt64)
  /// An actor has sent its last transition, or will send none any more; answered by
  /// `transitionsAccepted`.
  case actorLeft(actor: UInt32, reason: String)
  /// Asks for fingerprints of what the learner holds once every actor has left; answered by
  /// `learnerDigest`.
  case learnerDigestRequest
  /// Hashes of the replay buffer's content and of the weights, for comparing runs.
  case learnerDigest(replay: UInt64, weights: UInt64)
  /// Begin the next episode of a served session; answered by `environmentState`.
  case environmentReset
  /// Act for one step, each number in -1…1; answered by `environmentState`.
  case environmentStep(action: [Float])
  /// Where the episode stands: at its start, or after a step.
  case environmentState(EnvironmentState)
  /// The episode is over; answered by `episodeEnded`.
  case episodeEnd(episode: UInt64)
  /// The driver has told the recorder all of it.
  case episodeEnded
  /// Asks the controller what it goes on from; answered by `control`.
  case controlRequest
  /// What the controller goes on from; sent to a controller, it goes on from there.
  case control(ControlSnapshot)
  /// Asks for the safety filter's interventions; answered by `safety`.
  case safetyRequest
  /// The interventions since the last time.
  case safety(SafetyInterventions)
  /// Lets a simulated arm go on from a snapshot; answered by `episodeStarted`.
  case worldRestore(EpisodeStart, WorldSnapshot)
  /// Records of an episode; answered by `recordsAccepted` in lock-step.
  case records(Records)
  /// What the recorder holds of a sender's part: all before this number.
  case recordsAccepted(episode: UInt64, sender: RecordSender, nextSequence: UInt64)
  /// An episode begins to be recorded; answered by `recordAccepted`.
  case recordStart(EpisodeOrigin, at: RecordTime)
  /// An episode has been recorded, and what came of it; answered by `recordAccepted`.
  case recordEnd(episode: UInt64, outcome: [String: String])
  /// The recorder knows.
  case recordAccepted
  /// A person stops the arm; answered by `driverStatus`.
  case userStop(reason: String)
  /// A person lets go of a stopped arm; answered by `driverStatus`, or `failure` while it moves.
  case recover(reason: String)
  /// Asks how the driver stands; answered by `driverStatus`.
  case driverStatusRequest
  /// How the driver stands; also the answer to any request that a stopped arm does not fulfil.
  case driverStatus(DriverStatus)
}

/// How long parts of a message may be.
enum Limit {
  /// Transitions of one message.
  static let transitions = 4096
  /// Numbers of an observation or an action.
  static let numbers = 1024
  /// Named values of a status.
  static let statusValues = 1024
  /// Numbers of a simulator's state.
  static let integration = 65536
  /// Bodies that an episode moved in the model.
  static let placements = 64
  /// Entries of an episode's outcome.
  static let outcome = 64
  /// Bytes of a message that holds neither transitions nor a policy.
  static let ordinary = 1 << 20
}

extension Message {
  /// Most bytes of an encoded message: a policy of 64 MiB and its envelope.
  public static let longest = PolicySnapshot.longest + 1024
}
