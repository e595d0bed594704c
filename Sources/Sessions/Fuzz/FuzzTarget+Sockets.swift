import Foundation
import Fuzzing
import Messages
import Wire

extension FuzzTarget {
  /// Each kind of socket with a peer that sends what it likes, and the listener itself.
  static let sockets: [FuzzTarget] = [
    FuzzTarget(name: "socket.server", form: .framed, weight: 20) { place in
      (calls(place), try ServerReader(place))
    },
    FuzzTarget(name: "socket.client", form: .framed, weight: 20) { place in
      (calls(place), try ClientReader(place))
    },
    FuzzTarget(name: "socket.tick", form: .framed, weight: 20) { place in
      var samples = FuzzSamples(seed: place.seed)
      let ticks = (0..<4).map { _ in Frames([samples.torque().bytes]).bytes }
      return (ticks, try TickReader(place))
    },
    FuzzTarget(name: "socket.subscriber", form: .framed, weight: 20) { place in
      var samples = FuzzSamples(seed: place.seed)
      return (samples.messages().map { Frames([$0.encoded()]).bytes }, try SubscriberReader(place))
    },
    FuzzTarget(name: "socket.listener", form: .binary, weight: 10) { place in
      ([handshake()], try ListenerReader(.local))
    },
    FuzzTarget(name: "socket.curve", form: .binary, weight: 10) { place in
      (curveHandshakes, try ListenerReader(curveKeys(place)))
    },
  ]

  private static func calls(_ place: FuzzPlace) -> [[UInt8]] {
    var samples = FuzzSamples(seed: place.seed)
    return calls(samples.messages())
  }

  /// Requests as a client frames them: its number, and the message.
  static func calls(_ messages: [Message]) -> [[UInt8]] {
    messages.enumerated().map { index, message in
      let number = withUnsafeBytes(of: UInt64(index).littleEndian) { [UInt8]($0) }
      return Frames([number, message.encoded()]).bytes
    }
  }

  /// A whole conversation of ZMTP 3.1: greeting, READY, one request.
  private static func handshake() -> [UInt8] {
    let bytes = greeting("NULL")
    let ready =
      [5] + [UInt8]("READY".utf8) + [11] + [UInt8]("Socket-Type".utf8) + [0, 0, 0, 6]
      + [UInt8]("DEALER".utf8) + [8] + [UInt8]("Identity".utf8) + [0, 0, 0, 0]
    let message = Message.judgeStart.encoded()
    return bytes + [4, UInt8(ready.count)] + ready
      + [1, 8] + [UInt8](repeating: 1, count: 8) + [0, UInt8(message.count)] + message
  }

  private static func greeting(_ mechanism: String) -> [UInt8] {
    let bytes = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1] + [UInt8](mechanism.utf8)
    return bytes + [UInt8](repeating: 0, count: 64 - bytes.count)
  }

  /// Keys that stay the same, as inputs must.
  private static func curveKeys(_ place: FuzzPlace) throws -> Security {
    let folder = place.file("keys")
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let isWritten = FileManager.default.createFile(
      atPath: folder + "/secret.key", contents: Data((curveSecret + "\n").utf8),
      attributes: [.posixPermissions: 0o600])
    guard isWritten else { throw SessionFailure("\(folder): cannot be written") }
    return try KeyFolder(folder).security()
  }

  /// What a client of CURVE sends: a hello, to which it gets a welcome, and behind it an INITIATE and a
  /// MESSAGE that have the right form only.
  private static var curveHandshakes: [[UInt8]] {
    let hello = [UInt8](Data(base64Encoded: curveHello) ?? Data())
    let initiate = [8] + [UInt8]("INITIATE".utf8) + [UInt8](repeating: 7, count: 96 + 8 + 16 + 160)
    let message = [7] + [UInt8]("MESSAGE".utf8) + [0, 0, 0, 0, 0, 0, 0, 3]
    let start =
      greeting("CURVE") + [4, 200, 5] + [UInt8]("HELLO".utf8) + [1, 0]
      + [UInt8](repeating: 0, count: 72) + hello
    let rest =
      [6, 0, 0, 0, 0, 0, 0, UInt8(initiate.count >> 8), UInt8(initiate.count & 0xff)] + initiate
      + [0, UInt8(message.count + 32)] + message + [UInt8](repeating: 7, count: 32)
    return [start, start + rest]
  }

  /// A secret key that keeps nothing secret.
  private static let curveSecret = ">>NYIV6}kSk[jm<Oun&W>Wirkk[Rkfqpv9ccM+8c"

  /// Key, nonce and box of libzmq's own hello to who has that secret key.
  private static let curveHello =
    "uTsZruw6qwIQ6BnFl2GGGcDXRGnfEwAG6QHs/DnjtSAAAAAAAAAAATbB+EFl+5YzFKa951aZM3hsZnj+lpZ0oRKYJtie"
    + "/m8ik2iSM0WXnUS6pnHLLq0k1T0ilw8nXKAKwIHWymuPalKDmn57qRmeW2MC2YyOM4+K"
}

/// A server's listener on a loopback port, to which raw bytes are written; who has come in before and
/// who comes in now must both be answered.
final class ListenerReader: FuzzReader {
  private var server: Server
  private var good: Client
  private let context: Context
  private let port: UInt16
  private var count: UInt64 = 0

  init(_ security: Security) throws {
    let context = try Context(security: security)
    let server = try Server(at: Endpoint("tcp://127.0.0.1:*"), role: "fuzz", in: context)
    guard let endpoint = server.endpoint,
      let port = UInt16(endpoint.description.split(separator: ":").last ?? "")
    else { throw SessionFailure("a listener without a port") }
    let good = try Client(to: endpoint, role: "server", in: context)
    self.server = server
    self.good = good
    self.context = context
    self.port = port
  }

  func take(_ input: [UInt8]) throws {
    count += 1
    let isAnswered = speak(input)
    while let request = try next(within: .zero) {
      try? server.reply(.failure(reason: "what"), to: request)
    }
    if count % 8 == 0 { try expectGoodAnswer() }
    if count % 16 == 0, let endpoint = server.endpoint {
      good = try Client(to: endpoint, role: "server", in: context)
    }
    if !isAnswered { throw SessionFailure("hung up") }
  }

  /// Writes bytes to a new connection; true when something more than a greeting came back.
  private func speak(_ input: [UInt8]) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // No connection is to be left waiting for its end: there will be many.
    var hard = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, length) == 0
      }
    }
    guard isConnected else { return false }
    _ = input.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    return heard(descriptor) > 64
  }

  /// Bytes that come within 2 ms of each other.
  private func heard(_ descriptor: Int32) -> Int {
    var bytes = [UInt8](repeating: 0, count: 512)
    var total = 0
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&item, 1, 2) > 0 {
      let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { break }
      total += count
    }
    return total
  }

  private func next(within wait: Duration) throws -> Request? {
    do { return try server.next(within: wait) } catch {
      throw FuzzFinding("a server failed for what came to its port: \(error)")
    }
  }

  private func expectGoodAnswer() throws {
    let mark = Message.policyRequest(minimumVersion: count | 1 << 50)
    try good.send(mark, within: fuzzPatience)
    while let request = try next(within: fuzzPatience) {
      try? server.reply(.setpointAccepted(sequence: count), to: request)
      guard request.message == mark else { continue }
      _ = try good.receive(within: fuzzPatience)
      return
    }
    throw FuzzFinding("a good request was not answered beside what came to the port")
  }
}
