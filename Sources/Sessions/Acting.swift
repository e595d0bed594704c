import Foundation
import LearningSlots

/// One action of a memoryless policy as a list.
func act<P: Policy, R: RandomNumberGenerator>(
  _ policy: P, on observation: [Float], using stream: inout R
) -> [Float] {
  var carry = policy.start()
  return act(policy, &carry, on: observation, using: &stream)
}

/// One action of a policy as a list.
func act<P: Policy, R: RandomNumberGenerator>(
  _ policy: P, _ carry: inout P.Carry, on observation: [Float], using stream: inout R
) -> [Float] {
  [Float](unsafeUninitializedCapacity: ObservationLayout.actionSize) { buffer, count in
    buffer.initialize(repeating: 0)
    var action = buffer.mutableSpan
    policy.act(&carry, on: observation.span, into: &action, using: &stream)
    count = ObservationLayout.actionSize
  }
}

/// FNV-1a over bytes: tells two things apart, protects against nothing.
func fingerprint(of bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// A digest as sixteen hexadecimal digits.
func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

/// A number with so many decimals.
func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
