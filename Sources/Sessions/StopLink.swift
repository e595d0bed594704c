import Foundation
import Messages
import Metrics
import Recipes
import Wire

/// A person's line to a session's driver: stop, let go on, ask.
struct StopLink: ~Copyable {
  private var client: Client
  private let run: String
  private static let patience = Duration.seconds(2)

  init(_ session: SessionContext) throws {
    let client = try session.client(of: .stop, role: "driver")
    run = session.recipe.launch.run
    self.client = client
  }

  /// A line to the session of a run's folder, wherever that stands seen from here.
  ///
  /// `tapped` are meetings that `kinglet chaos` stands before.
  init(run: String, tapped: Set<Meeting> = Meeting.tapped) throws {
    let folder = try RunFolder(opening: run)
    let known = try SessionRecipe(resolved: folder.resolvedRecipe)
    var here = known.launch
    here.run = run
    let security = try SessionContext.security(of: known.launch)
    let context = try Context(session: SessionMark(known.launch), security: security)
    let client = try Client(
      to: Endpoint(Endpoints(recipe: here).toward(.stop, tapped: tapped), security: security),
      role: "driver", in: context)
    self.run = run
    self.client = client
  }

  /// How the driver stands.
  mutating func status() throws -> DriverStatus { try ask(.driverStatusRequest) }

  /// Stops the arm.
  mutating func stop(because reason: String) throws -> DriverStatus {
    try ask(.userStop(reason: reason))
  }

  /// Lets a stopped arm go on.
  mutating func recover(because reason: String) throws -> DriverStatus {
    // A driver that does not answer now must not be let go later.
    _ = try status()
    return try ask(.recover(reason: reason))
  }

  /// Sends a message without waiting for its answer.
  mutating func hint(_ message: Message) { try? client.send(message, within: .zero) }

  private mutating func ask(_ message: Message) throws -> DriverStatus {
    do {
      guard case .driverStatus(let status) = try client.call(message, within: Self.patience) else {
        throw SessionFailure("the driver sent an answer of another kind; are both of one version?")
      }
      return status
    } catch WireError.failed(_, _, let reason) {
      throw SessionFailure(reason)
    } catch WireError.timedOut, WireError.cannotSend {
      throw SessionFailure(
        "\(run): no session answers within 2 s; none runs there, or its driver hangs")
    }
  }
}

/// How the arms of a training stand after a person's word.
public struct StopReport: Report {
  /// Each arm that has answered.
  public var arms: [DriverReport] = []
  /// One line for each that has not.
  public var failures: [String] = []

  /// The report for a person.
  public var text: String {
    let isAlone = arms.count + failures.count == 1
    return (arms.map { isAlone ? $0.text : "\($0.run): \($0.text)" } + failures)
      .joined(separator: "\n")
  }
}

/// How a driver stands after a person's word.
public struct DriverReport: Report {
  /// Folder of its session.
  public var run: String
  /// What the driver does, see `DriverMode`.
  public var mode: String
  /// Why.
  public var reason: String
  /// Robot time since which it does so [s].
  public var sinceSeconds: Double
  /// Whether the arm was stopped and has come to rest; false once it is let go on.
  public var stands: Bool
  /// Messages that the driver has refused since its start, apart from the torques that a stopped arm does
  /// not take.
  public var refused: UInt64
  private var isStopped: Bool

  private enum CodingKeys: CodingKey { case run, mode, reason, sinceSeconds, stands, refused }

  init(_ status: DriverStatus, of run: String) {
    self.run = run
    mode = "\(status.mode)"
    reason = status.reason
    sinceSeconds = Double(status.since) * 1e-9
    stands = status.stands
    refused = status.refusals.total &- status.refusals.stopped
    isStopped = status.mode.isStopped
  }

  /// The report for a person.
  public var text: String {
    "\(mode): \(reason)" + (stands ? "; the arm stands" : "")
      + (refused > 0 ? "; \(refused) messages refused so far" : "")
      + (isStopped ? "; `kinglet recover \(run)` lets it go on" : "")
  }
}

