import Foundation
import Geometry
import Messages
import Synchronization
import Testing
import Wire

/// Whoever has no right key gets nothing and brings nothing, at every kind of socket, and those inside
/// do not notice.
@Suite struct IntruderTests {
  @Test(arguments: Intruder.allCases) func `a server of calls`(kind: Intruder) throws {
    let siege = try Siege(kind)
    var server = try Server(at: anyPort(), role: "actor", in: siege.server.context)
    let bound = server.endpoint
    let endpoint = try #require(bound)
    var intruder = try Client(to: endpoint, role: "learner", in: siege.intruder)
    for _ in 0..<8 { try intruder.send(.judgeStart, within: patience) }
    try siege.server.refusals(for: siege.reasons)
    var good = try Client(to: endpoint, role: "learner", in: siege.good.context)
    for number in 0..<UInt64(50) {
      try good.send(.policyRequest(minimumVersion: number), within: patience)
      let request = try server.receive(within: patience)
      #expect(request.message == .policyRequest(minimumVersion: number))
      try server.reply(.setpointAccepted(sequence: number), to: request)
      #expect(try good.receive(within: patience) == .setpointAccepted(sequence: number))
    }
    #expect(try server.next(within: .milliseconds(50)) == nil)
    #expect(try intruder.next(within: .zero) == nil)
    let reason = siege.reasons.first { siege.server.context.refusals[$0] > 0 }
    #expect(siege.server.says("security: \(try #require(reason).text)"), "\(siege.server.log)")
    #expect(siege.server.context.refusals.refusedHere >= 1)
  }

  @Test(arguments: Intruder.allCases) func `a publisher`(kind: Intruder) throws {
    let siege = try Siege(kind)
    var publisher = try Publisher(at: anyPort(), in: siege.server.context)
    let bound = publisher.endpoint
    let endpoint = try #require(bound)
    var intruder = try Subscriber(to: endpoint, role: "learner", in: siege.intruder)
    try siege.server.refusals(for: siege.reasons)
    var good = try Subscriber(to: endpoint, role: "learner", in: siege.good.context)
    var heard: Message?
    let deadline = ContinuousClock.now + patience
    while heard == nil, ContinuousClock.now < deadline {
      try publisher.publish(.policyRequest(minimumVersion: 7))
      heard = try good.next(within: .milliseconds(10))
    }
    #expect(heard == .policyRequest(minimumVersion: 7))
    #expect(try intruder.next(within: .milliseconds(50)) == nil)
  }

  @Test(arguments: Intruder.allCases) func `the driver's port`(kind: Intruder) throws {
    let siege = try Siege(kind)
    var driver = try DriverPort(bind: anyPort(), role: "controller", in: siege.server.context)
    let bound = driver.endpoint
    let endpoint = try #require(bound)
    var intruder = try ControllerPort(connect: endpoint, role: "driver", in: siege.intruder)
    // A port has room for one: who is refused must not take it.
    #expect(throws: WireError.self) { try intruder.send(JointTorque(), within: .milliseconds(100)) }
    try siege.server.refusals(for: siege.reasons)
    var good = try ControllerPort(connect: endpoint, role: "driver", in: siege.good.context)
    for tick in 0..<Int64(50) {
      var state = ArmState()
      state.tick = tick
      try driver.send(state, within: patience)
      #expect(try good.receive(within: patience).tick == tick)
      var torque = JointTorque()
      torque.tick = tick
      try good.send(torque, within: patience)
      #expect(try driver.receive(within: patience).tick == tick)
    }
    #expect(throws: WireError.self) { try intruder.receive(within: .milliseconds(50)) }
    #expect(throws: WireError.self) { try driver.receive(within: .zero) }
  }

