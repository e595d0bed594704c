/// A picture of three bytes per pixel (red, green, blue), top row first, without gaps.
public struct RGBImage: Sendable, Equatable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// The bytes, 3 · width · height of them.
  public internal(set) var pixels: [UInt8]

  /// A picture of its bytes, which must be 3 · width · height.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture has at least one pixel")
    precondition(pixels.count == 3 * width * height, "a picture has three bytes per pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A picture of one colour (red, green, blue).
  public init(width: Int, height: Int, filledWith colour: SIMD3<UInt8>) {
    let size = 3 * width * height
    let pixels = [UInt8](unsafeUninitializedCapacity: size) { bytes, initialized in
      for index in 0..<size { bytes[index] = colour[index % 3] }
      initialized = size
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// This picture with another to its right, `gap` dark columns between them.
  ///
  /// The lower one of the two is continued downward in the dark of the gap.
  public func beside(_ other: RGBImage, gap: Int = 0) -> RGBImage {
    precondition(gap >= 0, "a gap cannot be negative")
    var joined = RGBImage(
      width: width + gap + other.width, height: max(height, other.height),
      filledWith: SIMD3(repeating: 24))
    joined.lay(self, atColumn: 0)
    joined.lay(other, atColumn: width + gap)
    return joined
  }

  private mutating func lay(_ image: RGBImage, atColumn column: Int) {
    for row in 0..<image.height {
      let start = 3 * (row * width + column)
      let source = 3 * row * image.width
      pixels.replaceSubrange(
        start..<(start + 3 * image.width), with: image.pixels[source..<(source + 3 * image.width)])
    }
  }

  /// Fills a rectangle, cut to the picture.
  mutating func fill(columns: Range<Int>, rows: Range<Int>, with colour: SIMD3<UInt8>) {
    for row in rows.clamped(to: 0..<height) {
      for column in columns.clamped(to: 0..<width) {
        let place = 3 * (row * width + column)
        for channel in 0..<3 { pixels[place + channel] = colour[channel] }
      }
    }
  }
}
