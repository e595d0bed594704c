import Foundation

/// The shown range of a quantity and round numbers along it.
struct Axis: Equatable {
  /// From the first tick to the last.
  let range: ClosedRange<Double>
  /// Distance between ticks: 1, 2 or 5 times a power of ten.
  let spacing: Double

  /// The smallest axis between ticks that covers a range, with about `count` ticks and never more
  /// than two above that.
  init(covering values: ClosedRange<Double>, atMost count: Int) {
    var (low, high) = (values.lowerBound, values.upperBound)
    // Without width there is no scale; past this ratio doubles cannot tell ticks apart.
    if high - low <= max(max(abs(low), abs(high)) * 1e-9, 1e-100) {
      let half = max(abs(low), abs(high), 1) / 2
      (low, high) = (low - half, high + half)
    }
    let rough = (high - low) / Double(max(2, count))
    let power = pow(10, floor(log10(rough)))
    let factor = [1, 2, 5].first { rough <= $0 * power * (1 + 1e-9) } ?? 10
    spacing = factor * power
    // Rounding must not add a tick beyond a bound that is one.
    let first = floor(low / spacing + 1e-9) * spacing
    let last = ceil(high / spacing - 1e-9) * spacing
    range = first...max(last, first + spacing)
  }

  /// The ticks, from the first to the last.
  var ticks: [Double] {
    let first = (range.lowerBound / spacing).rounded()
    let last = (range.upperBound / spacing).rounded()
    return stride(from: first, through: last, by: 1).map { $0 * spacing }
  }

  /// Position along the axis, 0 at its start and 1 at its end.
  func share(_ value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// A tick in as many digits as tell neighbours apart.
  func label(_ tick: Double) -> String {
    let largest = max(abs(range.lowerBound), abs(range.upperBound))
    if largest >= 1e6 || spacing < 1e-5 {
      return String(format: "%.4g", locale: Locale(identifier: "en_US_POSIX"), tick)
    }
    let digits = max(0, Int(-floor(log10(spacing) + 1e-9)))
    let text = String(format: "%.\(digits)f", locale: Locale(identifier: "en_US_POSIX"), tick)
    return text.hasPrefix("-") && !text.contains(where: { "123456789".contains($0) })
      ? String(text.dropFirst()) : text
  }
}
