import Foundation
import Geometry
import Messages
import Testing
import Wire

@Suite struct TickTests {
  @Test(arguments: [Duration.zero, .microseconds(50)])
  func `every tick is answered once and in order`(spin: Duration) throws {
    let folder = try Folder()
    let context = try Context()
    let endpoint = try folder.endpoint()
    let controller = Outcome {
      var port = try ControllerPort(connect: endpoint, role: "driver", in: context, spin: spin)
      for tick in 0..<Int64(2000) {
        let state = try port.receive(within: patience)
        guard state.tick == tick else { return tick }
        var command = JointTorque()
        command.tick = tick
        command.torque[3] = state.position[2] + 1
        try port.send(command, within: patience)
      }
      return 2000
    }
    var port = try DriverPort(bind: endpoint, role: "controller", in: context, spin: spin)
    for tick in 0..<Int64(2000) {
      var state = ArmState()
      state.tick = tick
      state.position[2] = Double(tick)
      try port.send(state, within: patience)
      let command = try port.receive(within: patience)
      #expect(command.tick == tick && command.torque[3] == Double(tick) + 1)
    }
    #expect(try controller.value() == 2000)
  }

  @Test func `a torque that is not finite does not arrive as one`() throws {
    let folder = try Folder()
    let context = try Context()
    var driver = try DriverPort(bind: folder.endpoint(), role: "controller", in: context)
    var controller = try ControllerPort(connect: folder.endpoint(), role: "driver", in: context)
    var command = JointTorque()
    command.torque[0] = .nan
    try controller.send(command, within: patience)
    let silent = WireError.timedOut(
      peer: "controller", endpoint: try folder.endpoint().description, milliseconds: 50)
    for _ in 0..<200 where driver.discarded.damaged == 0 {
      #expect(throws: silent) { try driver.receive(within: .milliseconds(50)) }
    }
    #expect(driver.discarded.damaged == 1)
    try controller.send(command, within: patience)
    command.torque[0] = 1
    try controller.send(command, within: patience)
    #expect(try driver.receive(within: patience) == command)
    #expect(driver.discarded.damaged == 2)
  }

  @Test func `a controller that is silent or absent is noticed`() throws {
    let folder = try Folder()
    let context = try Context()
    let place = try folder.endpoint().description
    var driver = try DriverPort(bind: folder.endpoint(), role: "controller", in: context)
    let absent = WireError.cannotSend(peer: "controller", endpoint: place, milliseconds: 30)
    #expect(throws: absent) { try driver.send(ArmState(), within: .milliseconds(30)) }
    let controller = try ControllerPort(connect: folder.endpoint(), role: "driver", in: context)
    try driver.send(ArmState(), within: patience)
    let silent = WireError.timedOut(peer: "controller", endpoint: place, milliseconds: 30)
    #expect(throws: silent) { try driver.receive(within: .milliseconds(30)) }
    #expect(controller.endpoint?.description == place)
  }

  @Test func `a message of another length is passed over`() throws {
    let folder = try Folder()
    let context = try Context()
    var driver = try DriverPort(bind: folder.endpoint(), role: "controller", in: context)
    var rogue = try Socket(.pair, peer: "driver", in: context)
    try rogue.connect(to: folder.endpoint())
    for count in [0, 75, 77, 152, 153, 4096] {
      let bytes = [UInt8](repeating: 0x55, count: count)
      try bytes.withUnsafeBytes { try rogue.send($0, within: patience) }
    }
    var command = JointTorque()
    command.tick = 5
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: JointTorque.encodedLength, alignment: 8)
    defer { bytes.deallocate() }
    command.encode(into: bytes)
    let whole = context.sealed([UInt8](bytes))
    try whole.withUnsafeBytes { try rogue.send($0, within: patience) }
    #expect(try driver.receive(within: patience) == command)
    #expect(driver.discarded.damaged == 6)
  }

  @Test func `a poller says which socket has a message`() throws {
    let folder = try Folder()
    let context = try Context()
    let first = try Server(at: folder.endpoint("a"), role: "actor", in: context)
    var second = try Server(at: folder.endpoint("b"), role: "actor", in: context)
    var poller = Poller()
    let (a, b) = (poller.add(first), poller.add(second))
    #expect(try !poller.wait(within: .milliseconds(20)))
    #expect(!poller.isReady(a) && !poller.isReady(b))
    var client = try Client(to: folder.endpoint("b"), role: "driver", in: context)
    try client.send(.truthRequest, within: patience)
    #expect(try poller.wait(within: patience))
    #expect(!poller.isReady(a) && poller.isReady(b))
    #expect(try second.next(within: .zero)?.message == .truthRequest)
  }

  @Test func `a message of several parts is passed over by a subscriber, which hears the next`()
    throws
  {
    let folder = try Folder()
    let context = try Context()
    var rogue = try Socket(.publisher, peer: "subscribers", in: context)
    try rogue.bind(to: folder.endpoint())
    var subscriber = try Subscriber(to: folder.endpoint(), role: "rogue", in: context)
    let news = Message.setpointAccepted(sequence: 3)
    var isHeard = false
    for _ in 0..<500 where !isHeard {
      _ = try rogue.trySend(parts: [context.sealed(news.encoded())])
      isHeard = try subscriber.next(within: .milliseconds(20)) == news
    }
    #expect(isHeard)
    while try subscriber.next(within: .milliseconds(20)) != nil {}
    for parts in [[news.encoded(), news.encoded()], [[], news.encoded(), []]] {
      #expect(try rogue.trySend(parts: parts))
      #expect(try rogue.trySend(parts: [context.sealed(news.encoded())]))
      #expect(try subscriber.receive(within: patience) == news)
    }
  }

  @Test func `a slow subscriber gets the newest message only`() throws {
    let folder = try Folder()
    let context = try Context()
    var publisher = try Publisher(at: folder.endpoint(), in: context)
    var subscriber = try Subscriber(to: folder.endpoint(), role: "learner", in: context)
    // Whoever publishes before the subscription has arrived talks to nobody.
    var isHeard = false
    for _ in 0..<500 where !isHeard {
      try publisher.publish(.setpointAccepted(sequence: 0))
      isHeard = try subscriber.next(within: .milliseconds(20)) != nil
    }
    #expect(isHeard)
    for sequence in 1...UInt64(1000) {
      try publisher.publish(.setpointAccepted(sequence: sequence))
    }
    var received: [Message] = []
    while received.last != .setpointAccepted(sequence: 1000) {
      received.append(try subscriber.receive(within: patience))
      Thread.sleep(forTimeInterval: 0.05)
    }
    #expect(received.count < 20)
    #expect(try subscriber.next(within: .milliseconds(20)) == nil)
  }
}
