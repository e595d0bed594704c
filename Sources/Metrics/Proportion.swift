/// So many successes of so many trials.
public struct Proportion: Sendable, Equatable, Codable, CustomStringConvertible {
  /// Trials that succeeded.
  public var successes: Int
  /// All trials.
  public var trials: Int

  /// A proportion of its parts, 0 ≤ successes ≤ trials.
  public init(successes: Int, trials: Int) {
    precondition((0...trials).contains(successes), "\(successes) of \(trials) is no proportion")
    self.successes = successes
    self.trials = trials
  }

  /// The share of successes, 0…1; 0 without a trial.
  public var share: Double { trials == 0 ? 0 : Double(successes) / Double(trials) }

  /// Wilson's score interval of the probability of success (Wilson 1927), 0…1 without a trial;
  /// z = 1.96 gives 95 % confidence: (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n).
  public func interval(z: Double = 1.959964) -> ClosedRange<Double> {
    guard trials > 0 else { return 0...1 }
    let n = Double(trials)
    let scale = 1 + z * z / n
    let middle = (share + z * z / (2 * n)) / scale
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / scale
    // Rounding must not push the bound past a share of exactly 0 or 1.
    let lower = successes == 0 ? 0 : max(0, middle - half)
    let upper = successes == trials ? 1 : min(1, middle + half)
    return lower...upper
  }

  /// Such as `97/100 (95 % interval 91.5…99.0 %)`.
  public var description: String {
    let range = interval()
    let percent = { (share: Double) in "\((share * 1000).rounded() / 10)" }
    return "\(successes)/\(trials) "
      + "(95 % interval \(percent(range.lowerBound))…\(percent(range.upperBound)) %)"
  }
}
