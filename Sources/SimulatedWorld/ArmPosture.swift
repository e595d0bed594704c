package import Geometry

/// A joint's frame, in base axes: origin on the joint, z along its axis; fixed to the link after it.
struct JointFrame: BitwiseCopyable {
  var position = Vector3.zero
  var x = Vector3.zero
  var y = Vector3.zero
  var z = Vector3.zero

  /// A vector in the link's axes, turned into base axes.
  @inline(__always)
  func outward(_ v: Vector3) -> Vector3 { x * v.x + y * v.y + z * v.z }

  /// A vector in base axes, turned into the link's axes.
  @inline(__always)
  func inward(_ v: Vector3) -> Vector3 { Vector3(inner(x, v), inner(y, v), inner(z, v)) }
}

/// Where the joints and the tool are.
package struct ArmPosture: BitwiseCopyable {
  var joints = InlineArray<7, JointFrame>(repeating: JointFrame())
  package var baseFromTool = Transform<Base, Tool>.identity

  /// The Jacobian at the tool: column i is (z_i × (p_tool - p_i), z_i).
  package var jacobian: Jacobian {
    var result = Jacobian()
    let tool = baseFromTool.translation
    let frames = joints.span
    var values = result.values.mutableSpan
    for i in 0..<7 {
      let linear = outer(frames[i].z, tool - frames[i].position)
      for row in 0..<3 {
        values[7 * row + i] = linear[row]
        values[7 * (row + 3) + i] = frames[i].z[row]
      }
    }
    return result
  }
}

/// Scalar and vector product for the inner loops: inlined, unlike those of another module.
@inline(__always)
func inner(_ a: Vector3, _ b: Vector3) -> Double { a.x * b.x + a.y * b.y + a.z * b.z }

@inline(__always)
func outer(_ a: Vector3, _ b: Vector3) -> Vector3 {
  Vector3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}
