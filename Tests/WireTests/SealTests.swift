import Foundation
import Messages
import Randomness
import Synchronization
import Testing
import Wire

/// Messages meet every fault that a line can have, on purpose, through a tap.
@Suite struct SealTests {
  /// A client and a server with a tap between; the server counts what it acts on.
  private func exchange(
    calls: UInt64, session: (client: UInt32, server: UInt32) = (1, 1),
    within limit: Duration = .seconds(15),
    fate: @escaping @Sendable (inout RandomStream) -> TapFate
  ) throws -> (answered: UInt64, acted: [UInt64], discarded: Discarded) {
    let folder = try Folder()
    let (front, back) = (try folder.endpoint("t"), try folder.endpoint("s"))
    let isOver = Atomic(false)
    let over: @Sendable () -> Bool = { isOver.load(ordering: .relaxed) }
    let served = Outcome {
      let context = try Context(session: SessionMark(session.server))
      var server = try Server(at: back, role: "client", in: context)
      var acted: [UInt64] = []
      while !over() {
        guard let request = try server.next(within: .milliseconds(20)) else { continue }
        guard case .policyRequest(let number, _) = request.message else { continue }
        acted.append(number)
        try server.reply(.transitionsAccepted(nextSequence: number), to: request)
      }
      return (acted, server.discarded)
    }
    let tapped = Outcome {
      var draws = RandomStream(seed: 5, name: "tap")
      var tap = try Tap(.calls, at: front, to: back, in: Context())
      while !over() { try tap.run(for: .milliseconds(50)) { _ in fate(&draws) } }
    }
    let context = try Context(session: SessionMark(session.client))
    var client = try Client(to: front, role: "server", in: context)
    var answered: UInt64 = 0
    for number in 0..<calls {
      let answer = try? client.call(.policyRequest(minimumVersion: number), within: limit)
      if answer == .transitionsAccepted(nextSequence: number) { answered += 1 }
      if answer == nil { break }
    }
    isOver.store(true, ordering: .relaxed)
    try tapped.value()
    let (acted, discarded) = try served.value()
    return (answered, acted, discarded)
  }

  @Test func `whatever happens on the way, each call is acted on once, in order`() throws {
    let found = try exchange(calls: 60) { draws in
      switch draws.index(below: 8) {
      case 0: .drop
      case 1: .duplicate
      case 2: .delay(.milliseconds(Int64(draws.index(below: 400))))
      case 3: .flip(bit: draws.next())
      default: .pass
      }
    }
    #expect(found.answered == 60)
    #expect(found.acted == Array(0..<60))
    #expect(found.discarded.damaged > 0)
    #expect(found.discarded.repeated > 0)
  }

  @Test func `no flipped bit passes`() throws {
    let count = Mutex(UInt64(0))
    let found = try exchange(calls: 1, within: .seconds(5)) { _ in
      .flip(
        bit: count.withLock {
          $0 += 1; return $0
        })
    }
    #expect(found.answered == 0)
    #expect(found.acted.isEmpty)
    #expect(found.discarded.damaged > 0)
  }

  @Test func `a call of another session is dropped and counted`() throws {
    let found = try exchange(calls: 1, session: (1, 2), within: .seconds(5)) { _ in .pass }
    #expect(found.answered == 0)
    #expect(found.acted.isEmpty)
    #expect(found.discarded.foreign > 0)
  }

  @Test func `marks tell recipes apart`() {
    var seen: Set<SessionMark> = []
    var draws = RandomStream(seed: 1, name: "marks")
    for _ in 0..<1000 { seen.insert(SessionMark(of: "runs/\(draws.next())\npanda")) }
    #expect(seen.count == 1000)
    #expect(SessionMark(of: "a") == SessionMark(of: "a"))
  }

  @Test func `every flipped bit of a tick is refused, and one of another session`() throws {
    let folder = try Folder()
    let context = try Context(session: SessionMark(9))
    var command = JointTorque()
    command.tick = 3
    let bits = 8 * (JointTorque.encodedLength + 8)
    let (front, back) = (try folder.endpoint("t"), try folder.endpoint("s"))
    let (isOver, flips) = (Flag(), Flag())
    let tapped = Outcome {
      var tap = try Tap(.ticks, at: front, to: back, in: Context())
      var next: UInt64 = 0
      while !isOver.isSet {
        try tap.run(for: .milliseconds(20)) { _ in
          guard flips.isSet else { return .pass }
          defer { next += 1 }
          return next < UInt64(bits) ? .flip(bit: next) : .pass
        }
      }
    }
    var driver = try DriverPort(bind: back, role: "controller", in: context)
    var controller = try ControllerPort(connect: front, role: "driver", in: context)
    // A tap loses what it gets before both ends are there.
    for _ in 0..<200 {
      try controller.send(command, within: patience)
      if (try? driver.receive(within: .milliseconds(50))) != nil { break }
    }
    while (try? driver.receive(within: .milliseconds(200))) != nil {}
    flips.set()
    for _ in 0..<bits {
      let before = driver.discarded.damaged
      try controller.send(command, within: patience)
      // One at a time: a tap loses what nobody takes.
      for _ in 0..<1000 where driver.discarded.damaged == before {
        #expect(throws: WireError.self) { try driver.receive(within: .milliseconds(2)) }
      }
      try #require(driver.discarded.damaged == before + 1)
    }
    try controller.send(command, within: patience)
    #expect(try driver.receive(within: patience) == command)
    // A flipped session is told from damage by its sum.
    #expect(driver.discarded.damaged == UInt64(bits))
    #expect(driver.discarded.foreign == 0)
    isOver.set()
    try tapped.value()
  }

  @Test func `a tick of another session is refused as one`() throws {
    let folder = try Folder()
    var driver = try DriverPort(
      bind: folder.endpoint(), role: "controller", in: Context(session: SessionMark(1)))
    var controller = try ControllerPort(
      connect: folder.endpoint(), role: "driver", in: Context(session: SessionMark(2)))
    try controller.send(JointTorque(), within: patience)
    for _ in 0..<50 where driver.discarded.foreign == 0 {
      #expect(throws: WireError.self) { try driver.receive(within: .milliseconds(200)) }
    }
    #expect(driver.discarded.foreign == 1)
  }
}
