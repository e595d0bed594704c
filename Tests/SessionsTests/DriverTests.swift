import Foundation
import Geometry
import Messages
import Sessions
import Synchronization
import Testing
import Wire

/// A real driver process with the test in its controller's place: whatever comes as a torque, the arm
/// stays within its limits, what is refused is counted, and silence ends in a stop.
@Suite(.serialized) struct DriverTests {
  private let scratch: Scratch
  private let run: String

  init() throws {
    scratch = try Scratch()
    run = scratch.path("r")
  }

  private func driver(
    clock: String = "realtime", _ changes: [String] = [], by starter: [String] = []
  ) throws -> KingletProcess {
    try KingletProcess(
      [
        "driver", "Launch/pcb-insertion.yaml", "run=" + run, "recording=none", "clock=" + clock,
        "placement=process",
      ] + changes, scratch: scratch, by: starter)
  }

  private func context(of seed: Int = 1) throws -> Context {
    try Context(session: SessionMark(of: "\(run)\npanda\npcb-insertion\n\(seed)"))
  }

  private func client(_ socket: String, _ context: Context) throws -> Client {
    try Client(to: Endpoint("ipc://\(run)/sockets/\(socket)"), role: "driver", in: context)
  }

  /// A line on which a session has opened.
  private func openSession(_ context: Context) throws -> Client {
    var session = try client("session", context)
    #expect(try status(&session).mode == .ready)
    return session
  }

  private func port(_ context: Context) throws -> ControllerPort {
    try ControllerPort(
      connect: Endpoint("ipc://\(run)/sockets/arm"), role: "driver", in: context)
  }

  private func status(_ client: inout Client) throws -> DriverStatus {
    guard
      case .driverStatus(let status) = try client.call(.driverStatusRequest, within: .seconds(20))
    else { throw WireError.timedOut(peer: "driver", endpoint: "session", milliseconds: 0) }
    return status
  }

  /// Answers states for a while; gives the largest share of its limit that a joint's speed reached.
  private func answer(
    _ port: inout ControllerPort, ticks: Int, _ torque: (ArmState) -> JointTorque?
  ) throws -> Double {
    // Of the Panda, see Robots/panda/robot.yaml.
    let limits = [2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61]
    var most = 0.0
    // What has waited meanwhile is of ticks that are over.
    while (try? port.receive(within: .zero)) != nil {}
    for _ in 0..<ticks {
      let state = try port.receive(within: .seconds(5))
      for (joint, limit) in limits.enumerated() {
        most = max(most, abs(state.velocity[joint]) / limit)
      }
      if let torque = torque(state) { try port.send(torque, within: .milliseconds(100)) }
    }
    return most
  }

  private func still(_ state: ArmState) -> JointTorque {
    var torque = JointTorque()
    (torque.tick, torque.setpoint) = (state.tick, 1)
    return torque
  }

  /// Waits for a mode; gives the status in it.
  private func awaitMode(
    _ mode: DriverMode, _ client: inout Client, within seconds: Double = 20
  ) throws -> DriverStatus {
    let deadline = DispatchTime.now() + seconds
    while true {
      let status = try status(&client)
      if status.mode == mode { return status }
      try #require(DispatchTime.now() < deadline, "the driver is \(status.mode): \(status.reason)")
      usleep(2000)
    }
  }

