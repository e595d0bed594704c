import Foundation
import Messages
import Randomness
import Testing
import Wire

@Suite struct SecurityTests {
  /// Ways to write an address, none of which is one of the two that mean this machine alone.
  static let spellings = [
    "0.0.0.0", "*", "[::]", "[::ffff:127.0.0.1]", "[::ffff:0.0.0.0]", "[0:0:0:0:0:0:0:1]", "[::01]",
    "::1", "::", "localhost", "LOCALHOST", "localhost.", "localhost.evil.example", "127.0.0.1.evil",
    "127.0.0.1.nip.io", "evil-127.0.0.1", "127.1", "127.0.1", "127.0.0.2", "127.0.0.01",
    "127.0.0.001",
    "0127.0.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "0", "00",
    "192.168.1.7", "10.0.0.1", "169.254.1.1", "255.255.255.255", "robot", "robot.local", "eth0",
    "lo",
    "eth0;127.0.0.1", "127.0.0.1;10.0.0.1", "10.0.0.1;127.0.0.1", "127.0.0.1@evil",
    "evil@127.0.0.1",
    "127.0.0.1/8", "127.0.0.1%lo", "[::1%lo]", "[fe80::1%eth0]", "[fd00::7]", " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1:1:127.0.0.1", "127.0.0.1\t", "127.0.0.1\n", "127。0。0。1", "１２７.0.0.1", "[127.0.0.1]",
    "-127.0.0.1", "+127.0.0.1", "[[::1]]", "[::1", "::1]", "1.0.0.127", "127.0.0.1.", ".127.0.0.1",
  ]

  @Test(arguments: spellings) func `no address that others could mean is taken without keys`(
    address: String
  ) {
    for port in ["5555", "*", "1", "65535"] {
      #expect(throws: WireError.self) { try Endpoint("tcp://\(address):\(port)") }
    }
  }

  @Test(arguments: [
    "ipc://@kinglet", "ipc://@", "ipc://*", "ipc://", "ipc://\0kinglet", "IPC:///tmp/a",
    "pgm://a:1",
    "epgm://eth0;239.192.1.1:5", "norm://a:1", "vmci://1:1", "tipc://{1,2,3}", "ws://127.0.0.1:80",
    "wss://0.0.0.0:80", "udp://127.0.0.1:1", "inproc://a", "TCP://127.0.0.1:1", "tcp:127.0.0.1:1",
    " tcp://127.0.0.1:1", "tcp:///127.0.0.1:1", "tcp://socks@127.0.0.1:1",
  ]) func `no other transport is taken, with keys or without`(text: String) throws {
    let security = Security.keys(own: try KeyPair(), allowed: AllowList())
    #expect(throws: WireError.self) { try Endpoint(text) }
    #expect(throws: WireError.badEndpoint(text)) { try Endpoint(text, security: security) }
  }

  @Test func `whatever is taken without keys is one of the two local addresses, or a file`() {
    var stream = RandomStream(seed: 41, name: "spellings")
    let letters = Array("0123456789.:[]*%@/x-_;evilocahst $ff ".unicodeScalars)
    var taken = 0
    for index in 0..<40_000 {
      let seeds = ["tcp://127.0.0.1:5555", "tcp://[::1]:5555", "tcp://localhost:1", "ipc:///tmp/a"]
      var text = Array(seeds[index % seeds.count].unicodeScalars)
      for _ in 0..<(1 + stream.index(below: 3)) {
        let place = 6 + stream.index(below: text.count - 6)
        let letter = letters[stream.index(below: letters.count)]
        switch stream.index(below: 3) {
        case 0: text.insert(letter, at: place)
        case 1 where text.count > 8: text.remove(at: place)
        default: text[place] = letter
        }
      }
      let spelled = String(String.UnicodeScalarView(text))
      guard let endpoint = try? Endpoint(spelled) else { continue }
      taken += 1
      let isLocal =
        spelled.wholeMatch(of: /tcp:\/\/(127\.0\.0\.1|\[::1\]):(\*|[0-9]{1,5})/) != nil
        || spelled.wholeMatch(of: /ipc:\/\/[^*@].*/) != nil
      #expect(isLocal && endpoint.description == spelled, "\(spelled)")
    }
    #expect(taken > 1000)
  }

  @Test(arguments: [
    "tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://10.0.0.7:5555", "tcp://robot:5555",
  ])
  func `the refusal says what to do`(text: String) {
    #expect("\(WireError.notLoopback(text))".contains("kinglet keys new"))
    #expect(!"\(WireError.notLoopback(text))".contains("\n"))
  }

