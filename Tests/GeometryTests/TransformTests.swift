import Geometry
import Testing

@Suite struct TransformTests {
  @Test(arguments: seeds) func `transforms form a group`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let a: Transform<Base, Tool> = draws.transform()
      let b: Transform<Tool, Part> = draws.transform()
      let c: Transform<Part, Board> = draws.transform()
      #expect(gap((a * b) * c, a * (b * c)) < 1e-13)
      #expect(gap(a * .identity, a) < 1e-14)
      #expect(gap(a * a.inverse, .identity) < 1e-13)
      #expect(gap(a.inverse * a, .identity) < 1e-13)
      #expect(gap((a * b).inverse, b.inverse * a.inverse) < 1e-13)
    }
  }

  @Test(arguments: seeds) func `a product moves points as its factors in turn`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let baseFromTool: Transform<Base, Tool> = draws.transform()
      let toolFromPart: Transform<Tool, Part> = draws.transform()
      let point = draws.vector(within: 1)
      let baseFromPart = baseFromTool * toolFromPart
      #expect((baseFromPart(point) - baseFromTool(toolFromPart(point))).length < 1e-13)
      #expect((baseFromTool.inverse(baseFromTool(point)) - point).length < 1e-13)
    }
  }

  @Test(arguments: seeds) func `a transform keeps distances`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let a: Transform<Base, Tool> = draws.transform()
      let (p, q) = (draws.vector(within: 1), draws.vector(within: 1))
      #expect(abs((a(p) - a(q)).length - (p - q).length) < 1e-13)
    }
  }

  @Test(arguments: seeds) func `interpolation moves the origin on a straight line`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<100 {
      let (a, b): (Transform<Base, Tool>, Transform<Base, Tool>) = (
        draws.transform(), draws.transform()
      )
      #expect(gap(a.interpolated(toward: b, fraction: 0), a) < 1e-13)
      #expect(gap(a.interpolated(toward: b, fraction: 1), b) < 1e-13)
      let middle = a.interpolated(toward: b, fraction: 0.5).translation
      #expect((middle - (a.translation + b.translation) / 2).length < 1e-14)
    }
  }
}
