import Foundation
import Geometry
import Testing

@Suite struct RotationTests {
  @Test(arguments: seeds) func `rotations form a group`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let a: Rotation<Base, Tool> = draws.rotation()
      let b: Rotation<Tool, Part> = draws.rotation()
      let c: Rotation<Part, Board> = draws.rotation()
      #expect(gap((a * b) * c, a * (b * c)) < 1e-14)
      #expect(gap(a * .identity, a) < 1e-14)
      #expect(gap(.identity * a, a) < 1e-14)
      #expect(gap(a * a.inverse, .identity) < 1e-14)
      #expect(gap(a.inverse * a, .identity) < 1e-14)
    }
  }

  @Test(arguments: seeds) func `a product acts as its factors in turn`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let a: Rotation<Base, Tool> = draws.rotation()
      let b: Rotation<Tool, Part> = draws.rotation()
      let v = draws.vector(within: 3)
      #expect(((a * b)(v) - a(b(v))).length < 1e-14 * 10)
      #expect((a.inverse(a(v)) - v).length < 1e-14 * 10)
    }
  }

  @Test(arguments: seeds) func `a rotation keeps products of vectors`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let a: Rotation<Base, Tool> = draws.rotation()
      let (u, v) = (draws.vector(within: 3), draws.vector(within: 3))
      #expect(abs(a(u).dot(a(v)) - u.dot(v)) < 1e-13)
      #expect((a(u).cross(a(v)) - a(u.cross(v))).length < 1e-13)
    }
  }

  @Test(arguments: seeds) func `exp and log undo each other`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let a: Rotation<Base, Tool> = draws.rotation()
      #expect(gap(Rotation(rotationVector: a.rotationVector), a) < 1e-14 * 4)
      let axis = draws.vector(within: 1)
      for angle in [0, 1e-300, 1e-12, 1e-9, 1e-6, 1e-3, 1, 3, 3.1415, .pi - 1e-9] {
        let v = axis / axis.length * angle
        let back = Rotation<Base, Base>(rotationVector: v).rotationVector
        #expect((back - v).length <= 1e-15 + 1e-9 * angle * (angle > 3.1 ? 1 : 1e-5))
      }
    }
  }

  @Test(arguments: seeds) func `the logarithm is the axis that the rotation keeps`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<500 {
      let a: Rotation<Base, Tool> = draws.rotation()
      let v = a.rotationVector
      #expect(v.length <= .pi + 1e-15)
      #expect((a(v) - v).length < 1e-13)
      #expect((a.inverse.rotationVector + v).length < 1e-13)
    }
  }

  @Test func `a quarter turn about z takes x to y`() {
    let quarter = Rotation<Base, Tool>(rotationVector: Vector3(0, 0, .pi / 2))
    #expect((quarter(Vector3(1, 0, 0)) - Vector3(0, 1, 0)).length < 1e-15)
    #expect((quarter(Vector3(0, 1, 0)) - Vector3(-1, 0, 0)).length < 1e-15)
  }

  @Test(arguments: seeds) func `roll, pitch and yaw are extrinsic turns in this order`(seed: UInt64)
  {
    var draws = Draws(state: seed)
    for _ in 0..<200 {
      let (r, p, y) = (
        draws.number(within: 3), draws.number(within: 1.5), draws.number(within: 3)
      )
      let all = Rotation<Base, Tool>(roll: r, pitch: p, yaw: y)
      // First column of Rz(yaw)·Ry(pitch)·Rx(roll), written out.
      let x = Vector3(cos(y) * cos(p), sin(y) * cos(p), -sin(p))
      // Third row: (-sin p, cos p sin r, cos p cos r).
      let row = Vector3(-sin(p), cos(p) * sin(r), cos(p) * cos(r))
      #expect((all(Vector3(1, 0, 0)) - x).length < 1e-14)
      #expect((all.inverse(Vector3(0, 0, 1)) - row).length < 1e-14)
    }
  }

  @Test(arguments: [1e-308, 1e-170, 1e-3, 1, 1e3, 1e170, 1e308])
  func `a quaternion of any finite length is scaled to one`(length: Double) {
    let expected = Rotation<Base, Tool>(w: 1, x: -0.5, y: 0.25, z: 0.125)
    let scaled = Rotation<Base, Tool>(
      w: length, x: -0.5 * length, y: 0.25 * length, z: 0.125 * length)
    #expect(gap(scaled, expected) < 1e-15 * 4)
    #expect(abs(scaled.w * scaled.w + scaled.vector.dot(scaled.vector) - 1) < 1e-15 * 4)
  }

  @Test func `four zeros or an infinity are not a rotation`() {
    #expect(Rotation<Base, Tool>(w: 0, x: 0, y: 0, z: 0).w.isNaN)
    #expect(Rotation<Base, Tool>(w: 1, x: .infinity, y: 0, z: 0).w.isNaN)
    #expect(Rotation<Base, Tool>(w: .nan, x: 1, y: 0, z: 0).w.isNaN)
  }

  @Test(arguments: seeds) func `interpolation turns evenly about one axis`(seed: UInt64) {
    var draws = Draws(state: seed)
    for _ in 0..<200 {
      let (a, b): (Rotation<Base, Tool>, Rotation<Base, Tool>) = (
        draws.rotation(), draws.rotation()
      )
      let whole = gap(b, a)
      #expect(gap(a.interpolated(toward: b, fraction: 0), a) < 1e-14)
      #expect(gap(a.interpolated(toward: b, fraction: 1), b) < 1e-13)
      for fraction in [0.1, 0.5, 0.75] {
        let part = a.interpolated(toward: b, fraction: fraction)
        #expect(abs(gap(part, a) - fraction * whole) < 1e-12)
        #expect(abs(gap(b, part) - (1 - fraction) * whole) < 1e-12)
      }
    }
  }
}
