import Randomness

/// The inputs of a target, in rounds that begin with a sample and grow from what the round has come to.
///
/// Input n depends on seed, name, form, samples and n alone, wherever a series begins.
public struct InputSeries: Sendable {
  /// Inputs of a round.
  public static let roundLength: UInt64 = 16
  /// Most bytes of an input.
  public static let longest = 1 << 16

  private let samples: [[UInt8]]
  private let form: InputForm
  private let seed: UInt64
  private var mutator: Mutator
  private var current: [UInt8] = []
  /// Number of the next input.
  public private(set) var number: UInt64

  /// The series of a target from an input on.
  public init(
    seed: UInt64, name: String, form: InputForm, samples: [[UInt8]], from first: UInt64 = 0
  ) {
    precondition(!samples.isEmpty, "no samples of \(name)")
    self.samples = samples
    self.form = form
    // FNV-1a, so that targets of one seed differ.
    self.seed = name.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    number = first - first % Self.roundLength
    mutator = Mutator(RandomStream(seed: self.seed, name: "fuzz"))
    while number < first { _ = next() }
  }

  /// The next input.
  public mutating func next() -> [UInt8] {
    let step = number % Self.roundLength
    if step == 0 {
      mutator = Mutator(
        RandomStream(seed: seed, name: "fuzz", index: number / Self.roundLength))
      current = samples[mutator.stream.index(below: samples.count)]
    } else {
      let other = samples[mutator.stream.index(below: samples.count)]
      for _ in 0...mutator.stream.index(below: 3) {
        current = mutator.mutated(current, form, beside: other)
        // At once: what doubles and doubles again is soon larger than memory.
        if current.count > Self.longest { current.removeSubrange(Self.longest...) }
      }
    }
    number += 1
    return current
  }
}
