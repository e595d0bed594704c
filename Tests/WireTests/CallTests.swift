import Foundation
import Messages
import Synchronization
import Testing
import Wire

@Suite struct CallTests {
  @Test func `calls are answered in order and none is lost`() throws {
    let folder = try Folder()
    let endpoint = try folder.endpoint()
    let context = try Context()
    var client = try Client(to: endpoint, role: "learner", in: context)
    let served = Outcome {
      var server = try Server(at: endpoint, role: "actor", in: context)
      for expected in 0..<UInt64(500) {
        let request = try server.receive(within: patience)
        guard request.message == .policyRequest(minimumVersion: expected) else { return expected }
        try server.reply(.setpointAccepted(sequence: expected + 1), to: request)
      }
      return 500
    }
    for i in 0..<UInt64(500) {
      let answer = try client.call(.policyRequest(minimumVersion: i), within: patience)
      #expect(answer == .setpointAccepted(sequence: i + 1))
    }
    #expect(try served.value() == 500)
  }

  @Test func `messages sent ahead of their answers all arrive in order`() throws {
    let folder = try Folder()
    let context = try Context()
    var server = try Server(at: folder.endpoint(), role: "actor", in: context)
    var client = try Client(to: folder.endpoint(), role: "learner", in: context)
    let count = UInt64(1000)
    let endpoint = try folder.endpoint("reverse")
    let sent = Outcome {
      var far = try Client(to: endpoint, role: "learner", in: context)
      for i in 0..<count { try far.send(.transitionsAccepted(nextSequence: i), within: patience) }
      return try far.call(.judgeStart, within: patience)
    }
    var busy = try Server(at: endpoint, role: "actor", in: context)
    for i in 0..<count {
      #expect(try busy.receive(within: patience).message == .transitionsAccepted(nextSequence: i))
    }
    try busy.reply(.judgement(Judgement(reward: 1)), to: busy.receive(within: patience))
    #expect(try sent.value() == .judgement(Judgement(reward: 1)))

    for i in 0..<UInt64(20) { try client.send(.policyRequest(minimumVersion: i), within: patience) }
    for _ in 0..<20 {
      let request = try server.receive(within: patience)
      try server.reply(request.message, to: request)
    }
    for i in 0..<UInt64(20) {
      #expect(try client.receive(within: patience) == .policyRequest(minimumVersion: i))
    }
    #expect(try client.next(within: .zero) == nil)
  }