  @Test func `a client gives nothing to a server with another key`() throws {
    let client = try Machine()
    // It lets everybody in, and has no key that the client expects.
    let false1 = try Machine(letting: [client.listed("client")])
    var server = try Server(at: anyPort(), role: "actor", in: false1.context)
    let bound = server.endpoint
    var caller = try Client(
      to: try #require(bound), role: "learner", in: client.context)
    #expect(throws: WireError.self) {
      try caller.call(.judgeStart, within: .milliseconds(300))
    }
    #expect(try client.refusals(.strangeServer) >= 1)
    #expect(client.says("no handshake"), "\(client.log)")
    #expect(try server.next(within: .zero) == nil)
  }

  @Test func `a client gives nothing to a server without keys`() throws {
    let client = try Machine()
    var server = try Server(at: anyPort(), role: "actor", in: Context())
    let bound = server.endpoint
    var caller = try Client(to: try #require(bound), role: "learner", in: client.context)
    #expect(throws: WireError.self) {
      try caller.call(.judgeStart, within: .milliseconds(300))
    }
    #expect(try client.refusals(.strangeServer) >= 1)
    #expect(try server.next(within: .zero) == nil)
  }

  @Test func `a key that is removed opens nothing more, and what stands goes on`() throws {
    let serverKeys = try KeyPair()
    let here = AllowedPeer(name: "here", key: serverKeys.publicKey, address: "127.0.0.1")
    let guest = try KeyPair()
    let list = Siege.Names([AllowedPeer(name: "guest", key: guest.publicKey)])
    let machine = try Machine(keys: serverKeys, allowed: AllowList(reading: { list.all }))
    let visitor = try Machine(keys: guest, allowed: AllowList([here]))
    var server = try Server(at: anyPort(), role: "actor", in: machine.context)
    let bound = server.endpoint
    let endpoint = try #require(bound)
    var first = try Client(to: endpoint, role: "learner", in: visitor.context)
    func exchange(_ number: UInt64) throws {
      try first.send(.policyRequest(minimumVersion: number), within: patience)
      let request = try server.receive(within: patience)
      #expect(request.message == .policyRequest(minimumVersion: number))
      try server.reply(.setpointAccepted(sequence: number), to: request)
      #expect(try first.receive(within: patience) == .setpointAccepted(sequence: number))
    }
    try exchange(1)
    list.set([])
    var second = try Client(to: endpoint, role: "learner", in: visitor.context)
    try second.send(.judgeStart, within: patience)
    #expect(try machine.refusals(.unlisted) == 1)
    #expect(try visitor.refusals(.refusedThere) == 1)
    #expect(machine.says(guest.publicKey.description), "\(machine.log)")
    try exchange(2)
    #expect(try server.next(within: .milliseconds(50)) == nil)
    #expect(try second.next(within: .zero) == nil)
  }

  @Test func `machines that list each other meet at addresses beyond this machine`() throws {
    let keys = try (learner: KeyPair(), arm: KeyPair())
    let arm = try Machine(
      keys: keys.arm,
      allowed: AllowList([
        AllowedPeer(name: "learner", key: keys.learner.publicKey, address: "127.0.0.2")
      ]))
    let learner = try Machine(
      keys: keys.learner, allowed: AllowList([arm.listed("arm", at: "127.0.0.1")]))
    let place = try Endpoint("tcp://127.0.0.2:*", security: learner.context.security)
    var server = try Server(at: place, role: "actor", in: learner.context)
    let bound = server.endpoint
    var client = try Client(to: try #require(bound), role: "learner", in: arm.context)
    try client.send(.judgeStart, within: patience)
    #expect(try server.receive(within: patience).message == .judgeStart)
    for place in ["tcp://*:*", "tcp://0.0.0.0:*"] {
      let everywhere = try Endpoint(place, security: learner.context.security)
      var server = try Server(at: everywhere, role: "actor", in: learner.context)
      let bound = server.endpoint
      let endpoint = try #require(bound)
      #expect(endpoint.description.hasPrefix("tcp://0.0.0.0:"))
      var own = try Client(to: endpoint, role: "learner", in: learner.context)
      try own.send(.judgeStart, within: patience)
      #expect(try server.receive(within: patience).message == .judgeStart)
    }
  }
}
