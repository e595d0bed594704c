/// What a line plot shows; `svg()` draws it.
public struct LinePlot: Sendable, Equatable {
  /// Above the plot.
  public var title: String
  /// Quantity and unit of the x axis, such as `robot time [min]`.
  public var xLabel: String
  /// Quantity and unit of the y axis.
  public var yLabel: String
  /// The lines, in the order of the legend.
  public var series: [Series]
  /// The shown range of y; nil takes in every value.
  public var yRange: ClosedRange<Double>?

  /// A plot of its parts.
  public init(
    title: String, xLabel: String, yLabel: String, series: [Series],
    yRange: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.yRange = yRange
  }

  /// One named line, with a band around it where it stands for several runs.
  public struct Series: Sendable, Equatable {
    /// Name in the legend.
    public var name: String
    /// The line: finite (x, y) below 10¹⁰⁰, x not falling.
    public var points: [SIMD2<Double>]
    /// The band: x and the range of y there; empty for no band.
    public var band: [Interval]

    /// A line through points; those that are not finite, or from 10¹⁰⁰ on, are left out.
    public init(name: String, points: [SIMD2<Double>]) {
      self.name = name
      self.points = points.filter(Self.isShown)
      band = []
    }

    private static func isShown(_ point: SIMD2<Double>) -> Bool {
      abs(point.x) < 1e100 && abs(point.y) < 1e100
    }

    /// The mean of several runs, and the band from the lowest to the highest of them, at `count`
    /// equal steps of the x that all runs have in common.
    ///
    /// Between its points a run is straight.
    public init(name: String, runs: [[SIMD2<Double>]], count: Int = 200) {
      precondition(count >= 2, "a curve needs two points")
      let runs = runs.map { $0.filter(Self.isShown) }.filter { !$0.isEmpty }
      let first = runs.map { $0[0].x }.max() ?? 0
      let last = runs.map { $0[$0.count - 1].x }.min() ?? 0
      self.init(name: name, points: [])
      guard !runs.isEmpty, first <= last else { return }
      for i in 0..<count {
        let x = first + (last - first) * Double(i) / Double(count - 1)
        let values = runs.map { interpolate($0, at: x) }
        points.append(SIMD2(x, values.reduce(0, +) / Double(values.count)))
        if values.count > 1, let lowest = values.min(), let highest = values.max() {
          band.append(Interval(x: x, y: lowest...highest))
        }
      }
    }
  }

  /// A range of y at an x.
  public struct Interval: Sendable, Equatable {
    /// Where.
    public var x: Double
    /// From the lowest to the highest.
    public var y: ClosedRange<Double>

    /// An interval of its parts.
    public init(x: Double, y: ClosedRange<Double>) {
      self.x = x
      self.y = y
    }
  }
}

/// y of a curve at x, by straight lines between its points; held constant beyond them.
func interpolate(_ points: [SIMD2<Double>], at x: Double) -> Double {
  guard let after = points.firstIndex(where: { $0.x >= x }) else { return points.last?.y ?? 0 }
  guard after > 0 else { return points[0].y }
  let (a, b) = (points[after - 1], points[after])
  return b.x > a.x ? a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x) : b.y
}
