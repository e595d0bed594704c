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
  init(run: String) throws {
    let folder = try RunFolder(opening: run)
    let known = try SessionRecipe(resolved: folder.resolvedRecipe)
    var here = known.launch
    here.run = run
    let security = try SessionContext.security(of: known.launch)
    let context = try Context(session: SessionMark(known.launch), security: security)
    let client = try Client(
      to: Endpoint(Endpoints(recipe: here)[.stop], security: security), role: "driver", in: context)
    self.run = run
    self.client = client
  }

  /// Stops the arm.
  mutating func stop(because reason: String) throws -> DriverStatus {
    try ask(.userStop(reason: reason))
  }

  /// Lets a stopped arm go on.
  mutating func recover(because reason: String) throws -> DriverStatus {
    // A driver that does not answer now must not be let go later.
    _ = try ask(.driverStatusRequest)
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
  /// Each arm.
  public var arms: [DriverReport]

  /// The report for a person.
  public var text: String {
    arms.count == 1
      ? arms[0].text : arms.map { "\($0.run): \($0.text)" }.joined(separator: "\n")
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
  /// Whether the arm stands.
  public var stands: Bool
  /// Messages that the driver has refused since its start.
  public var refused: UInt64

  init(_ status: DriverStatus, of run: String) {
    self.run = run
    mode = "\(status.mode)"
    reason = status.reason
    sinceSeconds = Double(status.since) * 1e-9
    stands = status.stands
    refused = status.refusals.total
  }

  /// The report for a person.
  public var text: String {
    "\(mode): \(reason)" + (stands ? "; the arm stands" : "")
      + (refused > 0 ? "; \(refused) messages refused so far" : "")
  }
}

extension Commands {
  /// Stops the arms of a running session: `kinglet stop`.
  ///
  /// Throws where one does not answer, after every other has been stopped.
  public static func stop(run: String, because reason: String) throws -> StopReport {
    let arms = try arms(of: run)
    // None waits for the answer of another.
    for arm in arms {
      if var link = try? StopLink(run: arm.run) { link.hint(.userStop(reason: reason)) }
    }
    var report = StopReport(arms: [])
    var failures: [String] = []
    for arm in arms {
      do {
        var link = try StopLink(run: arm.run)
        report.arms.append(DriverReport(try link.stop(because: reason), of: arm.run))
      } catch {
        // What a session has left behind that is no more answers nothing.
        if arm.isHeld { failures.append("\(error)") }
      }
    }
    let stopped = report.arms.map(\.run).joined(separator: ", ")
    guard failures.isEmpty, !report.arms.isEmpty else {
      throw SessionFailure(
        (failures.isEmpty ? ["\(run): no arm answers; none runs there"] : failures)
          .joined(separator: "; ") + (stopped.isEmpty ? "" : "; stopped: \(stopped)"))
    }
    return report
  }

  /// Lets a stopped arm go on: `kinglet recover`.
  public static func recover(run: String, because reason: String) throws -> StopReport {
    let folder = try RunFolder(opening: run)
    guard try SessionRecipe(resolved: folder.resolvedRecipe).launch.holdsArm else {
      let held = try arms(of: run).filter(\.isHeld).map(\.run)
      throw SessionFailure(
        "\(run): holds no arm itself; look at each of its actors' arms, and let it go by itself: "
          + (held.isEmpty ? "none runs" : held.joined(separator: ", ")))
    }
    var link = try StopLink(run: run)
    return StopReport(arms: [DriverReport(try link.recover(because: reason), of: run)])
  }

  /// Folders of the sessions that hold an arm for a training on this machine, or may: its own, and those in
  /// it where somebody works now or a driver has bound its stop.
  private static func arms(of run: String) throws -> [(run: String, isHeld: Bool)] {
    let folder = try RunFolder(opening: run)
    let launch = try SessionRecipe(resolved: folder.resolvedRecipe).launch
    let own = launch.holdsArm ? [(run: run, isHeld: true)] : []
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
}
