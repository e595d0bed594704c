import Foundation
import Geometry
import Messages
import Randomness
import Testing

@Suite struct MessageTests {
  @Test func `every kind survives the trip`() throws {
    var samples = Samples(seed: 11)
    for _ in 0..<50 {
      for message in samples.messages() {
        #expect(try Message(decoding: message.encoded()) == message)
      }
    }
  }

  @Test func `zero and empty values survive the trip`() throws {
    let none = Transition(
      sequence: 0, episode: 0, policyVersion: 0, observation: [], action: [], reward: 0,
      nextObservation: [], ending: nil)
    let messages: [Message] = [
      .heartbeat(role: "", process: 0, progress: 0), .granted(ArmState()), .transitions([]),
      .transitions([none]), .policy(PolicySnapshot(version: 0, bytes: [])), .truth(Truth()),
      .judgement(Judgement(reward: 0)), .grant(Grant(sequence: 0, untilTick: 0, setpoint: 0)),
      .status(Status(role: "")), .learnerDigest(replay: 0, weights: 0),
    ]
    for message in messages { #expect(try Message(decoding: message.encoded()) == message) }
  }

  @Test func `a status may show a diverged loss`() throws {
    let status = Status(role: "learner", values: [StatusValue(name: "loss", value: .infinity)])
    #expect(try Message(decoding: Message.status(status).encoded()) == .status(status))
  }

  @Test func `numbers that must be finite are refused by name`() {
    var samples = Samples(seed: 12)
    var setpoint = samples.setpoint()
    setpoint.baseFromTool.translation.y = .nan
    expect(.setpoint(setpoint), refusedAs: .notFinite("Setpoint.base_from_tool"))
    setpoint = samples.setpoint()
    setpoint.compliance.rotationalDamping = .infinity
    expect(.setpoint(setpoint), refusedAs: .notFinite("Compliance.rotational_damping"))
    var transition = samples.transition()
    transition.reward = .nan
    expect(.transitions([transition]), refusedAs: .notFinite("Transition.reward"))
    transition = samples.transition()
    transition.nextObservation[3] = -.infinity
    expect(.transitions([transition]), refusedAs: .notFinite("Transition.next_observation"))
    expect(.environmentStep(action: [0, .nan]), refusedAs: .notFinite("EnvironmentStep.action"))
    let judgement = Judgement(reward: .nan, ending: .terminal)
    expect(.judgement(judgement), refusedAs: .notFinite("Judgement.reward"))
    var state = ArmState()
    state.position[0] = .nan
    expect(.granted(state), refusedAs: .notFinite("ArmState.position"))
  }

  @Test func `sizes are bounded`() {
    var samples = Samples(seed: 13)
    let many = [Transition](repeating: samples.transition(numbers: 1), count: 4097)
    expect(
      .transitions(many),
      refusedAs: .tooMany("Transitions.transitions", count: 4097, limit: 4096))
    expect(
      .transitions([samples.transition(numbers: 1025)]),
      refusedAs: .tooMany("Transition.observation", count: 1025, limit: 1024))
    let note = String(repeating: "x", count: 1 << 20)
    let bytes = Message.failure(reason: note).encoded()
    expect(
      .failure(reason: note), refusedAs: .tooLong("Envelope", bytes: bytes.count, limit: 1 << 20))
  }

  @Test func `a policy of 64 MiB passes and a longer one does not`() throws {
    let longest = [UInt8](repeating: 7, count: 64 << 20)
    let bytes = Message.policy(PolicySnapshot(version: 3, bytes: longest)).encoded()
    guard case .policy(let snapshot) = try Message(decoding: bytes) else {
      Issue.record("another kind came back")
      return
    }
    #expect(snapshot.bytes == longest)
    let longer = Message.policy(PolicySnapshot(version: 3, bytes: longest + [7])).encoded()
    #expect(throws: MessageError.tooLong("PolicySnapshot", bytes: (64 << 20) + 1, limit: 64 << 20))
    {
      try Message(decoding: longer)
    }
  }

  @Test func `transitions may have more than 1 MiB`() throws {
    var samples = Samples(seed: 14)
    let list = [Transition](repeating: samples.transition(numbers: 1024), count: 200)
    let bytes = Message.transitions(list).encoded()
    #expect(bytes.count > 1 << 20)
    #expect(try Message(decoding: bytes) == .transitions(list))
  }

  @Test func `many transitions of nothing are refused before they are built`() {
    // 17 << 3 | 2 in two bytes, then the length, then empty entries of two bytes each.
    let entries = [UInt8](repeating: 0, count: 20_000).indices.map { UInt8($0 % 2 == 0 ? 10 : 0) }
    let bytes: [UInt8] = [0x8a, 0x01, 0xa0, 0x9c, 0x01] + entries
    #expect(throws: MessageError.tooMany("Transitions.transitions", count: 10_000, limit: 4096)) {
      try Message(decoding: bytes)
    }
  }

  @Test func `an unknown ending and an unknown kind are refused`() {
    #expect(throws: MessageError.unknownValue("Judgement.ending", value: 9)) {
      try Message(decoding: [14 << 3 | 2, 2, 2 << 3, 9])
    }
    #expect(throws: MessageError.unknownKind) { try Message(decoding: []) }
    #expect(throws: MessageError.unknownKind) { try Message(decoding: [0x9a, 0x06, 0x00]) }
  }

  @Test func `two bodies in one envelope are refused`() {
    let bytes = Message.judgeStart.encoded() + Message.stop(reason: "end").encoded()
    #expect(throws: MessageError.malformed("Envelope")) { try Message(decoding: bytes) }
  }

  @Test func `each refusal is one line`() {
    let errors: [MessageError] = [
      .malformed("a"), .unknownKind, .tooLong("a", bytes: 2, limit: 1), .missing("a"),
      .wrongCount("a", count: 1, expected: 2), .tooMany("a", count: 2, limit: 1), .notFinite("a"),
      .notRotation("a"), .unknownValue("a", value: 1),
    ]
    for error in errors { #expect(!"\(error)".contains("\n") && "\(error)".count > 10) }
  }

  private func expect(
    _ message: Message, refusedAs error: MessageError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) {
      try Message(decoding: message.encoded())
    }
  }
}
