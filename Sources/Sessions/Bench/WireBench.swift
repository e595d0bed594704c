import Foundation
import Messages
import Metrics
import RealTime
import Recipes
import SimulatedWorld
import Wire

/// What the tick exchange costs between this process and a real `kinglet controller` process.
public struct WireReport: Report {
  /// Exchanges measured.
  public var exchanges: Int
  /// From sending a state to holding its torque: encoding, ZeroMQ both ways, control law, safety,
  /// decoding [µs].
  public var roundTripMicroseconds: Spread
  /// The same two lengths of bytes to a process that sends back without looking, with no polling
  /// before a wait sleeps [µs].
  public var floorMicroseconds: Spread
  /// The same with both ends polling before a wait sleeps, as driver and controller do [µs].
  public var pollingFloorMicroseconds: Spread
  /// Length of a state [bytes].
  public var stateBytes: Int
  /// Length of a torque [bytes].
  public var torqueBytes: Int

  /// The report for a person.
  public var text: String {
    """
    wire, a controller process over ipc, \(exchanges) exchanges of \(stateBytes) and \
    \(torqueBytes) bytes
      state to torque \(roundTripMicroseconds.text)
      bare floor      \(floorMicroseconds.text)
        polling       \(pollingFloorMicroseconds.text)
    """
  }
}

/// Exchanges ticks with a controller process, and bytes with an echo process.
struct WireBench {
  private let session: SessionContext
  private let folder: RunFolder
  private let warmUp = 500

  /// Makes a run folder of its own beneath the system's temporary one.
  init(_ recipe: SessionRecipe) throws {
    var recipe = recipe
    recipe.launch.placement = .process
    recipe.launch.endpoints = .ipc
    recipe.launch.security.keys = nil
    recipe.launch.hosts.learner = nil
    let name = "kinglet-bench-\(ProcessInfo.processInfo.processIdentifier)"
    recipe.launch.run = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    folder = try RunFolder(creating: recipe.launch.run, earlierRun: .replace)
    try folder.write(
      recipe.resolvedYAML(revision: "bench", date: isoDate()), to: folder.resolvedRecipe)
    session = try SessionContext(recipe: recipe, isSupervised: false)
  }

  /// Measures, and removes the folder.
  func run(exchanges: Int) throws -> WireReport {
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    return WireReport(
      exchanges: exchanges,
      roundTripMicroseconds: try timeController(exchanges: exchanges),
      floorMicroseconds: try timeEcho(exchanges: exchanges, isPolling: false),
      pollingFloorMicroseconds: try timeEcho(exchanges: exchanges, isPolling: true),
      stateBytes: ArmState.encodedLength, torqueBytes: JointTorque.encodedLength)
  }

  private func timeController(exchanges: Int) throws -> Spread {
    var processes = try SessionProcesses(session, folder: folder)
    do {
      var port = try DriverPort(
        bind: Endpoint(session.endpoints[.arm]), role: "controller", in: session.context,
        spin: SessionContext.spin, stop: session.stopCheck)
      try processes.start([.controller])
      let spread = try time(exchanges, over: &port)
      var controller = try session.client(of: .setpoint, role: "controller")
      try controller.send(.stop(reason: "the bench is over"), within: .seconds(1))
      processes.stop(grace: .seconds(5))
      return spread
    } catch {
      let failure = processes.explain(error)
      processes.stop(grace: .zero)
      throw failure
    }
  }

  /// The arm stands at home: what is timed is the exchange.
  private func time(_ exchanges: Int, over port: inout DriverPort) throws -> Spread {
    let arm = try SimulatedArm(WorldConfiguration(session.recipe), seed: session.recipe.launch.seed)
    var state = arm.read()
    var times: [Int64] = []
    times.reserveCapacity(exchanges)
    for tick in 0..<Int64(exchanges + warmUp) {
      state.tick = tick
      let start = MonotonicClock.now
      try port.send(state, within: .seconds(2))
      let torque = try port.receive(within: .seconds(2))
      if tick >= warmUp { times.append(MonotonicClock.now - start) }
      guard torque.tick == tick else {
        throw SessionFailure("the controller answered tick \(torque.tick) for tick \(tick)")
      }
    }
    return Spread(nanoseconds: times)
  }

  private func timeEcho(exchanges: Int, isPolling: Bool) throws -> Spread {
    let endpoint = try Endpoint("ipc://\(folder.path)/echo-\(isPolling)")
    var socket = try Socket(
      .pair, peer: "echo", in: session.context, stop: session.stopCheck)
    try socket.bind(to: endpoint)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "bench", "echo", endpoint.description, "--supervised-by",
      String(ProcessInfo.processInfo.processIdentifier),
    ]
    if isPolling { process.arguments?.append("--polling") }
    process.standardInput = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let spread = try time(exchanges, over: &socket, spin: isPolling ? SessionContext.spin : .zero)
    try socket.send(UnsafeRawBufferPointer(start: nil, count: 0), within: .seconds(1))
    process.waitUntilExit()
    return spread
  }

  private func time(
    _ exchanges: Int, over socket: inout Socket, spin longest: Duration
  ) throws -> Spread {
    var spin = Spin(longest: longest)
    var bytes = [UInt8](repeating: 0, count: ArmState.encodedLength)
    var times: [Int64] = []
    times.reserveCapacity(exchanges)
    for index in 0..<(exchanges + warmUp) {
      let start = MonotonicClock.now
      try bytes.withUnsafeMutableBytes { buffer in
        try socket.send(UnsafeRawBufferPointer(buffer), within: .seconds(5))
        if try spin.receive(from: &socket, into: buffer) == nil {
          _ = try socket.receive(into: buffer, within: .seconds(5))
        }
      }
      if index >= warmUp { times.append(MonotonicClock.now - start) }
    }
    return Spread(nanoseconds: times)
  }
}

extension Commands {
  /// Measures the tick exchange between processes: `kinglet bench wire`.
  public static func benchWire(
    file: String, overrides: [String], exchanges: Int
  ) throws -> WireReport {
    let recipe = try SessionRecipe.load(launchFile: file, overrides: overrides)
    return try WireBench(recipe).run(exchanges: exchanges)
  }

  /// The other end of the bare floor: answers each message of a state's length with one of a
  /// torque's, until an empty one comes or none comes for five seconds.
  public static func benchEcho(endpoint: String, isPolling: Bool, supervisor: Int32) throws {
    try ParentWatch.dieWithParent(supervisor, by: .kill)
    var socket = try Socket(.pair, peer: "bench", in: Context())
    try socket.connect(to: Endpoint(endpoint))
    var spin = Spin(longest: isPolling ? SessionContext.spin : .zero)
    var bytes = [UInt8](repeating: 0, count: ArmState.encodedLength)
    var isOver = false
    while !isOver {
      try bytes.withUnsafeMutableBytes { buffer in
        let count =
          try spin.receive(from: &socket, into: buffer)
          ?? socket.receive(into: buffer, within: .seconds(5))
        isOver = count == 0
        guard !isOver else { return }
        try socket.send(
          UnsafeRawBufferPointer(rebasing: buffer[..<JointTorque.encodedLength]),
          within: .seconds(5))
      }
    }
  }
}