  @Test func `an endpoint made for keys opens nothing in a context without`() throws {
    let keys = Security.keys(own: try KeyPair(), allowed: AllowList())
    for text in ["tcp://0.0.0.0:*", "tcp://127.0.0.2:*", "tcp://*:*"] {
      let endpoint = try Endpoint(text, security: keys)
      let context = try Context()
      #expect(throws: WireError.notLoopback(text)) {
        _ = try Server(at: endpoint, role: "actor", in: context)
      }
      #expect(throws: WireError.notLoopback(text)) {
        _ = try Client(to: endpoint, role: "learner", in: context)
      }
      #expect(throws: WireError.notLoopback(text)) {
        _ = try Publisher(at: endpoint, in: context)
      }
      #expect(throws: WireError.notLoopback(text)) {
        _ = try DriverPort(bind: endpoint, role: "controller", in: context)
      }
    }
  }

  @Test(arguments: [true, false])
  func `the longest message passes and a longer one does not`(isEncrypted: Bool) throws {
    let context = isEncrypted ? try Machine().context : try Context()
    let options = SocketOptions(longestMessage: 1000)
    var server = try Socket(.router, peer: "peer", options: options, in: context)
    try server.bind(to: anyPort())
    let bound = server.endpoint
    let endpoint = try #require(bound)
    for (length, arrives) in [(1000, true), (1001, false)] {
      var client = try Socket(.dealer, peer: "peer", options: options, in: context)
      try client.connect(to: endpoint)
      let bytes = [UInt8](repeating: 7, count: length)
      try bytes.withUnsafeBytes { try client.send($0, within: patience) }
      #expect(
        try partLengths(at: &server, within: arrives ? patience : .milliseconds(200))
          == (arrives ? [25, length] : []))
    }
  }

  /// Lengths of the two parts that a router makes of a message; none when none comes.
  private func partLengths(
    at server: inout Socket, within duration: Duration
  ) throws -> [Int] {
    var bytes = [UInt8](repeating: 0, count: 2000)
    return try bytes.withUnsafeMutableBytes { buffer in
      do {
        let head = try server.receive(into: buffer, within: duration)
        return [head, try server.receive(into: buffer, within: patience)]
      } catch WireError.timedOut { return [] }
    }
  }

  @Test func `contexts with keys end, whatever they were doing`() throws {
    for round in 0..<20 {
      let ended = Outcome {
        let machine = try Machine()
        var server = try Server(at: anyPort(), role: "actor", in: machine.context)
        let bound = server.endpoint
        guard round % 2 == 0, let endpoint = bound else { return true }
        var client = try Client(to: endpoint, role: "learner", in: machine.context)
        if round % 4 == 0 {
          try client.send(.judgeStart, within: patience)
          _ = try server.receive(within: patience)
        }
        return true
      }
      #expect(try ended.value())
    }
  }

  @Test func `a log has one line of a kind in ten seconds, and loses no count`() {
    for seed in 0..<20 as Range<UInt64> {
      var stream = RandomStream(seed: seed, name: "refusals")
      var log = RefusalLog()
      var last: [Refusal: ContinuousClock.Instant] = [:]
      var noted: [Refusal: Int] = [:]
      var now = ContinuousClock.now
      func check(_ lines: [String], at now: ContinuousClock.Instant) {
        for line in lines {
          guard let reason = Refusal.allCases.first(where: { line.contains($0.text) }) else {
            Issue.record("\(line)")
            continue
          }
          if let before = last[reason] { #expect(now - before >= RefusalLog.interval) }
          last[reason] = now
          if noted[reason, default: 0] > 1 {
            #expect(line.contains("\(noted[reason, default: 0]) in all"))
          }
          #expect(!line.contains("\n"))
        }
      }
      for _ in 0..<500 {
        now += .milliseconds(stream.index(below: 2000))
        let reason = Refusal.allCases[stream.index(below: Refusal.allCases.count)]
        log.note(reason, at: "the peer at tcp://127.0.0.1:1")
        noted[reason, default: 0] += 1
        check(log.lines(at: now), at: now)
      }
      check(log.lines(at: now + .seconds(11)), at: now + .seconds(11))
      #expect(Set(last.keys) == Set(noted.keys))
      #expect(log.lines(at: now + .seconds(60)).isEmpty)
    }
  }
}