extension Commands {
  /// Stops the arms of a running session: `kinglet stop`.
  ///
  /// The report names those that do not answer; throws where none does.
  public static func stop(run: String, because reason: String) throws -> StopReport {
    try stop(run: run, because: reason, tapped: Meeting.tapped)
  }

  /// See `stop(run:because:)`; `tapped` are meetings that `kinglet chaos` stands before.
  static func stop(
    run: String, because reason: String, tapped: Set<Meeting>
  ) throws -> StopReport {
    let arms = try arms(of: run)
    // None waits for the answer of another.
    for arm in arms {
      if var link = try? StopLink(run: arm.run, tapped: tapped) {
        link.hint(.userStop(reason: reason))
      }
    }
    var report = StopReport()
    for arm in arms {
      do {
        var link = try StopLink(run: arm.run, tapped: tapped)
        report.arms.append(DriverReport(try link.stop(because: reason), of: arm.run))
      } catch {
        // What a session has left behind that is no more answers nothing.
        if arm.isHeld { report.failures.append("\(error)") }
      }
    }
    guard !report.arms.isEmpty else {
      throw SessionFailure(
        report.failures.isEmpty
          ? "\(run): no arm answers; none runs there" : report.failures.joined(separator: "; "))
    }
    return report
  }

  /// Lets a stopped arm go on: `kinglet recover`.
  public static func recover(run: String, because reason: String) throws -> StopReport {
    let folder = try RunFolder(opening: run)
    guard try SessionRecipe(resolved: folder.resolvedRecipe).launch.holdsArm else {
      let stopped = try arms(of: run).filter { arm in
        guard arm.isHeld, var link = try? StopLink(run: arm.run), let status = try? link.status()
        else {
          return false
        }
        return status.mode.isStopped
      }
      throw SessionFailure(
        stopped.isEmpty
          ? "\(run): none of its arms is stopped"
          : "\(run): holds no arm itself; look at each arm that is stopped, and let it go by itself: "
            + stopped.map { "`kinglet recover \($0.run)`" }.joined(separator: ", "))
    }
    var link = try StopLink(run: run)
    return StopReport(arms: [DriverReport(try link.recover(because: reason), of: run)])
  }

  /// Folders of the sessions that hold an arm for a training on this machine, or may: its own, and those in
  /// it where somebody works now or a driver has bound its stop.
  private static func arms(of run: String) throws -> [(run: String, isHeld: Bool)] {
    let beside = sessions(beside: run).map { (run: $0, isHeld: true) }
    let folder: RunFolder
    do { folder = try RunFolder(opening: run) } catch {
      // Before a training come its demonstrations.
      guard !beside.isEmpty else { throw error }
      return beside
    }
    let launch = try SessionRecipe(resolved: folder.resolvedRecipe).launch
    let own = (launch.holdsArm ? [(run: run, isHeld: true)] : []) + beside
    guard launch.joins == nil else { return own }
    let joined = (0..<LaunchRecipe.mostActors).map { actor in
      let place = LaunchRecipe.folder(of: actor, in: run)
      return (run: place, isHeld: RunFolder.isHeld(place))
    }
    return own
      + joined.filter {
        $0.isHeld || FileManager.default.fileExists(atPath: $0.run + "/sockets/stop")
      }
  }

  /// Sessions that hold an arm for a run now and are not its training: its demonstrations, and the
  /// evaluations of its policy.
  private static func sessions(beside run: String) -> [String] {
    let inside = (try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []
    let evaluations = inside.filter { $0.hasPrefix(evaluationPrefix) }.sorted()
    return ([run + demonstrationSuffix] + evaluations.map { run + "/" + $0 }).filter {
      FileManager.default.fileExists(atPath: $0) && RunFolder.isHeld($0)
    }
  }
}
