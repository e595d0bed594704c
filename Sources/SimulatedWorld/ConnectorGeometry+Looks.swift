import Geometry

/// What stands around the connector only to be seen: pads, chips, print, and the board's fixture.
extension ConnectorGeometry {
  private struct Block {
    var material: String
    var centre: Vector3
    var half: Vector3

    var mjcf: String {
      """
            <geom class="seen" material="\(material)" pos="\(centre.x) \(centre.y) \(centre.z)"
              size="\(half.x) \(half.y) \(half.z)"/>
      """
    }
  }

  /// A gilded frame around a hole, a hair above the mask.
  func padGeoms(_ index: Int) -> String {
    let hole = holePlace(index)
    let width = min(0.00035, (pitch - self.hole) / 4)
    let reach = self.hole / 2 + width
    let offset = (self.hole + width) / 2
    let across = Vector3(width / 2, reach, 0.00003)
    let along = Vector3(reach, width / 2, 0.00003)
    return [
      Block(material: "pad", centre: hole + Vector3(offset, 0, 0), half: across),
      Block(material: "pad", centre: hole - Vector3(offset, 0, 0), half: across),
      Block(material: "pad", centre: hole + Vector3(0, offset, 0), half: along),
      Block(material: "pad", centre: hole - Vector3(0, offset, 0), half: along),
    ].map(\.mjcf).joined(separator: "\n")
  }

  /// Everything on and under the board that nothing can touch.
  func decoration() -> String {
    (chips + print + fixture).map(\.mjcf).joined(separator: "\n")
  }

  private var chips: [Block] {
    let resistors = (0..<3).map { index in
      Block(
        material: "pad", centre: Vector3(-0.023 + 0.003 * Double(index), 0.012, 0.0004),
        half: Vector3(0.0008, 0.0005, 0.0004))
    }
    return resistors + [
      Block(
        material: "chip", centre: Vector3(0.019, 0.010, 0.0006), half: Vector3(0.005, 0.005, 0.0006)
      ),
      Block(
        material: "chip", centre: Vector3(0.019, -0.012, 0.0005),
        half: Vector3(0.0035, 0.0025, 0.0005)),
      Block(
        material: "chip", centre: Vector3(-0.020, -0.012, 0.0005),
        half: Vector3(0.004, 0.003, 0.0005)),
    ]
  }

  /// The printed outline of the housing.
  private var print: [Block] {
    let x = (Double(columns) + 0.6) * pitch / 2
    let y = (Double(rows) + 0.6) * pitch / 2
    return [(x, 0.0), (-x, 0)].map { at in
      Block(material: "silk", centre: Vector3(at.0, at.1, 0), half: Vector3(0.0001, y, 0.00002))
    }
      + [(0.0, y), (0, -y)].map { at in
        Block(material: "silk", centre: Vector3(at.0, at.1, 0), half: Vector3(x, 0.0001, 0.00002))
      }
  }

  /// Four posts on a block, open below the pins.
  private var fixture: [Block] {
    let top = -boardThickness
    let post = 0.018
    let floor = max(0.01, boardPose.translation.z)
    let inset = Vector3(Self.boardHalf.x - 0.004, Self.boardHalf.y - 0.004, 0)
    let posts = [Vector3(1, 1, 0), Vector3(1, -1, 0), Vector3(-1, 1, 0), Vector3(-1, -1, 0)].map {
      Block(
        material: "fixture", centre: $0 * inset + Vector3(0, 0, top - post / 2),
        half: Vector3(0.004, 0.004, post / 2))
    }
    let height = max(0.002, floor + top - post)
    let base = Block(
      material: "fixture", centre: Vector3(0, 0, top - post - height / 2),
      half: Vector3(Self.boardHalf.x + 0.008, Self.boardHalf.y + 0.008, height / 2))
    return posts + [base]
  }
}
