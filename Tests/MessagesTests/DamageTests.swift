import Geometry
import Messages
import Randomness
import Testing

/// Decoders are total: any bytes give a message or a `MessageError`, soon.
@Suite struct DamageTests {
  #if DEBUG
    static let rounds = 20
  #else
    static let rounds = 1000
  #endif

  @Test func `a truncated message is refused or has lost nothing`() {
    var samples = Samples(seed: 21)
    for message in samples.messages() {
      let bytes = message.encoded()
      for _ in 0..<Self.rounds / 10 {
        let cut = Array(bytes.prefix(samples.stream.index(below: bytes.count)))
        #expect((try? Message(decoding: cut)) == nil)
      }
    }
    let state = samples.state().encoding
    for length in 0..<state.count { #expect((try? ArmState(Array(state.prefix(length)))) == nil) }
    let command = samples.command().encoding
    for length in 0..<command.count {
      #expect((try? JointTorque(Array(command.prefix(length)))) == nil)
    }
  }

  @Test func `flipped bits never crash and what is accepted can be sent on`() throws {
    var samples = Samples(seed: 22)
    for _ in 0..<Self.rounds {
      for message in samples.messages() {
        var bytes = message.encoded()
        flip(&bytes, &samples)
        guard let read = try? Message(decoding: bytes) else { continue }
        #expect(isSame(try Message(decoding: read.encoded()), read))
      }
    }
  }

  @Test func `flipped bits of a tick never crash`() throws {
    var samples = Samples(seed: 23)
    for _ in 0..<10 * Self.rounds {
      var state = samples.state().encoding
      flip(&state, &samples)
      if let read = try? ArmState(state) { #expect(try ArmState(read.encoding) == read) }
      var command = samples.command().encoding
      flip(&command, &samples)
      if let read = try? JointTorque(command) { #expect(try JointTorque(read.encoding) == read) }
    }
  }

  @Test func `random bytes never crash`() {
    var samples = Samples(seed: 24)
    var accepted = 0
    for _ in 0..<50 * Self.rounds {
      let bytes = samples.bytes(samples.stream.index(below: 60))
      if (try? Message(decoding: bytes)) != nil { accepted += 1 }
      if (try? ArmState(bytes)) != nil { accepted += 1000 }
      if (try? JointTorque(bytes)) != nil { accepted += 1000 }
    }
    #expect(accepted < 1000)
  }

  private func flip(_ bytes: inout [UInt8], _ samples: inout Samples) {
    for _ in 0...samples.stream.index(below: 3) where !bytes.isEmpty {
      bytes[samples.stream.index(below: bytes.count)] ^= 1 << UInt8(samples.stream.index(below: 8))
    }
  }

  /// Equal, or both a status whose numbers are not comparable.
  private func isSame(_ a: Message, _ b: Message) -> Bool {
    // What is not a number is not equal to itself, but its bytes are.
    a == b || a.encoded() == b.encoded()
  }
}
