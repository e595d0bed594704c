import ControlLoop
import Foundation
import Fuzzing
import ImpedanceControl
import Messages
import Recipes
import Wire

extension FuzzTarget {
  /// A controller whose driver is a rogue.
  static let controller = FuzzTarget(
    name: "process.controller.arm", form: .framed, weight: 2
  ) { place in
    var samples = FuzzSamples(seed: place.seed)
    return (samples.states().map { Frames([$0.bytes]).bytes }, try ControllerReader(place))
  }
}

/// A controller process, which answers whoever listens at the driver's end of the tick exchange.
final class ControllerReader: FuzzReader {
  private let place: FuzzPlace
  private let beginning: ControlSnapshot
  private var good: ArmState
  private var bed: SessionBed?
  private var rogue: RogueDriver?

  init(_ place: FuzzPlace) throws {
    self.place = place
    let recipe = try SessionRecipe.load(launchFile: place.recipeFile)
    beginning = try ControlLoop<CartesianImpedance>(recipe).snapshot
    var samples = FuzzSamples(seed: place.seed)
    good = samples.state()
    (good.tick, good.requiredSetpoint) = (1 << 50, 0)
  }

  /// Of the controller.
  var residentBytes: Int { bed?.residentBytes ?? 0 }

  func take(_ input: [UInt8]) throws {
    let (bed, rogue) = try controller()
    do {
      let parts = bed.session.context.telling(Frames(decoding: input).parts)
      try rogue.send(parts)
      if parts.contains(where: { $0.count > SocketOptions.longestTick }) {
        return try refuse(bed)
      }
      let isAnswered = try rogue.nextTick(within: .milliseconds(20)) != nil
      try expectTorque(bed, rogue)
      if !isAnswered { throw SessionFailure("no torque") }
    } catch let ending as NamedEnding {
      (self.bed, self.rogue) = (nil, nil)
      throw ending
    }
  }

  /// What is too long ends the line for good, since libzmq does not connect again then; not the controller.
  private func refuse(_ bed: SessionBed) throws {
    guard case .control = try bed.expectAnswer() else {
      throw FuzzFinding("a controller does not go back to its beginning")
    }
    (self.bed, self.rogue) = (nil, nil)
    throw SessionFailure("too long")
  }

  private func controller() throws -> (SessionBed, RogueDriver) {
    if let bed, let rogue { return (bed, rogue) }
    let bed = try SessionBed(
      place, role: .controller, sockets: [], good: (.control(beginning), .setpoint))
    let rogue = try RogueDriver(bed)
    (self.bed, self.rogue) = (bed, rogue)
    return (bed, rogue)
  }

  /// The controller must go back to its beginning, since what has come may be of a far later tick, and
  /// answer a good state.
  private func expectTorque(_ bed: SessionBed, _ rogue: RogueDriver) throws {
    good.tick += 1
    let first = ContinuousClock.now
    repeat {
      guard case .control = try bed.expectAnswer() else {
        throw FuzzFinding("a controller does not go back to its beginning")
      }
      try rogue.send([bed.session.context.sealed(good.bytes)])
      while let tick = try rogue.nextTick(within: .milliseconds(50)) {
        if tick == good.tick { return }
      }
    } while ContinuousClock.now - first < fuzzPatience * 2
    throw FuzzFinding("the controller answers and computes no torque any more")
  }
}

/// What a controller is connected to in its driver's place.
private final class RogueDriver {
  private var socket: Socket

  init(_ bed: SessionBed) throws {
    let options = SocketOptions(lingerMilliseconds: 0)
    var socket = try Socket(.pair, peer: "controller", options: options, in: bed.session.context)
    try socket.bind(to: Endpoint(bed.session.endpoints[.arm]))
    self.socket = socket
  }

  /// Sends parts, or nothing while the controller does not come back after what was too long for it.
  func send(_ parts: [[UInt8]]) throws {
    for _ in 0..<500 {
      if try socket.trySend(parts: parts) { return }
      socket.drain()
      usleep(500)
    }
  }

  /// Tick of the next torque; nil where none comes in time.
  func nextTick(within wait: Duration) throws -> Int64? {
    guard let bytes = try? socket.takeBytes(within: wait) else { return nil }
    guard let torque = JointTorque(tick: bytes.dropLast(8)) else {
      throw FuzzFinding("the controller sent \(bytes.count) bytes that are no torque")
    }
    return torque.tick
  }
}
