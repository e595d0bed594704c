import Geometry

/// MuJoCo models of the two halves, as MJCF text for attachment to an arm's model.
///
/// Collision bits: 1 arm, 2 part, 4 the hand's coarse front (arm only). The board meets 1 and 2.
extension ConnectorGeometry {
  private static let contact = #"solref="0.004 1" solimp="0.95 0.99 0.0002""#

  /// The header on six spring joints: three slides, then three hinges through the housing's centre.
  func partMJCF(on bushing: Bushing) -> String {
    let half = Self.housingHeight / 2
    let mass = bushing.carriedMass
    let inertia = bushing.carriedInertia
    return """
      <mujoco model="part">
        <compiler angle="radian"/>
        <asset>
          <material name="housing" rgba="0.07 0.07 0.08 1" specular="0.25" shininess="0.3"/>
          <material name="gold" rgba="0.90 0.72 0.30 1" specular="0.9" shininess="0.9"/>
        </asset>
        <default>
          <geom contype="2" conaffinity="0" condim="3" friction="\(friction)" density="0"
            \(Self.contact)/>
        </default>
        <worldbody>
          <body name="part">
            <inertial pos="0 0 \(-half)" mass="\(mass)"
              diaginertia="\(inertia) \(inertia) \(inertia)"/>
      \(bushingJoints(bushing, centre: -half))
            <geom name="housing" type="box" pos="0 0 \(-half)" material="housing"
              size="\(Double(columns) * pitch / 2) \(Double(rows) * pitch / 2) \(half)"/>
      \((0..<pins).map(pinGeom).joined(separator: "\n"))
          </body>
        </worldbody>
      </mujoco>
      """
  }

  private func bushingJoints(_ bushing: Bushing, centre: Double) -> String {
    let axes = ["x": "1 0 0", "y": "0 1 0", "z": "0 0 1"].sorted { $0.key < $1.key }
    let slides = axes.map { name, axis in
      """
            <joint name="slide-\(name)" type="slide" axis="\(axis)"
              stiffness="\(bushing.translationalStiffness)"
              damping="\(bushing.translationalDamping)"/>
      """
    }
    let hinges = axes.map { name, axis in
      """
            <joint name="hinge-\(name)" type="hinge" axis="\(axis)" pos="0 0 \(centre)"
              stiffness="\(bushing.rotationalStiffness)" damping="\(bushing.rotationalDamping)"/>
      """
    }
    return (slides + hinges).joined(separator: "\n")
  }

  private func pinGeom(_ index: Int) -> String {
    let at = pinPlace(index)
    return """
            <geom name="pin\(index)" type="box" pos="\(at.x) \(at.y) \(length / 2)"
              size="\(pin / 2) \(pin / 2) \(length / 2)" material="gold"/>
      """
  }

  /// The board: boxes around square holes, and what is only there to be seen.
  func boardMJCF() -> String {
    let at = boardPose.translation
    let turn = boardPose.rotation
    return """
      <mujoco model="board">
        <asset>
          <material name="mask" rgba="0.05 0.36 0.20 1" specular="0.5" shininess="0.6"/>
          <material name="pad" rgba="0.86 0.76 0.45 1" specular="0.9" shininess="0.9"/>
          <material name="chip" rgba="0.08 0.08 0.09 1" specular="0.3" shininess="0.4"/>
          <material name="silk" rgba="0.92 0.93 0.92 1"/>
          <material name="fixture" rgba="0.55 0.57 0.60 1" specular="0.7" shininess="0.7"/>
        </asset>
        <default>
          <geom type="box" contype="0" conaffinity="3" condim="3" friction="\(friction)"
            \(Self.contact) material="mask"/>
          <default class="seen"><geom type="box" contype="0" conaffinity="0" group="2"/></default>
        </default>
        <worldbody>
          <body name="board" mocap="true" pos="\(at.x) \(at.y) \(at.z)"
            quat="\(turn.w) \(turn.vector.x) \(turn.vector.y) \(turn.vector.z)">
      \(walls().map(\.mjcf).joined(separator: "\n"))
                  <body name="looks">
      \((0..<pins).map(padGeoms).joined(separator: "\n"))
      \(decoration())
            </body>
          </body>
        </worldbody>
      </mujoco>
      """
  }

  /// Boxes that leave exactly the holes free: full strips between columns, bridges between rows.
  private func walls() -> [Wall] {
    let across = gaps(count: columns, half: Self.boardHalf.x)
    let along = gaps(count: rows, half: Self.boardHalf.y)
    let strips = across.map {
      Wall(x: $0, y: -Self.boardHalf.y...Self.boardHalf.y, thickness: boardThickness)
    }
    let bridges = (0..<columns).flatMap { column in
      let centre = place(column, of: columns)
      return along.map {
        Wall(x: (centre - hole / 2)...(centre + hole / 2), y: $0, thickness: boardThickness)
      }
    }
    return strips + bridges
  }

  /// The intervals of -half...half between `count` holes in a row.
  private func gaps(count: Int, half: Double) -> [ClosedRange<Double>] {
    let starts = [-half] + (0..<count).map { place($0, of: count) + hole / 2 }
    let ends = (0..<count).map { place($0, of: count) - hole / 2 } + [half]
    return zip(starts, ends).map { $0...$1 }
  }

  private struct Wall {
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
    var thickness: Double

    var mjcf: String {
      let centre = ((x.lowerBound + x.upperBound) / 2, (y.lowerBound + y.upperBound) / 2)
      let half = ((x.upperBound - x.lowerBound) / 2, (y.upperBound - y.lowerBound) / 2)
      return """
              <geom pos="\(centre.0) \(centre.1) \(-thickness / 2)"
                size="\(half.0) \(half.1) \(thickness / 2)"/>
        """
    }
  }
}
