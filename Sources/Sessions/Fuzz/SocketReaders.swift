import Foundation
import Fuzzing
import Messages
import Wire

/// How long a good request may take among bad ones.
let fuzzPatience = Duration.seconds(5)

/// Both ends of a socket in one process: the end under test, and one that sends whatever it likes.
private struct Ends {
  let context: Context
  let endpoint: Endpoint

  init(_ place: FuzzPlace, _ name: String) throws {
    context = try Context()
    endpoint = try Endpoint("ipc://" + place.file(name))
  }
}

extension Context {
  /// Calls of a message get through to what reads it; anything else stays as it is.
  func calling(_ parts: [[UInt8]], number: UInt64) -> [[UInt8]] {
    parts.count == 2 && parts[0].count == 8 ? sealed(parts[1], number: number) : parts
  }

  /// Every other single part gets through to what reads it.
  func telling(_ parts: [[UInt8]]) -> [[UInt8]] {
    parts.count == 1 && parts[0].count % 2 == 0 ? [sealed(parts[0])] : parts
  }
}

extension Socket {
  /// Takes what has come, and forgets it.
  mutating func drain() {
    var bytes = [UInt8](repeating: 0, count: 256)
    for _ in 0..<64 {
      do {
        let isThere = try bytes.withUnsafeMutableBytes { try tryReceive(into: $0) } != nil
        if !isThere { return }
      } catch WireError.tooLong {
        continue
      } catch {
        return
      }
    }
  }

  /// The next part, when it comes in time and is not long.
  mutating func takeBytes(within wait: Duration) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = try bytes.withUnsafeMutableBytes { try receive(into: $0, within: wait) }
    return [UInt8](bytes.prefix(count))
  }
}

/// A socket of a process under test, as a rogue has it.
final class Rogue {
  private let context: Context
  private var socket: Socket
  private var sent: UInt64 = 0

  init(to endpoint: String, in context: Context) throws {
    var socket = try Socket(.dealer, peer: "rogue", in: context)
    try socket.connect(to: Endpoint(endpoint))
    self.context = context
    self.socket = socket
  }

  /// Sends parts to a process, which must take them or have ended for a reason.
  func send(_ parts: [[UInt8]], to name: String, checkLife: () throws -> Void) throws {
    sent += 1
    let parts = context.calling(parts, number: sent)
    let first = ContinuousClock.now
    while try !socket.trySend(parts: parts) {
      socket.drain()
      try checkLife()
      guard ContinuousClock.now - first < fuzzPatience else {
        throw FuzzFinding("\(name) takes nothing any more")
      }
      usleep(200)
    }
    socket.drain()
  }
}

extension Client {
  /// Asks a process for something good, which must be answered or refused in words; nil for those.
  mutating func expectAnswer(
    to good: Message, of name: String, checkLife: () throws -> Void
  ) throws -> Message? {
    do {
      return try call(good, within: fuzzPatience)
    } catch WireError.failed {
      return nil
    } catch {
      // A process that has just ended may not be known as ended yet.
      for _ in 0..<20 {
        try checkLife()
        usleep(50_000)
      }
      throw FuzzFinding("\(name) lives and does not answer: \(error)")
    }
  }
}

/// A server that garbage and good requests reach at once.
final class ServerReader: FuzzReader {
  private let context: Context
  private var server: Server
  private var good: Client
  private var rogue: Socket
  private var count = 0

  init(_ place: FuzzPlace) throws {
    let ends = try Ends(place, "server")
    let server = try Server(at: ends.endpoint, role: "fuzz", in: ends.context)
    let good = try Client(to: ends.endpoint, role: "server", in: ends.context)
    var rogue = try Socket(.dealer, peer: "server", in: ends.context)
    try rogue.connect(to: ends.endpoint)
    context = ends.context
    self.server = server
    self.good = good
    self.rogue = rogue
  }

  func take(_ input: [UInt8]) throws {
    count += 1
    let parts = context.calling(Frames(decoding: input).parts, number: UInt64(count))
    _ = try rogue.trySend(parts: parts)
    var taken = 0
    while let request = try next(within: .zero) {
      taken += 1
      try? server.reply(.failure(reason: "what"), to: request)
    }
    rogue.drain()
    if count % 8 == 0 { try expectGoodAnswer() }
    if taken == 0 { throw SessionFailure("not taken") }
  }

  private func next(within wait: Duration) throws -> Request? {
    do { return try server.next(within: wait) } catch {
      throw FuzzFinding("a server failed for what a client sent: \(error)")
    }
  }

  private func expectGoodAnswer() throws {
    let mark = Message.policyRequest(minimumVersion: UInt64(count) | 1 << 50)
    try good.send(mark, within: fuzzPatience)
    while let request = try next(within: fuzzPatience) {
      try? server.reply(.setpointAccepted(sequence: UInt64(count)), to: request)
      guard request.message == mark else { continue }
      let answer = try good.receive(within: fuzzPatience)
      guard answer == .setpointAccepted(sequence: UInt64(count)) else { break }
      return
    }
    throw FuzzFinding("a good request among bad ones was not answered")
  }
}

/// A client that garbage answers, and then the right answer.
final class ClientReader: FuzzReader {
  private let context: Context
  private var rogue: Socket
  private var client: Client
  private var count: UInt64 = 0

