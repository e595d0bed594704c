import Foundation
import Fuzzing
import Messages
import Wire

extension FuzzTarget {
  /// A driver whose controller is a rogue.
  static let arm = FuzzTarget(name: "process.arm", form: .framed, weight: 2) { place in
    var samples = FuzzSamples(seed: place.seed)
    let inputs = (0..<4).map { index in
      var torque = samples.torque()
      // Counted from the state that it answers: else none would be in time.
      torque.tick = Int64(index / 3)
      return Frames([torque.bytes]).bytes
    }
    return (inputs, ArmReader(place))
  }
}

/// A driver in real time, which reads the socket of its controller each millisecond.
final class ArmReader: FuzzReader {
  private let place: FuzzPlace
  private var bed: SessionBed?
  private var rogue: RogueController?
  private var count = 0

  init(_ place: FuzzPlace) { self.place = place }

  /// Of the driver.
  var residentBytes: Int { bed?.residentBytes ?? 0 }

  func take(_ input: [UInt8]) throws {
    let parts = Frames(decoding: input).parts
    let (bed, rogue) = try driver()
    count += 1
    do {
      let isTaken = try rogue.answer(parts)
      if count % 4 == 0 { try expectReading(bed, rogue) }
      if !isTaken { throw SessionFailure("no torque") }
    } catch let ending as NamedEnding {
      (self.bed, self.rogue) = (nil, nil)
      throw ending
    }
  }

  private func driver() throws -> (SessionBed, RogueController) {
    if let bed, let rogue { return (bed, rogue) }
    let bed = try SessionBed(
      place, role: .driver, sockets: [.stop], good: (.driverStatusRequest, .session),
      overrides: [
        "placement=process", "clock=realtime", "realtime.lockMemory=false", "realtime.priority=0",
        "realtime.cpu=none",
      ])
    let rogue = try RogueController(bed)
    // Its first call opens the session: before that no torque acts.
    try bed.expectAnswer()
    (self.bed, self.rogue) = (bed, rogue)
    return (bed, rogue)
  }

  /// The driver must read a torque, which is of a tick long ago, and say how it stands; a stopped
  /// one is let go on.
  private func expectReading(_ bed: SessionBed, _ rogue: RogueController) throws {
    var late = JointTorque()
    late.tick = -1
    var before: UInt64?
    let first = ContinuousClock.now
    var tries = 0
    while ContinuousClock.now - first < fuzzPatience {
      guard case .driverStatus(let status) = try bed.expectAnswer() else { continue }
      if let before, status.refusals.late > before {
        return try bed.goOn(after: .driverStatus(status))
      }
      before = before ?? status.refusals.late
      try rogue.send([bed.session.context.sealed(late.bytes)])
      tries += 1
      // A connection that came before the driver saw the end of another is never read.
      if tries % 200 == 0 { try rogue.renew() }
    }
    throw FuzzFinding("the driver answers and reads no torque any more")
  }
}

/// What is connected to a driver in its controller's place.
private final class RogueController {
  private let bed: SessionBed
  private var socket: Socket
  private var tick: Int64 = 0

  init(_ bed: SessionBed) throws {
    self.bed = bed
    socket = try Self.socket(of: bed)
    try connect()
  }

  private static func socket(of bed: SessionBed) throws -> Socket {
    // What has ended must not come back to send what was left.
    let options = SocketOptions(lingerMilliseconds: 0)
    return try Socket(.pair, peer: "driver", options: options, in: bed.session.context)
  }

  private func connect() throws {
    try socket.connect(to: Endpoint(bed.session.endpoints[.arm]))
  }

  /// Comes with a new connection; the driver takes none before it has seen the end of the old one.
  func renew() throws {
    socket = try Self.socket(of: bed)
    usleep(30_000)
    try connect()
  }

  /// Answers the driver's next state with garbage, and says whether that is a torque.
  ///
  /// Where it is, the same torque for the state's own tick is sent before it.
  func answer(_ parts: [[UInt8]]) throws -> Bool {
    awaitState()
    let torque = parts.count == 1 ? JointTorque(tick: parts[0][...]) : nil
    if var torque {
      torque.tick &+= tick
      // After a recovery nothing older acts.
      torque.setpoint = .max
      try send([bed.session.context.sealed(torque.bytes)])
    }
    try send(bed.session.context.telling(parts))
    if parts.contains(where: { $0.count > 4096 }) {
      // It ends the connection; sooner than it would be made again.
      usleep(10_000)
      try renew()
    }
    return torque != nil
  }

  /// Sends parts; comes with a new connection instead where the old one takes nothing for 0.1 s.
  func send(_ parts: [[UInt8]]) throws {
    for _ in 0..<200 {
      let isSent = try socket.trySend(parts: parts)
      // A driver that cannot send its state does not look for a torque.
      socket.drain()
      if isSent { return }
      usleep(500)
    }
    try renew()
  }

  /// Waits for a state that has not waited itself.
  private func awaitState() {
    socket.drain()
    let state = (try? socket.takeBytes(within: .milliseconds(20)))
      .flatMap { ArmState(tick: $0.dropLast(8)) }
    tick = state?.tick ?? tick
  }
}
