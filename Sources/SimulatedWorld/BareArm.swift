import CMuJoCo
package import Geometry

/// An arm's model by itself, with no board and no part: what a study of its dynamics needs.
package struct BareArm: ~Copyable {
  private let physics: Physics
  private let bodies: ArmBodies

  /// Reads an arm's MJCF file.
  package init(model path: String, timestep: Double) throws(WorldError) {
    let physics = try Physics.load(
      arm: path, timestep: timestep, fingerOpening: nil, attachments: [])
    let bodies = try ArmBodies(in: physics)
    self.physics = physics
    self.bodies = bodies
  }

  /// Where joints and tool are at these joint positions [rad].
  package func posture(at joints: JointVector) -> ArmPosture {
    bodies.place(physics, at: joints)
    mj_step1(physics.model, physics.data)
    return bodies.posture(physics)
  }

  /// The arm's own rigid-body model, with or without what is beyond its flange.
  package func model(carrying load: CarriedLoad) -> ArmModel {
    _ = posture(at: JointVector())
    return bodies.model(physics, carrying: load)
  }
}

/// What the last link of an `ArmModel` holds.
package enum CarriedLoad: Sendable, Equatable {
  /// Nothing beyond the flange.
  case nothing
  /// The hand.
  case hand
  /// The hand and the nominal part.
  case handAndPart(Bushing)
}