  @Test func `torques that are late, early or not finite are refused and counted`()
    throws
  {
    let driver = try driver()
    defer { driver.end() }
    let context = try context()
    var session = try openSession(context)
    var good = try port(context)
    _ = try answer(&good, ticks: 50, still)
    let before = try status(&session)
    #expect([.active, .holding].contains(before.mode))
    // A machine that is short of time makes some late by itself.
    func grown(_ count: (Messages.Refusals) -> UInt64) throws -> UInt64 {
      count(try status(&session).refusals) - count(before.refusals)
    }
    _ = try answer(&good, ticks: 20) { state in
      var torque = still(state)
      torque.tick += 1000
      return torque
    }
    #expect(try grown(\.early) >= 1)
    _ = try answer(&good, ticks: 20) { state in
      var torque = still(state)
      torque.tick -= 5
      return torque
    }
    #expect(try grown(\.late) >= 1)
    _ = try answer(&good, ticks: 20) { state in
      var torque = still(state)
      torque.torque[3] = .nan
      return torque
    }
    #expect(try grown(\.damaged) >= 1)
    // None of them moved the arm: the driver holds it, and then stops it.
    let fault = try awaitMode(.fault, &session)
    #expect(fault.reason.contains("no torque for"), "\(fault.reason)")
    _ = try answer(&good, ticks: 500, still)
    #expect(try grown(\.stopped) >= 1)
    #expect(try status(&session).mode == .fault)
  }

  @Test func `a controller that breaks off with a torque unread is followed by the next`() throws {
    let driver = try driver()
    defer { driver.end() }
    let context = try context()
    var session = try openSession(context)
    // Of a tick to come, so that the driver looks for no other on the tick on which it reads it.
    var early = JointTorque()
    (early.tick, early.setpoint) = (1 << 40, 1)
    var bytes = [UInt8](repeating: 0, count: JointTorque.encodedLength)
    bytes.withUnsafeMutableBytes { early.encode(into: $0) }
    for _ in 0..<10 {
      var broken = try Socket(.pair, peer: "driver", in: context)
      try broken.connect(to: Endpoint("ipc://\(run)/sockets/arm"))
      // More than any message of the tick exchange may have: the driver's end closes the connection.
      let tooLong = [UInt8](repeating: 0, count: 5000)
      for part in [[UInt8]](repeating: context.sealed(bytes), count: 8) + [tooLong] {
        // The driver takes no connection before it has seen the end of the one before.
        for _ in 0..<200 where try !broken.trySend(parts: [part]) { usleep(1000) }
      }
      usleep(20_000)
    }
    #expect(try status(&session).refusals.early > 0)
    var next = try port(context)
    _ = try answer(&next, ticks: 50, still)
    #expect([.active, .holding].contains(try status(&session).mode))
  }

