import CMuJoCo
import Geometry

/// Which elements of the compiled model are the arm, and how to read it as an arm reads itself.
struct ArmBodies: BitwiseCopyable {
  /// Bodies link1…link7.
  var links = InlineArray<7, Int>(repeating: 0)
  /// Addresses of the arm's joints in qpos and in qvel.
  var position = InlineArray<7, Int>(repeating: 0)
  var velocity = InlineArray<7, Int>(repeating: 0)
  /// The hand's body, the tool's site on it, and the site's turn in the hand.
  var hand = 0
  var tool = 0
  var handFromTool = Rotation<Tool, Tool>.identity

  /// Finds the arm by the names that every robot's model uses: joint1…7, link1…7, hand, tool.
  init(in physics: borrowing Physics) throws(WorldError) {
    for i in 0..<7 {
      links[i] = try physics.find(mjOBJ_BODY, "link\(i + 1)")
      let joint = try physics.find(mjOBJ_JOINT, "joint\(i + 1)")
      position[i] = Int(physics.model.pointee.jnt_qposadr[joint])
      velocity[i] = Int(physics.model.pointee.jnt_dofadr[joint])
    }
    hand = try physics.find(mjOBJ_BODY, "hand")
    tool = try physics.find(mjOBJ_SITE, "tool")
    handFromTool = Physics.rotation(physics.model.pointee.site_quat, tool)
  }

  /// Joint positions [rad].
  func jointPosition(_ physics: borrowing Physics) -> JointVector {
    let q = physics.data.pointee.qpos
    return JointVector { q?[position[$0]] ?? 0 }
  }

  /// Joint velocities [rad/s].
  func jointVelocity(_ physics: borrowing Physics) -> JointVector {
    let dq = physics.data.pointee.qvel
    return JointVector { dq?[velocity[$0]] ?? 0 }
  }

  /// Puts the arm at a posture, at rest.
  func place(_ physics: borrowing Physics, at joints: JointVector) {
    for i in 0..<7 {
      physics.data.pointee.qpos[position[i]] = joints[i]
      physics.data.pointee.qvel[velocity[i]] = 0
    }
  }

  /// The links and the tool as the last kinematics left them.
  func posture(_ physics: borrowing Physics) -> ArmPosture {
    var posture = ArmPosture()
    guard let matrices = physics.data.pointee.xmat, let origins = physics.data.pointee.xpos,
      let quaternions = physics.data.pointee.xquat, let sites = physics.data.pointee.site_xpos
    else { return posture }
    for i in 0..<7 {
      let body = links[i]
      let m = matrices + 9 * body
      posture.joints[i] = JointFrame(
        position: Physics.vector(origins, body), x: Vector3(m[0], m[3], m[6]),
        y: Vector3(m[1], m[4], m[7]), z: Vector3(m[2], m[5], m[8]))
    }
    let turn: Rotation<Base, Tool> = Physics.rotation(quaternions, hand)
    posture.baseFromTool = Transform(
      rotation: turn * handFromTool, translation: Physics.vector(sites, tool))
    return posture
  }

  /// The arm's own model: MuJoCo's links, with all that is rigid beyond joint 7 in the last one, and
  /// the nominal part at the tool.
  func model(_ physics: borrowing Physics, carrying load: CarriedLoad) -> ArmModel {
    let posture = posture(physics)
    var model = ArmModel()
    for i in 0..<7 {
      model.armature[i] = physics.model.pointee.dof_armature[velocity[i]]
      var lump = LumpedInertia()
      let last = load == .nothing ? links[i] : Int(physics.model.pointee.nbody) - 1
      for body in links[i]...last
      where Int(physics.model.pointee.body_weldid[body]) == links[i] {
        lump.add(physics.rigid(body, seenFrom: posture, link: i))
      }
      if i == 6, case .handAndPart(let bushing) = load { lump.add(carried(bushing, posture)) }
      model.links[i] = lump.link
    }
    return model
  }

  private func carried(_ bushing: Bushing, _ posture: ArmPosture) -> ArmModel.Link {
    let centre = posture.baseFromTool(Vector3(0, 0, -ConnectorGeometry.housingHeight / 2))
    let j = bushing.carriedInertia
    return ArmModel.Link(
      mass: bushing.carriedMass,
      centre: posture.joints[6].inward(centre - posture.joints[6].position),
      inertia: (Vector3(j, 0, 0), Vector3(0, j, 0), Vector3(0, 0, j)))
  }
}

extension Physics {
  /// A body's mass, centre and inertia in the axes of link i.
  fileprivate func rigid(
    _ body: Int, seenFrom posture: ArmPosture, link i: Int
  ) -> ArmModel.Link {
    let principal = Self.vector(model.pointee.body_inertia, body)
    let m = data.pointee.ximat + 9 * body
    let joint = posture.joints[i]
    let axes = (0..<3).map { joint.inward(Vector3(m[$0], m[3 + $0], m[6 + $0])) }
    let columns = (0..<3).map { column in
      (0..<3).reduce(Vector3.zero) { $0 + axes[$1] * (principal[$1] * axes[$1][column]) }
    }
    return ArmModel.Link(
      mass: model.pointee.body_mass[body],
      centre: joint.inward(Self.vector(data.pointee.xipos, body) - joint.position),
      inertia: (columns[0], columns[1], columns[2]))
  }
}

/// Rigid bodies summed by the parallel-axis theorem.
private struct LumpedInertia {
  private var parts: [ArmModel.Link] = []

  mutating func add(_ part: ArmModel.Link) { parts.append(part) }

  var link: ArmModel.Link {
    let mass = parts.reduce(0) { $0 + $1.mass }
    let centre = parts.reduce(Vector3.zero) { $0 + $1.mass * $1.centre } / mass
    var inertia = (Vector3.zero, Vector3.zero, Vector3.zero)
    for part in parts {
      let d = part.centre - centre
      let square = d.dot(d)
      inertia.0 += part.inertia.0 + part.mass * (Vector3(square, 0, 0) - d * d.x)
      inertia.1 += part.inertia.1 + part.mass * (Vector3(0, square, 0) - d * d.y)
      inertia.2 += part.inertia.2 + part.mass * (Vector3(0, 0, square) - d * d.z)
    }
    return ArmModel.Link(mass: mass, centre: centre, inertia: inertia)
  }
}
