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

/// How a driver stands after a person's word.
public struct DriverReport: Report {
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

  init(_ status: DriverStatus) {
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
  /// Stops the arm of a running session: `kinglet stop`.
  public static func stop(run: String, because reason: String) throws -> DriverReport {
    var link = try StopLink(run: run)
    return DriverReport(try link.stop(because: reason))
  }

  /// Lets a stopped arm go on: `kinglet recover`.
  public static func recover(run: String, because reason: String) throws -> DriverReport {
    var link = try StopLink(run: run)
    return DriverReport(try link.recover(because: reason))
  }
}
