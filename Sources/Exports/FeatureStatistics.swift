/// What LeRobot keeps of a feature's values: one number for each of its dimensions.
package struct FeatureStatistics: Sendable {
  /// Which part of the values lies below each quantile, and LeRobot's name for it.
  package static let quantileParts: [(name: String, part: Double)] = [
    ("q01", 0.01), ("q10", 0.1), ("q50", 0.5), ("q90", 0.9), ("q99", 0.99),
  ]

  package private(set) var count: Int
  package private(set) var lowest: [Double] = []
  package private(set) var highest: [Double] = []
  package private(set) var mean: [Double] = []
  /// The mean squared distance from the mean.
  private var variance: [Double] = []
  /// For each of `quantileParts`, one number for each dimension.
  package private(set) var quantiles: [[Double]]

  /// The statistics of finite values, at least one row of them, each with `dimensions` numbers.
  package init(rows: Int, dimensions: Int, value: (_ row: Int, _ dimension: Int) -> Double) {
    count = rows
    quantiles = Self.quantileParts.map { _ in [] }
    for dimension in 0..<dimensions {
      let sorted = (0..<rows).map { value($0, dimension) }.sorted()
      lowest.append(sorted[0])
      highest.append(sorted[rows - 1])
      // Distances from the lowest value, so that wall times lose no digits.
      let offset = sorted.reduce(0) { $0 + ($1 - sorted[0]) } / Double(rows)
      let average = sorted[0] + offset
      mean.append(average)
      variance.append(
        sorted.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(rows))
      for (index, (_, part)) in Self.quantileParts.enumerated() {
        quantiles[index].append(Self.quantile(part, of: sorted))
      }
    }
  }

  /// Standard deviation, of all values rather than of a sample.
  package var deviation: [Double] { variance.map { $0.squareRoot() } }

  /// Takes in the statistics of further values of the same feature.
  ///
  /// Quantiles of both cannot be known from those of each: up to the median the lower one stands,
  /// above it the higher one.
  package mutating func merge(_ other: FeatureStatistics) {
    let total = Double(count + other.count)
    let weight = Double(other.count) / total
    for dimension in mean.indices {
      let distance = other.mean[dimension] - mean[dimension]
      mean[dimension] += distance * weight
      variance[dimension] +=
        (other.variance[dimension] - variance[dimension]) * weight
        + distance * distance * weight * (1 - weight)
      lowest[dimension] = min(lowest[dimension], other.lowest[dimension])
      highest[dimension] = max(highest[dimension], other.highest[dimension])
      for (index, (_, part)) in Self.quantileParts.enumerated() {
        let pair = (quantiles[index][dimension], other.quantiles[index][dimension])
        quantiles[index][dimension] = part <= 0.5 ? min(pair.0, pair.1) : max(pair.0, pair.1)
      }
    }
    count += other.count
  }

  /// Straight between the two values that are nearest in rank.
  private static func quantile(_ part: Double, of sorted: [Double]) -> Double {
    let rank = part * Double(sorted.count - 1)
    let below = Int(rank)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (rank - Double(below))
  }
}

extension FeatureStatistics {
  /// The statistics of rows, at least one, that hold numbers and are equally long.
  package init(_ rows: ParquetRows) {
    let dimensions = rows.listLengths?[0] ?? 1
    self.init(rows: rows.count, dimensions: dimensions) { rows.number($0, $1) }
  }

  /// The names of the parts in LeRobot's order; `count` is an integer, the others are numbers.
  package static let names = ["min", "max", "mean", "std", "count"] + quantileParts.map(\.name)

  /// The part of that name; the count is empty here.
  package func numbers(_ name: String) -> [Double] {
    switch name {
    case "min": lowest
    case "max": highest
    case "mean": mean
    case "std": deviation
    default:
      Self.quantileParts.firstIndex { $0.name == name }.map { quantiles[$0] } ?? []
    }
  }

  /// As in `stats.json`.
  package var json: JSONText {
    .object(
      Self.names.map { name in
        (name, name == "count" ? .list([.integer(count)]) : .numbers(numbers(name)))
      })
  }
}

extension ParquetRows {
  /// A number of a row; texts are none.
  fileprivate func number(_ row: Int, _ dimension: Int) -> Double {
    switch self {
    case .booleans(let rows): rows[row] ? 1 : 0
    case .integers(let rows): Double(rows[row])
    case .floats(let rows): Double(rows[row])
    case .doubles(let rows): rows[row]
    case .integerLists(let rows): Double(rows[row][dimension])
    case .floatLists(let rows): Double(rows[row][dimension])
    case .doubleLists(let rows): rows[row][dimension]
    case .texts, .textLists: preconditionFailure("texts have no statistics")
    }
  }
}
