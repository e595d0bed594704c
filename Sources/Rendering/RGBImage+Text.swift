extension RGBImage {
  /// Writes one line of text on a dark plate whose upper left corner is at (`left`, `top`).
  ///
  /// A dot of the 5 x 7 font becomes `scale` pixels wide. Characters that it lacks become a frame;
  /// what reaches beyond the picture is cut off.
  public mutating func write(
    _ text: String, left: Int, top: Int, scale: Int = 2,
    colour: SIMD3<UInt8> = SIMD3(236, 240, 244)
  ) {
    precondition(scale > 0, "a dot has at least one pixel")
    let glyphs = text.map(DotFont.glyph)
    guard !glyphs.isEmpty, left < width, top < height, left > -width, top > -height else { return }
    // What follows beyond the right edge is not worth going through.
    let shown = glyphs.prefix(1 + (width - left) / (DotFont.advance * scale))
    let plate = scale * (DotFont.advance * shown.count + 1)
    fill(
      columns: left..<(left + plate), rows: top..<(top + scale * (DotFont.height + 2)),
      with: SIMD3(24, 26, 30))
    for (index, glyph) in shown.enumerated() {
      let start = left + scale * (1 + DotFont.advance * index)
      draw(glyph, left: start, top: top + scale, scale: scale, colour: colour)
    }
  }

  private mutating func draw(
    _ glyph: UInt64, left: Int, top: Int, scale: Int, colour: SIMD3<UInt8>
  ) {
    for row in 0..<DotFont.height {
      for column in 0..<DotFont.width where DotFont.isSet(glyph, row: row, column: column) {
        let x = left + scale * column
        let y = top + scale * row
        fill(columns: x..<(x + scale), rows: y..<(y + scale), with: colour)
      }
    }
  }
}
