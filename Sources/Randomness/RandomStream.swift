import Foundation

/// A named stream of a run's seed: xoshiro256++ (Blackman and Vigna 2019), seeded through
/// SplitMix64 from the seed and the FNV-1a hash of the name.
///
/// Equal seed and name give equal draws anywhere.
public struct RandomStream: RandomNumberGenerator, Sendable, BitwiseCopyable, Equatable {
  /// The four words of state; enough to continue the stream later.
  public var state: (UInt64, UInt64, UInt64, UInt64) {
    get { (a, b, c, d) }
    set { (a, b, c, d) = newValue }
  }
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// The stream of a name under a seed; `index` tells apart streams of one name, such as episodes.
  public init(seed: UInt64, name: StaticString, index: UInt64 = 0) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    name.withUTF8Buffer { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
    var mixer = SplitMix(state: seed ^ hash)
    mixer.state ^= mixer.next() &+ index &* 0x9e37_79b9_7f4a_7c15
    (a, b, c, d) = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    let result = Self.rotate(a &+ d, 23) &+ a
    let shifted = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = Self.rotate(d, 45)
    return result
  }

  /// Uniform in 0..<1, 53 bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in -half...half.
  public mutating func uniform(eitherSide half: Double) -> Double { (2 * uniform() - 1) * half }

  /// Standard normal by the Box-Muller transform; draws two words and keeps nothing back.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// Uniform in 0..<bound by Lemire's multiplication, without rejection: the bias is below 2⁻³².
  public mutating func index(below bound: Int) -> Int {
    Int((next() >> 32).multipliedFullWidth(by: UInt64(bound) << 32).high)
  }

  private static func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
}

private struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
