package import Geometry

/// The arm's own rigid-body model: seven links, the last with hand and nominal part.
///
/// It knows neither the bushing nor how the part truly sits, as a real arm would not. Recursive
/// Newton-Euler (Luh, Walker and Paul 1980) in base axes; joint axes are the links' z.
package struct ArmModel: BitwiseCopyable {
  /// One link about its joint frame.
  package struct Link: BitwiseCopyable {
    /// Mass [kg].
    var mass = 0.0
    /// Centre of mass in the link's frame [m].
    var centre = Vector3.zero
    /// Inertia about the centre of mass in link axes, by columns [kg·m²].
    var inertia = (Vector3.zero, Vector3.zero, Vector3.zero)
  }

  var links = InlineArray<7, Link>(repeating: Link())
  /// Reflected rotor inertia of each joint [kg·m²].
  package var armature = JointVector()

  /// τ = M(q)·q̈ + C(q, q̇)·q̇, and what holds the arm up when `gravity` is 9.81 and not 0 [m/s²].
  ///
  /// Gravity enters as an upward acceleration of the base.
  package func torque(
    _ posture: borrowing ArmPosture, velocity: JointVector, acceleration: JointVector,
    gravity: Double
  ) -> JointVector {
    let frames = posture.joints.span
    let links = links.span
    let rates = velocity.values.span
    let rateChanges = acceleration.values.span
    var motion = Motion(linear: Vector3(0, 0, gravity))
    var loads = InlineArray<7, Load>(repeating: Load())
    for i in 0..<7 {
      motion.pass(frames[i], rate: rates[i], change: rateChanges[i])
      loads[i] = motion.load(of: links[i], at: frames[i])
    }
    let carried = loads.span
    let armature = armature.values.span
    var torque = InlineArray<7, Double>(repeating: 0)
    var load = Load()
    for i in stride(from: 6, through: 0, by: -1) {
      if i < 6 {
        let step = frames[i + 1].position - frames[i].position
        load.moment += outer(step, load.force)
      }
      load.force += carried[i].force
      load.moment += carried[i].moment
      torque[i] = inner(frames[i].z, load.moment) + armature[i] * rateChanges[i]
    }
    return JointVector { torque[$0] }
  }

  /// Torque that holds the arm against gravity [N·m].
  package func gravity(_ posture: borrowing ArmPosture) -> JointVector {
    torque(
      posture, velocity: JointVector(), acceleration: JointVector(), gravity: standardGravity)
  }

  /// C(q, q̇)·q̇ [N·m].
  package func coriolis(_ posture: borrowing ArmPosture, velocity: JointVector) -> JointVector {
    torque(posture, velocity: velocity, acceleration: JointVector(), gravity: 0)
  }

  /// M(q), armature included, row-major 7×7 [kg·m²].
  package func massMatrix(_ posture: ArmPosture) -> [Double] {
    (0..<7).flatMap { column in
      let unit = JointVector { $0 == column ? 1 : 0 }
      return torque(posture, velocity: JointVector(), acceleration: unit, gravity: 0).array
    }
  }
}

/// Force [N] and moment about the joint [N·m] that a link needs to move as it does.
private struct Load: BitwiseCopyable {
  var force = Vector3.zero
  var moment = Vector3.zero
}

/// Motion of the link that the forward pass has reached, in base axes.
private struct Motion {
  /// Angular velocity [rad/s] and acceleration [rad/s²].
  var angular = Vector3.zero
  var angularChange = Vector3.zero
  /// Acceleration of the joint's origin [m/s²], and where that is [m].
  var linear: Vector3
  var place = Vector3.zero

  init(linear: Vector3) { self.linear = linear }

  /// Goes on from the link before a joint to the link after it.
  @inline(__always)
  mutating func pass(_ joint: JointFrame, rate: Double, change: Double) {
    let step = joint.position - place
    linear += outer(angularChange, step) + outer(angular, outer(angular, step))
    place = joint.position
    angularChange += joint.z * change + outer(angular, joint.z * rate)
    angular += joint.z * rate
  }

  /// m·a and I·ω̇ + ω×I·ω, moved from the centre of mass to the joint.
  @inline(__always)
  func load(of link: ArmModel.Link, at joint: JointFrame) -> Load {
    let centre = joint.outward(link.centre)
    let push = linear + outer(angularChange, centre) + outer(angular, outer(angular, centre))
    let force = link.mass * push
    let spin = joint.outward(link.turn(joint.inward(angular)))
    let spinUp = joint.outward(link.turn(joint.inward(angularChange)))
    return Load(force: force, moment: spinUp + outer(angular, spin) + outer(centre, force))
  }
}

extension ArmModel.Link {
  /// I·v in the link's axes.
  @inline(__always)
  fileprivate func turn(_ v: Vector3) -> Vector3 {
    inertia.0 * v.x + inertia.1 * v.y + inertia.2 * v.z
  }
}