  @Test func `in lock-step a flood of torques for other ticks holds neither a stop nor the world`()
    throws
  {
    let driver = try driver(clock: "lockstep")
    defer { driver.end() }
    let context = try context()
    let end = Mutex(false)
    let place = run
    Thread.detachNewThread {
      guard let endpoint = try? Endpoint("ipc://\(place)/sockets/arm"),
        var port = try? ControllerPort(connect: endpoint, role: "driver", in: context)
      else { return }
      var early = JointTorque()
      (early.tick, early.setpoint) = (1 << 40, 1)
      while !end.withLock({ $0 }) { try? port.send(early, within: .milliseconds(5)) }
    }
    defer { end.withLock { $0 = true } }
    var session = try openSession(context)
    var person = try client("stop", context)
    _ = try status(&person)
    // Nobody ever answers this tick; the driver waits a second for it.
    try session.send(.grant(Grant(sequence: 1, untilTick: 50, setpoint: 0)), within: .seconds(5))
    // Stops are answered meanwhile, and the flood is there.
    let deadline = DispatchTime.now() + 20
    while try status(&person).refusals.early == 0, DispatchTime.now() < deadline { usleep(1000) }
    guard
      case .driverStatus(let stopped) = try person.call(
        .userStop(reason: "the test"), within: .seconds(20))
    else { return #expect(Bool(false), "no status came") }
    #expect(stopped.mode == .userStopped)
    guard case .driverStatus(let answer) = try session.receive(within: .seconds(20)) else {
      return #expect(Bool(false), "the grant was not answered")
    }
    // On a machine that is short of time the driver may have stopped it before, by itself.
    #expect(answer.mode.isStopped && answer.refusals.early > 0, "\(answer)")
  }

  @Test(arguments: [0, 20])
  func `in lock-step a tick that nobody answers stops the arm, which comes to rest by itself`(
    answered: Int
  ) throws {
    let driver = try driver(clock: "lockstep")
    defer { driver.end() }
    let context = try context()
    var session = try openSession(context)
    var port = try port(context)
    try session.send(.grant(Grant(sequence: 1, untilTick: 50, setpoint: 0)), within: .seconds(5))
    _ = try answer(&port, ticks: answered, still)
    guard case .driverStatus(let status) = try session.receive(within: .seconds(20)) else {
      return #expect(Bool(false), "the world went on without its controller")
    }
    #expect(status.mode == .fault && status.stands, "\(status)")
    let words = answered == 0 ? "no torque within 1 s" : "no torque for"
    #expect(status.reason.contains(words), "\(status)")
  }

  @Test func `in lock-step a torque that came many times is no sign of life`() throws {
    let driver = try driver(clock: "lockstep")
    defer { driver.end() }
    let context = try context()
    var session = try openSession(context)
    var port = try port(context)
    try session.send(.grant(Grant(sequence: 1, untilTick: 9, setpoint: 0)), within: .seconds(5))
    var torque = JointTorque()
    repeat {
      torque = still(try port.receive(within: .seconds(5)))
      try port.send(torque, within: .seconds(1))
    } while torque.tick < 9
    guard case .granted = try session.receive(within: .seconds(20)) else {
      return #expect(Bool(false), "the grant was not answered")
    }
    // Between two grants the driver looks for its controller once a second.
    for _ in 0..<12 { try port.send(torque, within: .seconds(1)) }
    sleep(6)
    let status = try status(&session)
    #expect(status.mode == .fault && status.reason.contains("silent"), "\(status)")
  }

  @Test func `a stop is answered at once, and a recovery only where a stopped arm stands`() throws {
    let driver = try driver(["robot.safety.standingTime=0.2"])
    defer { driver.end() }
    let context = try context()
    _ = try openSession(context)
    var person = try client("stop", context)
    let early = #expect(throws: WireError.self) {
      try person.call(.recover(reason: "too early"), within: .seconds(20))
    }
    #expect("\(try #require(early))".contains("not stopped"))
    // One behind the other, so that the arm has no time to be seen standing.
    try person.send(.userStop(reason: "the test"), within: .seconds(5))
    try person.send(.recover(reason: "too soon"), within: .seconds(5))
    guard case .driverStatus(let stopped) = try person.receive(within: .seconds(20)) else {
      return #expect(Bool(false), "the stop was not answered")
    }
    #expect(stopped.mode == .userStopped && stopped.reason == "the test", "\(stopped)")
    let soon = #expect(throws: WireError.self) { try person.receive(within: .seconds(20)) }
    #expect("\(try #require(soon))".contains("not come to rest"))
    let deadline = DispatchTime.now() + 20
    while try !status(&person).stands {
      try #require(DispatchTime.now() < deadline, "the arm does not come to rest")
      usleep(2000)
    }
    guard
      case .driverStatus(let ready) = try person.call(
        .recover(reason: "the test"), within: .seconds(20))
    else { return #expect(Bool(false), "the recovery was not answered") }
    #expect(ready.mode == .ready, "\(ready)")
  }

  @Test func `another session's torques are none`() throws {
    let driver = try driver()
    defer { driver.end() }
    var session = try openSession(try context())
    var foreign = try port(try context(of: 2))
    for tick in 0..<200 {
      var torque = JointTorque()
      (torque.tick, torque.setpoint) = (Int64(tick), 1)
      torque.torque[1] = 50
      try foreign.send(torque, within: .seconds(5))
      usleep(500)
    }
    let status = try status(&session)
    #expect(status.refusals.foreign >= 100 && status.mode == .ready, "\(status)")
  }

  @Test(arguments: [1e6, -1e6])
  func `a controller gone mad moves no joint beyond its speed, and is stopped`(torque: Double)
    throws
  {
    // As it is at a terminal, wherever the tests run.
    let before = signal(SIGHUP, SIG_DFL)
    let driver = try driver()
    signal(SIGHUP, before)
    defer { driver.end() }
    let context = try context()
    var session = try openSession(context)
    var mad = try port(context)
    _ = try answer(&mad, ticks: 20, still)
    let most = try answer(&mad, ticks: 2000) { state in
      var answer = still(state)
      for joint in 0..<JointVector.count { answer.torque[joint] = torque }
      return answer
    }
    #expect(most <= 1, "a joint came to \(most) of its speed limit")
    // Torques arrived all the time, so it was no silence that stopped it.
    let fault = try awaitMode(.fault, &session)
    #expect(!fault.reason.contains("no torque"), "\(fault.reason)")
    #expect(fault.refusals.stopped > 0)
    // What was asked, and what became of it, stands in the run's journal, and why the arm was stopped.
    kill(driver.process.processIdentifier, torque > 0 ? SIGTERM : SIGHUP)
    let end = try driver.finish(within: 20)
    #expect(driver.process.terminationReason == .exit, "\(end.errors)")
    let journal = try String(contentsOfFile: run + "/interventions.jsonl", encoding: .utf8)
    let lines = journal.split(separator: "\n")
    let asked = torque > 0 ? "\"asked\":[1000000," : "\"asked\":[-1000000,"
    #expect(lines.contains { $0.contains("\"by\":\"driver\"") && $0.contains(asked) })
    #expect(lines.contains { $0.contains("\"kind\":\"stop\"") && $0.contains("dampedStop") })
  }

  /// As `launch` ends it or a person does, and as a session ends in good order.
  @Test(arguments: [("realtime", true), ("realtime", false), ("lockstep", true)])
  func `a driver that ends brings a moving arm to rest before`(clock: String, isTold: Bool) throws {
    let driver = try driver(clock: clock)
    defer { driver.end() }
    let context = try context()
    var session = try openSession(context)
    var port = try port(context)
    if clock == "lockstep" {
      let grant = Grant(sequence: 1, untilTick: 5000, setpoint: 0)
      try session.send(.grant(grant), within: .seconds(5))
    }
    _ = try answer(&port, ticks: 20, still)
    var speed = 0.0
    for _ in 0..<3000 where speed < 0.3 {
      let state = try port.receive(within: .seconds(5))
      speed = abs(state.velocity[0])
      var torque = still(state)
      torque.torque[0] = 8
      try port.send(torque, within: .seconds(1))
    }
    try #require(speed >= 0.3)
    if isTold {
      kill(driver.process.processIdentifier, SIGTERM)
    } else {
      try session.send(.stop(reason: "the test"), within: .seconds(5))
    }
    let end = try driver.finish(within: 20)
    #expect(end.status == (isTold ? 1 : 0), "\(end.errors)")
    let last = try #require(FlightView(run: run)?.latest)
    for joint in 0..<JointVector.count {
      #expect(abs(last.velocity[joint]) < 0.02, "joint \(joint): \(end.errors)")
    }
  }

  @Test func `a driver whose words nobody takes works on, is stopped, and ends`() throws {
    let words = scratch.path("words")
    try #require(mkfifo(words, 0o600) == 0)
    let pipe = open(words, O_RDWR | O_NONBLOCK)
    defer { close(pipe) }
    let page = [UInt8](repeating: 46, count: 4096)
    while write(pipe, page, page.count) > 0 {}
    let driver = try driver(by: ["/bin/sh", "-c", "exec \"$0\" \"$@\" 2>'\(words)'"])
    defer { driver.end() }
    let context = try context()
    var session = try openSession(context)
    var port = try port(context)
    _ = try answer(&port, ticks: 100, still)
    var person = try client("stop", context)
    _ = try person.call(.userStop(reason: "the test"), within: .seconds(20))
    #expect(try status(&session).mode == .userStopped)
    _ = try answer(&port, ticks: 100, still)
    kill(driver.process.processIdentifier, SIGTERM)
    #expect(try driver.finish(within: 20).status == 1)
  }
}
