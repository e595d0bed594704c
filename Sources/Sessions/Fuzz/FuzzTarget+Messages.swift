import Fuzzing
import Messages

extension FuzzTarget {
  /// What comes over the wire, and each record of a recording by itself.
  static let messages: [FuzzTarget] = [
    FuzzTarget(name: "message", form: .protobuf, weight: 300) { place in
      var samples = FuzzSamples(seed: place.seed)
      let messages = samples.messages() + samples.stopping()
      return (messages.map { $0.encoded() }, PlainReader(read: readMessage))
    },
    fixed("arm.state") { samples in samples.state() },
    fixed("arm.torque") { samples in samples.torque() },
    logged("origin") { $0.origin() },
    logged("observation") { Observation(tick: $0.tick(), values: $0.floats(19)) },
    logged("action") { $0.action(3, $0.tick()) },
    logged("setpoint") { $0.setpoint() },
    logged("reward") {
      StepReward(step: 3, tick: $0.tick(), reward: 1, ending: $0.ending())
    },
    logged("safety") { $0.intervention() },
    logged("simulator") { samples in
      SimulatorState(
        tick: samples.tick(), integration: (0..<53).map { _ in samples.number() })
    },
    logged("truth") { $0.truth() },
    logged("log") { _ in LogLine(role: "controller", text: "a line, µm") },
  ]

  /// What is accepted is the same after it was written and read once more.
  private static func readMessage(_ bytes: [UInt8]) throws {
    let message = try Message(decoding: bytes)
    let again = message.encoded()
    guard again.count <= 2 * bytes.count + 4096 else {
      throw FuzzFinding("\(bytes.count) bytes became a message of \(again.count)")
    }
    guard try Message(decoding: again).encoded() == again || hasMap(message) else {
      throw FuzzFinding("a message is another after it was written and read")
    }
  }

  /// Only the entries of an outcome have no order.
  private static func hasMap(_ message: Message) -> Bool {
    if case .recordEnd = message { true } else { false }
  }

  private static func fixed<M: FixedLengthMessage>(
    _ name: String, _ sample: @escaping @Sendable (inout FuzzSamples) -> M
  ) -> FuzzTarget {
    FuzzTarget(name: name, form: .protobuf, weight: 120) { place in
      var samples = FuzzSamples(seed: place.seed)
      let read = PlainReader { bytes in
        let message = try bytes.withUnsafeBytes { try M(decoding: $0) }
        let again = try message.bytes.withUnsafeBytes { try M(decoding: $0) }
        guard again.bytes == message.bytes else {
          throw FuzzFinding("a tick is another after it was written and read")
        }
      }
      return ((0..<8).map { _ in sample(&samples).bytes }, read)
    }
  }

  private static func logged<M: LoggedMessage>(
    _ name: String, _ sample: @escaping @Sendable (inout FuzzSamples) -> M
  ) -> FuzzTarget {
    FuzzTarget(name: "record." + name, form: .protobuf, weight: 25) { place in
      var samples = FuzzSamples(seed: place.seed)
      let read = PlainReader { bytes in
        let message = try M(decoding: bytes)
        guard try M(decoding: message.encoded()).encoded() == message.encoded() else {
          throw FuzzFinding("a record is another after it was written and read")
        }
      }
      return ((0..<4).map { _ in sample(&samples).encoded() }, read)
    }
  }
}
