public import Geometry

/// How an arm would move from a posture: what a check of gains needs.
public struct PostureDynamics: Sendable {
  /// Joint positions [rad].
  public var position: JointVector
  /// The tool's Jacobian there.
  public var jacobian: Jacobian
  /// Mass matrix there, armature included, row by row [kg·m²].
  public var massMatrix: InlineArray<49, Double>
}

extension WorldConfiguration {
  /// The arm at home, and then with its tool at each of these poses, each found from the one before.
  ///
  /// By steepest descent of the pose's error, which ends within a millimetre or where it gets no nearer:
  /// near enough for inertias. Allocates.
  public func dynamics(
    at poses: [Transform<Base, Tool>]
  ) throws(WorldError) -> [PostureDynamics] {
    let bare = try BareArm(model: model, timestep: timestep)
    let arm = bare.model(carrying: .handAndPart(bushing))
    var joints = home
    var found = [Self.dynamics(of: arm, bare, at: joints)]
    for pose in poses {
      joints = bare.joints(reaching: pose, from: joints)
      found.append(Self.dynamics(of: arm, bare, at: joints))
    }
    return found
  }

  private static func dynamics(
    of arm: ArmModel, _ bare: borrowing BareArm, at joints: JointVector
  ) -> PostureDynamics {
    let posture = bare.posture(at: joints)
    let mass = arm.massMatrix(posture)
    return PostureDynamics(
      position: joints, jacobian: posture.jacobian, massMatrix: InlineArray { mass[$0] })
  }
}

extension BareArm {
  /// Joint positions near some others that bring the tool to a pose [rad]: q ← q + α·Jᵀ·e with the α
  /// that is best for a linear arm.
  fileprivate func joints(
    reaching goal: Transform<Base, Tool>, from start: JointVector
  ) -> JointVector {
    var joints = start
    for _ in 0..<3000 {
      let posture = posture(at: joints)
      let turn: Rotation<Base, Base> = goal.rotation * posture.baseFromTool.rotation.inverse
      let error = Wrench<Base>(
        force: goal.translation - posture.baseFromTool.translation, torque: turn.rotationVector)
      guard error.force.length > 0.001 || error.torque.length > 0.002 else { break }
      let jacobian = posture.jacobian
      let step = jacobian.torque(of: error)
      let gain = jacobian.twist(of: step)
      let square = gain.linear.dot(gain.linear) + gain.angular.dot(gain.angular)
      guard square > 0 else { break }
      let along = error.power(along: gain)
      joints = joints + along / square * step
    }
    return joints
  }
}
