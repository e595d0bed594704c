import CMuJoCo
package import Geometry

/// A twin of a simulated arm that repeats its physics and nothing else: what the time of a bare
/// `mj_step` is measured on.
///
/// A twin that is stepped once for each `write` of its arm stays on the arm's trajectory bit by bit.
package struct PhysicsReplay: ~Copyable {
  private let twin: SimulatedArm

  /// A twin of an arm that has not been written to yet and was made from the same configuration.
  package init(_ configuration: WorldConfiguration) throws(WorldError) {
    twin = try SimulatedArm(configuration, seed: 0)
  }

  /// Sets the joint torques of the next step: `SimulatedArm.appliedTorque` after its `write`.
  package func apply(_ torque: JointVector) {
    for joint in 0..<7 {
      twin.physics.data.pointee.qfrc_applied[twin.bodies.velocity[joint]] = torque[joint]
    }
  }

  /// One `mj_step`.
  package func step() { mj_step(twin.physics.model, twin.physics.data) }

  /// Joint positions [rad].
  package var jointPosition: JointVector { twin.bodies.jointPosition(twin.physics) }
}

extension SimulatedArm {
  /// What acted on the joints in the last step: motors, gravity included, less friction [N·m].
  package var appliedTorque: JointVector {
    JointVector { physics.data.pointee.qfrc_applied[bodies.velocity[$0]] }
  }

  /// Potential and kinetic energy of arm, part and bushing [J].
  package func mechanicalEnergy() -> Double {
    mj_energyPos(physics.model, physics.data)
    mj_energyVel(physics.model, physics.data)
    return physics.data.pointee.energy.0 + physics.data.pointee.energy.1
  }
}