  init(_ place: FuzzPlace) throws {
    let ends = try Ends(place, "client")
    var rogue = try Socket(.router, peer: "client", in: ends.context)
    try rogue.bind(to: ends.endpoint)
    let client = try Client(to: ends.endpoint, role: "rogue", in: ends.context)
    context = ends.context
    self.rogue = rogue
    self.client = client
  }

  func take(_ input: [UInt8]) throws {
    count += 1
    try client.send(.judgeStart, within: fuzzPatience)
    let identity = try rogue.takeBytes(within: fuzzPatience)
    _ = try rogue.takeBytes(within: fuzzPatience)
    _ = try rogue.takeBytes(within: fuzzPatience)
    let parts = context.calling(Frames(decoding: input).parts, number: count)
    _ = try rogue.trySend(parts: [identity] + parts)
    let last = Message.setpointAccepted(sequence: count | 1 << 50)
    let first = ContinuousClock.now
    let right = [identity] + context.sealed(last.encoded(), number: count)
    while try !rogue.trySend(parts: right) {
      guard ContinuousClock.now - first < fuzzPatience else {
        throw FuzzFinding("a client does not take what it asked for")
      }
    }
    var refusals = 0
    for _ in 0..<4 {
      do {
        if try client.receive(within: fuzzPatience) == last {
          if refusals > 0 { throw SessionFailure("refused") }
          return
        }
      } catch WireError.badMessage, WireError.failed {
        refusals += 1
      }
    }
    throw FuzzFinding("a client did not get its answer among bad ones")
  }
}

/// The driver's end of the tick exchange, to which a rogue controller sends.
final class TickReader: FuzzReader {
  private let ends: Ends
  private var port: DriverPort
  private var rogue: Socket
  private var tick: Int64 = 0

  init(_ place: FuzzPlace) throws {
    let ends = try Ends(place, "tick")
    let port = try DriverPort(bind: ends.endpoint, role: "rogue", in: ends.context)
    var rogue = try Socket(.pair, peer: "driver", in: ends.context)
    try rogue.connect(to: ends.endpoint)
    self.ends = ends
    self.port = port
    self.rogue = rogue
  }

  /// Sends what is too long, which ends the connection, and comes again.
  ///
  /// Either end takes no new connection before it has seen the end of the old one.
  private func provoke(_ parts: [[UInt8]]) throws {
    _ = try rogue.trySend(parts: parts)
    _ = try? port.receive(within: .milliseconds(30))
    rogue = try Socket(.pair, peer: "driver", in: ends.context)
    _ = try? port.receive(within: .milliseconds(30))
    try rogue.connect(to: ends.endpoint)
  }

  func take(_ input: [UInt8]) throws {
    tick += 1
    var garbage = Frames(decoding: input).parts
    if garbage.contains(where: { $0.count > 4096 }) {
      if tick % 32 == 0 { try provoke(garbage) }
      garbage = []
    }
    var torque = JointTorque()
    torque.tick = tick
    torque.setpoint = 1 << 50
    let good = ends.context.sealed(torque.bytes)
    for parts in [ends.context.telling(garbage), [good]] where !parts.isEmpty {
      let first = ContinuousClock.now
      while try !rogue.trySend(parts: parts) {
        guard ContinuousClock.now - first < fuzzPatience else {
          throw FuzzFinding("the driver takes no ticks any more")
        }
        _ = try? port.receive(within: .milliseconds(1))
        rogue.drain()
      }
    }
    var others = 0
    for _ in 0...Frames.most {
      do {
        if try port.receive(within: fuzzPatience).setpoint == 1 << 50 {
          if others == 0, !garbage.isEmpty { throw SessionFailure("refused") }
          return
        }
        others += 1
      } catch WireError.tooLong {
        continue
      }
    }
    throw FuzzFinding("a good torque among bad ones did not arrive")
  }
}

/// A subscriber whose publisher sends garbage, and then good news.
final class SubscriberReader: FuzzReader {
  private let context: Context
  private var rogue: Socket
  private var subscriber: Subscriber
  private var count: UInt64 = 0

  init(_ place: FuzzPlace) throws {
    let ends = try Ends(place, "news")
    var rogue = try Socket(.publisher, peer: "subscribers", in: ends.context)
    try rogue.bind(to: ends.endpoint)
    let subscriber = try Subscriber(to: ends.endpoint, role: "rogue", in: ends.context)
    context = ends.context
    self.rogue = rogue
    self.subscriber = subscriber
  }

  func take(_ input: [UInt8]) throws {
    count += 1
    _ = try rogue.trySend(parts: context.telling(Frames(decoding: input).parts))
    let news = Message.setpointAccepted(sequence: count | 1 << 50)
    var isRefused = isRefusedAtOnce()
    let first = ContinuousClock.now
    while ContinuousClock.now - first < fuzzPatience {
      // Whoever publishes before the subscription has arrived talks to nobody.
      _ = try rogue.trySend(parts: [context.sealed(news.encoded())])
      do {
        if try subscriber.next(within: .milliseconds(5)) == news {
          if isRefused { throw SessionFailure("refused") }
          return
        }
      } catch WireError.badMessage {
        isRefused = true
      }
    }
    throw FuzzFinding("good news did not come after bad")
  }

  /// Looks for the garbage, before newer news takes its place.
  private func isRefusedAtOnce() -> Bool {
    do {
      _ = try subscriber.next(within: .milliseconds(1))
      return false
    } catch {
      return true
    }
  }
}
