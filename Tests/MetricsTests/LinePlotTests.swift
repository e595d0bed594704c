import Foundation
import FoundationXML
import Metrics
import Testing

/// Gathers what an SVG document draws.
private final class Drawing: NSObject, XMLParserDelegate {
  var polylines: [[SIMD2<Double>]] = []
  var polygons = 0
  var circles = 0
  var texts: [String] = []
  private var text = ""

  init?(_ svg: String) {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    guard parser.parse() else { return nil }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    text = ""
    if name == "polygon" { polygons += 1 }
    if name == "circle" { circles += 1 }
    guard name == "polyline" else { return }
    let points = (attributes["points"] ?? "").split(separator: " ").map { pair in
      let numbers = pair.split(separator: ",").compactMap { Double($0) }
      return SIMD2(numbers[0], numbers[1])
    }
    polylines.append(points)
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if name == "text" { texts.append(text) }
  }
}

@Suite struct LinePlotTests {
  static let line: [SIMD2<Double>] = (0...50).map { SIMD2(Double($0), Double($0 * $0) / 2500) }

  @Test func `a plot shows each line, name and label`() throws {
    let plot = LinePlot(
      title: "Success & <time>", xLabel: "robot time [min]", yLabel: "success",
      series: [.init(name: "rlpd", points: Self.line), .init(name: "sac", points: Self.line)])
    let drawing = try #require(Drawing(plot.svg()))
    #expect(drawing.polylines.count == 2)
    #expect(drawing.polylines[0].count == Self.line.count)
    for text in ["Success & <time>", "robot time [min]", "success", "rlpd", "sac", "0", "50"] {
      #expect(drawing.texts.contains(text))
    }
  }

  @Test(arguments: [(320, 240), (800, 480), (1600, 300)])
  func `every value lies inside the picture`(
    width: Int, height: Int
  ) throws {
    for scale in [1e-9, 1, 1e12] {
      let points = Self.line.map { SIMD2($0.x * scale - scale, -$0.y * scale) }
      let plot = LinePlot(
        title: "", xLabel: "", yLabel: "", series: [.init(name: "a", points: points)])
      let drawing = try #require(Drawing(plot.svg(width: width, height: height)))
      let drawn = drawing.polylines[0]
      #expect(drawn.allSatisfy { $0.x >= 0 && $0.x <= Double(width) })
      #expect(drawn.allSatisfy { $0.y >= 0 && $0.y <= Double(height) })
      // Right is more in x; down is less in y.
      #expect(zip(drawn, drawn.dropFirst()).allSatisfy { $0.x < $1.x && $0.y <= $1.y })
    }
  }

  @Test func `a plot of little is a plot`() throws {
    let odd: [[SIMD2<Double>]] = [
      [], [SIMD2(1, 1)], [SIMD2(0, 0), SIMD2(1, 0)], [SIMD2(.nan, 1), SIMD2(1, .infinity)],
      [SIMD2(5, 5), SIMD2(5, 5)], [SIMD2(1e15, 1), SIMD2(1e15 + 1, 1)],
    ]
    for points in odd {
      let plot = LinePlot(
        title: "t", xLabel: "x", yLabel: "y", series: [.init(name: "a", points: points)])
      let svg = plot.svg()
      #expect(Drawing(svg) != nil)
      #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
    #expect(Drawing(LinePlot(title: "", xLabel: "", yLabel: "", series: []).svg()) != nil)
  }

  @Test func `numbers of any size are drawn or left out`() {
    let sizes = [0, Double.leastNonzeroMagnitude, 1e-200, 1, 1e99, 1e100, 1.7e308, .infinity, .nan]
    let numbers = sizes + sizes.map { -$0 }
    for first in numbers {
      for second in numbers {
        for (a, b) in [(SIMD2(first, 0), SIMD2(second, 1)), (SIMD2(0, first), SIMD2(1, second))] {
          let runs = [[a, b], [SIMD2(a.x, 0), SIMD2(b.x, 1)]]
          let series = [
            LinePlot.Series(name: "one", points: [a, b]), LinePlot.Series(name: "two", runs: runs),
          ]
          let svg = LinePlot(title: "", xLabel: "x", yLabel: "y", series: series).svg()
          #expect(Drawing(svg) != nil && !svg.contains("nan"), "\(first) \(second)")
        }
      }
    }
  }

  @Test func `several runs are their mean and a band around it`() throws {
    let runs = [0.0, 1, 2, 3, 4].map { (seed: Double) -> [SIMD2<Double>] in
      let places = stride(from: seed, through: 30 + seed, by: 0.7 + seed / 10)
      return places.map { SIMD2<Double>($0, 2 * $0 + seed) }
    }
    let series = LinePlot.Series(name: "five seeds", runs: runs, count: 50)
    #expect(series.points.count == 50 && series.band.count == 50)
    #expect(series.points[0].x == 4)
    for (point, interval) in zip(series.points, series.band) {
      #expect(abs(point.y - (2 * point.x + 2)) < 1e-9)
      #expect(abs(interval.y.lowerBound - 2 * point.x) < 1e-9)
      #expect(abs(interval.y.upperBound - (2 * point.x + 4)) < 1e-9)
    }
    let plot = LinePlot(title: "", xLabel: "", yLabel: "", series: [series])
    #expect(try #require(Drawing(plot.svg())).polygons == 1)
  }

  @Test func `one run has no band, runs that never meet no line`() {
    #expect(LinePlot.Series(name: "", runs: [Self.line]).band.isEmpty)
    let apart = [[SIMD2(0.0, 1), SIMD2(1.0, 1)], [SIMD2(2.0, 1), SIMD2(3.0, 1)]]
    #expect(LinePlot.Series(name: "", runs: apart).points.isEmpty)
    #expect(LinePlot.Series(name: "", runs: [[], []]).points.isEmpty)
  }

  @Test func `ticks are round and few`() throws {
    for high in [0.003, 0.07, 0.9, 1, 7, 12, 99.5, 1234, 98_765] {
      let points = [SIMD2(0, 0), SIMD2(high, high)]
      let plot = LinePlot(
        title: "", xLabel: "", yLabel: "", series: [.init(name: "", points: points)])
      let ticks = try #require(Drawing(plot.svg())).texts.compactMap(Double.init)
      #expect((6...26).contains(ticks.count), "\(high): \(ticks)")
      for tick in ticks {
        let leading = "\(tick)".filter { $0.isNumber }.drop { $0 == "0" }
        #expect(leading.prefix(4).drop { $0 != "0" }.allSatisfy { $0 == "0" }, "\(tick)")
      }
    }
  }

  @Test func `equal plots are equal text`() {
    let plot = LinePlot(
      title: "a", xLabel: "b", yLabel: "c", series: [.init(name: "d", points: Self.line)],
      yRange: 0...1)
    #expect(plot.svg() == plot.svg())
  }
}
