import Geometry
import Messages
import Randomness
import Testing

@Suite struct FixedLengthTests {
  @Test func `an arm state survives the trip bit for bit`() throws {
    var samples = Samples(seed: 1)
    for _ in 0..<200 {
      let state = samples.state()
      #expect(try ArmState(state.encoding) == state)
    }
    #expect(try ArmState(ArmState().encoding) == ArmState())
  }

  @Test func `a torque survives the trip bit for bit`() throws {
    var samples = Samples(seed: 2)
    for _ in 0..<200 {
      let command = samples.command()
      #expect(try JointTorque(command.encoding) == command)
    }
    #expect(try JointTorque(JointTorque().encoding) == JointTorque())
  }

  /// Envelopes go through SwiftProtobuf: what is inside one is its reading and writing.
  @Test func `SwiftProtobuf reads and writes the very bytes of an arm state`() throws {
    var samples = Samples(seed: 3)
    // The tag of `granted` and the length 826.
    let head: [UInt8] = [9 << 3 | 2, 0xba, 0x06]
    for state in (0..<100).map({ _ in samples.state() }) + [ArmState()] {
      #expect(try Message(decoding: head + state.encoding) == .granted(state))
      #expect(Message.granted(state).encoded() == head + state.encoding)
      #expect(GrantedState(state).encoding == head + state.encoding)
      #expect(try GrantedState(head + state.encoding).state == state)
    }
  }

  /// Fields in another order are SwiftProtobuf's to read.
  @Test func `SwiftProtobuf reads the fields in any order`() throws {
    var samples = Samples(seed: 5)
    for _ in 0..<100 {
      let command = samples.command()
      let bytes = command.encoding
      #expect(try JointTorque(Array(bytes[67...] + bytes[9..<67] + bytes[..<9])) == command)
      let state = samples.state()
      #expect(try ArmState(Array(state.encoding[9...] + state.encoding[..<9])) == state)
    }
  }

  @Test func `a number that is not finite is refused by name`() throws {
    var samples = Samples(seed: 6)
    var state = samples.state()
    state.externalTorque[4] = .nan
    #expect(throws: MessageError.notFinite("ArmState.external_torque")) {
      try ArmState(state.encoding)
    }
    state.externalTorque[4] = 0
    state.toolTwist.angular.z = -.infinity
    #expect(throws: MessageError.notFinite("ArmState.tool_twist")) {
      try ArmState(state.encoding)
    }
    var command = samples.command()
    command.torque[6] = .infinity
    #expect(throws: MessageError.notFinite("JointTorque.torque")) {
      try JointTorque(command.encoding)
    }
  }

  @Test func `a quaternion that is no rotation is refused`() throws {
    var state = ArmState()
    state.baseFromTool.rotation.w = 0.5
    #expect(throws: MessageError.notRotation("ArmState.base_from_tool")) {
      try ArmState(state.encoding)
    }
  }

  @Test func `a missing field and a short list are named`() throws {
    var samples = Samples(seed: 7)
    let bytes = samples.command().encoding
    #expect(throws: MessageError.missing("JointTorque.tick")) {
      try JointTorque(Array(bytes[9...]))
    }
    let short = bytes[..<9] + [2 << 3 | 2, 48] + bytes[11..<59] + bytes[67...]
    #expect(throws: MessageError.wrongCount("JointTorque.torque", count: 6, expected: 7)) {
      try JointTorque(Array(short))
    }
  }

  @Test func `a tick can be patched in place`() throws {
    var samples = Samples(seed: 8)
    var state = samples.state()
    var bytes = state.encoding
    state.tick = 123_456
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: state.tick, toByteOffset: 1, as: Int64.self) }
    #expect(try ArmState(bytes) == state)
  }
}