  @Test func `an answer that comes too late is not taken for the next`() throws {
    let folder = try Folder()
    let context = try Context()
    var server = try Server(at: folder.endpoint(), role: "actor", in: context)
    var client = try Client(to: folder.endpoint(), role: "reward", in: context)
    let place = try folder.endpoint().description
    #expect(throws: WireError.timedOut(peer: "reward", endpoint: place, milliseconds: 30)) {
      try client.call(.judgeStart, within: .milliseconds(30))
    }
    let late = try server.receive(within: patience)
    try server.reply(.ready(role: "late"), to: late)
    try client.send(.truthRequest, within: patience)
    try server.reply(.ready(role: "sent"), to: server.receive(within: patience))
    let endpoint = try folder.endpoint("second")
    let served = Outcome {
      var other = try Server(at: endpoint, role: "actor", in: context)
      let first = try other.receive(within: patience)
      let second = try other.receive(within: patience)
      try other.reply(.ready(role: "first"), to: first)
      try other.reply(.ready(role: "second"), to: second)
    }
    var hasty = try Client(to: endpoint, role: "reward", in: context)
    try hasty.send(.judgeStart, within: patience)
    #expect(try hasty.call(.judgeStart, within: patience) == .ready(role: "second"))
    try served.value()
  }

  @Test func `a failure is thrown with who and where`() throws {
    let folder = try Folder()
    let context = try Context()
    let endpoint = try folder.endpoint()
    let served = Outcome {
      var server = try Server(at: endpoint, role: "actor", in: context)
      try server.reply(.failure(reason: "no board"), to: server.receive(within: patience))
    }
    var client = try Client(to: endpoint, role: "reset", in: context)
    let error = WireError.failed(
      peer: "reset", endpoint: endpoint.description, reason: "no board")
    #expect(throws: error) { try client.call(.judgeStart, within: patience) }
    #expect("\(error)" == "the reset at \(endpoint) failed: no board")
    try served.value()
  }

  @Test func `the last answer of a server that ends arrives`() throws {
    let folder = try Folder()
    let context = try Context()
    for round in 0..<30 {
      let endpoint = try folder.endpoint("s\(round)")
      let served = Outcome {
        var server = try Server(at: endpoint, role: "actor", in: context)
        try server.reply(.ready(role: "bye"), to: server.receive(within: patience))
      }
      var client = try Client(to: endpoint, role: "reset", in: context)
      try client.send(.judgeStart, within: patience)
      try served.value()
      Thread.sleep(forTimeInterval: 0.005)
      #expect(try client.receive(within: patience) == .ready(role: "bye"))
    }
  }

  @Test func `several clients each get their own answers`() throws {
    let folder = try Folder()
    let context = try Context()
    let endpoint = try folder.endpoint()
    var server = try Server(at: endpoint, role: "actor", in: context)
    let clients = (0..<4).map { index in
      Outcome {
        var client = try Client(to: endpoint, role: "learner", in: context)
        return try (0..<50).allSatisfy { i in
          let mark = UInt64(1000 * index + i)
          return try client.call(.policyRequest(minimumVersion: mark), within: patience)
            == .policyRequest(minimumVersion: mark)
        }
      }
    }
    var peers: Set<Peer> = []
    for _ in 0..<200 {
      let request = try server.receive(within: patience)
      peers.insert(request.peer)
      try server.reply(request.message, to: request)
    }
    for client in clients { #expect(try client.value()) }
    #expect(peers.count == 4)
  }

  @Test func `bytes that are no message are answered with the reason`() throws {
    let folder = try Folder()
    let context = try Context()
    let endpoint = try folder.endpoint()
    var server = try Server(at: endpoint, role: "actor", in: context)
    var rogue = try Socket(.dealer, peer: "server", in: context)
    try rogue.connect(to: endpoint)
    for bytes in [[], [1], [UInt8](repeating: 255, count: 900)] {
      try bytes.withUnsafeBytes { try rogue.send($0, within: patience) }
    }
    var client = try Client(to: endpoint, role: "driver", in: context)
    try client.send(.judgeStart, within: patience)
    #expect(try server.receive(within: patience).message == .judgeStart)
    try client.send(.judgement(Judgement(reward: .nan)), within: patience)
    #expect(
      throws: WireError.failed(
        peer: "driver", endpoint: endpoint.description,
        reason: "Judgement.reward holds a number that is not finite")
    ) {
      // The server answers while it looks for the next.
      for _ in 0..<500 {
        #expect(try server.next(within: .milliseconds(20)) == nil)
        if try client.next(within: .zero) != nil { return }
      }
    }
  }

  @Test func `an answer to a client that left is dropped`() throws {
    let folder = try Folder()
    let context = try Context()
    var server = try Server(at: folder.endpoint(), role: "actor", in: context)
    func ask() throws -> Request {
      var client = try Client(to: folder.endpoint(), role: "driver", in: context)
      try client.send(.judgeStart, within: patience)
      return try server.receive(within: patience)
    }
    let request = try ask()
    for _ in 0..<50 {
      try server.reply(.judgeStart, to: request)
      _ = try server.next(within: .milliseconds(10))
    }
    // The next client is served.
    var client = try Client(to: folder.endpoint(), role: "driver", in: context)
    try client.send(.judgeStart, within: patience)
    try server.reply(.truthRequest, to: server.receive(within: patience))
    #expect(try client.receive(within: patience) == .truthRequest)
  }
}
