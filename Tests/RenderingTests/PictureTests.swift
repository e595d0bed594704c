import Rendering
import Testing

extension ProgramTests {
  @Suite struct PictureTests {
    @Test func `a PNG decodes to the same bytes`() throws {
      let scratch = try Scratch()
      var source = SampleGenerator(seed: 4)
      for (width, height) in [(1, 1), (1, 9), (7, 1), (3, 2), (64, 48), (101, 33)] {
        let image = Sample.image(width: width, height: height, &source)
        try scratch.write(image.png(), to: "a.png")
        #expect(try decoded(scratch.path("a.png")) == image.pixels)
      }
      let smooth = RGBImage(
        width: 300, height: 200, pixels: (0..<180_000).map { UInt8($0 / 900) })
      try scratch.write(smooth.png(), to: "a.png")
      #expect(try decoded(scratch.path("a.png")) == smooth.pixels)
      #expect(smooth.png().count < 4000)
    }

    @Test func `the decoder of these tests sees a damaged PNG`() throws {
      let scratch = try Scratch()
      var source = SampleGenerator(seed: 5)
      let image = Sample.image(width: 16, height: 16, &source)
      for place in [20, 30, 60, 400] {
        var bytes = image.png()
        bytes[place] ^= 0x10
        try scratch.write(bytes, to: "a.png")
        #expect(try decoded(scratch.path("a.png")) != image.pixels)
      }
    }

    @Test func `two pictures stand side by side, whatever their sizes`() {
      var source = SampleGenerator(seed: 6)
      for _ in 0..<20 {
        let sides = (0..<4).map { _ in Int.random(in: 1...9, using: &source) }
        let gap = Int.random(in: 0...3, using: &source)
        let left = Sample.image(width: sides[0], height: sides[1], &source)
        let right = Sample.image(width: sides[2], height: sides[3], &source)
        let both = left.beside(right, gap: gap)
        #expect(both.width == left.width + gap + right.width)
        #expect(both.height == max(left.height, right.height))
        for y in 0..<both.height {
          for x in 0..<both.width {
            let fromRight = x - left.width - gap
            let expected =
              x < left.width ? pixel(left, x, y) : fromRight >= 0 ? pixel(right, fromRight, y) : nil
            #expect(pixel(both, x, y) == expected ?? SIMD3(repeating: 24))
          }
        }
      }
    }

    private func pixel(_ image: RGBImage, _ x: Int, _ y: Int) -> SIMD3<UInt8>? {
      guard y < image.height else { return nil }
      let place = 3 * (y * image.width + x)
      return SIMD3(image.pixels[place], image.pixels[place + 1], image.pixels[place + 2])
    }

    /// The written text as rows of marks, read back from the picture.
    private func dots(_ text: String, scale: Int) -> [String] {
      var image = RGBImage(width: 64 * scale, height: 9 * scale, filledWith: SIMD3(90, 0, 0))
      image.write(text, left: 0, top: 0, scale: scale, colour: SIMD3(255, 255, 255))
      return (1...7).map { row in
        String(
          (0..<64).map { column -> Character in
            pixel(image, column * scale, row * scale) == SIMD3(255, 255, 255) ? "#" : "."
          })
      }
    }

    @Test func `text is drawn dot by dot`() {
      let expected = [
        "...#...#####.", "..##...#.....", "...#...####..", "...#.......#.", "...#.......#.",
        "...#...#...#.", "..###...###..",
      ]
      for scale in 1...3 {
        #expect(dots("15", scale: scale).map { String($0.prefix(13)) } == expected)
      }
    }

    @Test func `no two characters look alike`() {
      let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:-+/=%()_é"
      #expect(Set(letters.map { dots(String($0), scale: 1) }).count == letters.count)
    }

    @Test func `text is cut at the picture's edges, wherever it stands`() {
      var source = SampleGenerator(seed: 7)
      let plain = RGBImage(width: 40, height: 20, filledWith: SIMD3(90, 0, 0))
      for left in [Int.min / 4, -100, -41, -7, 0, 39, 40, 1000, .max / 4] {
        for top in [Int.min / 4, -19, 0, 13, 20, .max / 4] {
          var image = plain
          let text = String(repeating: "8", count: Int.random(in: 0...30, using: &source))
          image.write(text, left: left, top: top, scale: Int.random(in: 1...4, using: &source))
          #expect(image.pixels.count == plain.pixels.count)
          if left >= 40 || top >= 20 || text.isEmpty { #expect(image == plain) }
        }
      }
    }
  }
}
