import Foundation

extension LinePlot {
  /// The plot as an SVG document of so many pixels, at least 320 by 240.
  ///
  /// A document that holds several plots gives each its own `identifier`.
  public func svg(width: Int = 800, height: Int = 480, identifier: String = "frame") -> String {
    precondition(width >= 320 && height >= 240, "\(width)×\(height) is too small for a plot")
    let (x, y) = (
      Axis(covering: xRange, atMost: width / 90), Axis(covering: shownY, atMost: height / 50)
    )
    let longest = y.ticks.map { textWidth(y.label($0)) }.max() ?? 0
    let (left, right) = (max(64, 42 + longest), Double(width) - 24)
    let legend = LegendLayout(names: series.map(\.name), width: right - left)
    let frame = Frame(
      left: left, top: 44 + legend.height, right: right, bottom: Double(height) - 56, x: x, y: y)
    let size = "width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\""
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \(size) font-family="\(fonts)" font-size="13">
      <rect width="100%" height="100%" fill="white"/>
      <clipPath id="\(identifier)"><rect \(frame.rectangle)/></clipPath>
      \(text(title, x: Double(width) / 2, y: 26, "middle", "font-size=\"16\" fill=\"#111\""))
      \(legend.svg(left: frame.left, top: 44))
      \(grid(frame))
      <g clip-path="url(#\(identifier))">
      \(series.indices.map { band($0, frame) + curve($0, frame) }.joined(separator: "\n"))
      </g>
      \(labels(frame, height: Double(height)))
      </svg>

      """
  }

  private var xRange: ClosedRange<Double> {
    range(series.flatMap { $0.points.map(\.x) + $0.band.map(\.x) })
  }

  private var shownY: ClosedRange<Double> {
    yRange
      ?? range(
        series.flatMap { series in
          series.points.map(\.y) + series.band.flatMap { [$0.y.lowerBound, $0.y.upperBound] }
        })
  }

  private func grid(_ frame: Frame) -> String {
    let vertical = frame.x.ticks.map { tick in
      line(frame.across(tick), frame.top, frame.across(tick), frame.bottom, "#e6e6e6")
        + text(
          frame.x.label(tick), x: frame.across(tick), y: frame.bottom + 20, "middle", gray)
    }
    let horizontal = frame.y.ticks.map { tick in
      line(frame.left, frame.up(tick), frame.right, frame.up(tick), "#e6e6e6")
        + text(frame.y.label(tick), x: frame.left - 10, y: frame.up(tick) + 4.5, "end", gray)
    }
    let axes = [
      line(frame.left, frame.bottom, frame.right, frame.bottom, "#888"),
      line(frame.left, frame.top, frame.left, frame.bottom, "#888"),
    ]
    return (vertical + horizontal + axes).joined(separator: "\n")
  }

  private func labels(_ frame: Frame, height: Double) -> String {
    let middle = (frame.top + frame.bottom) / 2
    let turned = "transform=\"rotate(-90 18 \(pixels(middle)))\" fill=\"#333\""
    return text(
      xLabel, x: (frame.left + frame.right) / 2, y: height - 14, "middle", "fill=\"#333\"")
      + "\n" + text(yLabel, x: 18, y: middle, "middle", turned)
  }

  private func band(_ index: Int, _ frame: Frame) -> String {
    let band = series[index].band
    guard band.count > 1 else { return "" }
    let upper = band.map { frame.point(SIMD2($0.x, $0.y.upperBound)) }
    let lower = band.reversed().map { frame.point(SIMD2($0.x, $0.y.lowerBound)) }
    let corners = (upper + lower).joined(separator: " ")
    return "<polygon points=\"\(corners)\" fill=\"\(color(index))\" fill-opacity=\"0.18\"/>\n"
  }

  private func curve(_ index: Int, _ frame: Frame) -> String {
    let points = series[index].points
    if points.count == 1 {
      let (x, y) = (pixels(frame.across(points[0].x)), pixels(frame.up(points[0].y)))
      return "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"3\" fill=\"\(color(index))\"/>"
    }
    let path = points.map(frame.point).joined(separator: " ")
    return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color(index))\" "
      + "stroke-width=\"2\" stroke-linejoin=\"round\"\(dashes(index))/>"
  }
}

private let fonts = "Helvetica, Arial, DejaVu Sans, sans-serif"
private let gray = "fill=\"#555\""

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008), without the yellow, which
/// is faint on white.
private let palette = [
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555",
]

private func color(_ index: Int) -> String { palette[index % palette.count] }

/// Dashes tell apart the lines that share a colour.
private func dashes(_ index: Int) -> String {
  index < palette.count ? "" : " stroke-dasharray=\"\(4 + 2 * (index / palette.count)) 4\""
}

/// A sans-serif letter of 13 pixels is about 0.55 em wide.
private func textWidth(_ text: String) -> Double { Double(text.count) * 13 * 0.55 }

/// The plot's rectangle in pixels and the axes along it.
private struct Frame {
  var left: Double
  var top: Double
  var right: Double
  var bottom: Double
  var x: Axis
  var y: Axis

  func across(_ value: Double) -> Double { left + (right - left) * x.share(value) }
  func up(_ value: Double) -> Double { bottom - (bottom - top) * y.share(value) }
  func point(_ p: SIMD2<Double>) -> String { "\(pixels(across(p.x))),\(pixels(up(p.y)))" }

  var rectangle: String {
    "x=\"\(pixels(left))\" y=\"\(pixels(top - 2))\" "
      + "width=\"\(pixels(right - left + 2))\" height=\"\(pixels(bottom - top + 4))\""
  }
}

/// A legend in rows that fit the width.
private struct LegendLayout {
  private var places: [(name: String, x: Double, row: Int)] = []

  init(names: [String], width: Double) {
    var (x, row) = (0.0, 0)
    for name in names {
      let needed = 28 + textWidth(name) + 20
      if x > 0 && x + needed > width { (x, row) = (0, row + 1) }
      places.append((name, x, row))
      x += needed
    }
  }

  var height: Double { places.last.map { Double($0.row + 1) * 20 + 8 } ?? 0 }

  func svg(left: Double, top: Double) -> String {
    places.indices.map { index in
      let place = places[index]
      let (x, y) = (left + place.x, top + Double(place.row) * 20 + 4)
      return "<line x1=\"\(pixels(x))\" y1=\"\(pixels(y))\" x2=\"\(pixels(x + 22))\" "
        + "y2=\"\(pixels(y))\" stroke=\"\(color(index))\" stroke-width=\"3\"\(dashes(index))/>"
        + text(place.name, x: x + 28, y: y + 4.5, "start", "fill=\"#333\"")
    }.joined(separator: "\n")
  }
}

private func range(_ values: [Double]) -> ClosedRange<Double> {
  guard let low = values.min(), let high = values.max() else { return 0...1 }
  return low...high
}

private func line(
  _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String
) -> String {
  "<line x1=\"\(pixels(x1))\" y1=\"\(pixels(y1))\" x2=\"\(pixels(x2))\" y2=\"\(pixels(y2))\" "
    + "stroke=\"\(color)\"/>"
}

private func text(
  _ text: String, x: Double, y: Double, _ anchor: String, _ style: String
) -> String {
  let safe = text.map { character in
    switch character {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    default: String(character)
    }
  }.joined()
  return "<text x=\"\(pixels(x))\" y=\"\(pixels(y))\" text-anchor=\"\(anchor)\" \(style)>"
    + "\(safe)</text>"
}

/// Pixels to a hundredth, which keeps files small and equal on every machine.
private func pixels(_ value: Double) -> String {
  let rounded = (value * 100).rounded() / 100
  return Int(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
}
