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
      ([handshake(place)], try ListenerReader())
    },
  ]

  /// Requests as a client frames them: its number, and the message.
  private static func calls(_ place: FuzzPlace) -> [[UInt8]] {
    var samples = FuzzSamples(seed: place.seed)
    return samples.messages().enumerated().map { index, message in
      let number = withUnsafeBytes(of: UInt64(index).littleEndian) { [UInt8]($0) }
      return Frames([number, message.encoded()]).bytes
    }
  }

  /// A whole conversation of ZMTP 3.1: greeting, READY, one request.
  private static func handshake(_ place: FuzzPlace) -> [UInt8] {
    var bytes: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]
    bytes += [UInt8]("NULL".utf8) + [UInt8](repeating: 0, count: 64 - 16)
    let ready =
      [5] + [UInt8]("READY".utf8) + [11] + [UInt8]("Socket-Type".utf8) + [0, 0, 0, 6]
      + [UInt8]("DEALER".utf8) + [8] + [UInt8]("Identity".utf8) + [0, 0, 0, 0]
    bytes += [4, UInt8(ready.count)] + ready
    let message = Message.judgeStart.encoded()
    return bytes + [1, 8] + [UInt8](repeating: 1, count: 8) + [0, UInt8(message.count)] + message
  }
}

/// A server's listener on a loopback port, to which raw bytes are written.
final class ListenerReader: FuzzReader {
  private var server: Server
  private var good: Client
  private let port: UInt16
  private var count: UInt64 = 0

  init() throws {
    let context = try Context()
    let server = try Server(at: Endpoint("tcp://127.0.0.1:*"), role: "fuzz", in: context)
    guard let endpoint = server.endpoint,
      let port = UInt16(endpoint.description.split(separator: ":").last ?? "")
    else { throw SessionFailure("a listener without a port") }
    let good = try Client(to: endpoint, role: "server", in: context)
    self.server = server
    self.good = good
    self.port = port
  }

  func take(_ input: [UInt8]) throws {
    count += 1
    let isAnswered = speak(input)
    while let request = try next(within: .zero) {
      try? server.reply(.failure(reason: "what"), to: request)
    }
    if count % 8 == 0 { try expectGoodAnswer() }
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
