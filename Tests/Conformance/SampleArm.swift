import Foundation
public import Geometry
public import Messages

/// A seven-joint arm with the Panda's kinematics and a constant diagonal inertia, and perhaps a floor:
/// small enough for a law to be tried over many postures, and exactly a mechanical system.
///
/// Modified Denavit-Hartenberg parameters of Franka. No gravity, no friction, no Coriolis torque.
public struct SampleArm {
  /// Joint positions [rad].
  public var position: JointVector
  /// Joint velocities [rad/s].
  public var velocity = JointVector()
  /// Inertia of each joint [kg·m²].
  public let inertia: JointVector
  /// Height of a floor that pushes the tool up with 50 kN/m [m]; none when nil.
  public var floor: Double?
  /// Largest force of the floor so far [N].
  public private(set) var peakForce = 0.0
  private var torque = JointVector()
  private var tick: Int64 = 0

  /// The ready posture [rad].
  public static let ready = JointVector {
    [0, -Double.pi / 4, 0, -3 * Double.pi / 4, 0, Double.pi / 2, Double.pi / 4][$0]
  }
  /// The least inertias of a Panda [kg·m²].
  public static let light = JointVector { [0.17, 0.57, 0.13, 0.22, 0.11, 0.12, 0.10][$0] }
  /// Inertias of an outstretched Panda [kg·m²].
  public static let heavy = JointVector { [2, 2, 1.5, 1.2, 0.3, 0.3, 0.15][$0] }

  /// An arm at rest.
  public init(at position: JointVector = ready, inertia: JointVector = light) {
    self.position = position
    self.inertia = inertia
  }

  /// ½·q̇ᵀ·M·q̇ [J].
  public var kineticEnergy: Double {
    (0..<7).reduce(0) { $0 + 0.5 * inertia[$1] * velocity[$1] * velocity[$1] }
  }

  /// Force of the floor on the tool, upward [N].
  public var floorForce: Double {
    guard let floor else { return 0 }
    return max(0, 50_000 * (floor - kinematics.tool.translation.z))
  }

  /// What the arm reports, exactly.
  public var state: ArmState {
    let (tool, jacobian) = kinematics
    var state = ArmState()
    state.tick = tick
    state.time = tick * 1_000_000
    state.position = position
    state.velocity = velocity
    state.torque = torque
    state.jacobian = jacobian
    state.baseFromTool = tool
    state.toolTwist = jacobian.twist(of: velocity)
    state.toolWrench = tool.rotation.inverse(Wrench(force: Vector3(0, 0, floorForce)))
    return state
  }

  /// Lets a torque act for a tick of 1 ms, in steps of a quarter.
  public mutating func step(_ command: JointVector) {
    for _ in 0..<4 {
      var acting = command
      if floor != nil {
        let force = floorForce
        peakForce = max(peakForce, force)
        acting = acting + kinematics.jacobian.torque(of: Wrench(force: Vector3(0, 0, force)))
      }
      velocity = velocity + 0.00025 * JointVector { acting[$0] / inertia[$0] }
      position = position + 0.00025 * velocity
    }
    torque = command
    tick += 1
  }

  /// The tool's pose and Jacobian.
  private var kinematics: (tool: Transform<Base, Tool>, jacobian: Jacobian) {
    let a = [0, 0, 0, 0.0825, -0.0825, 0, 0.088]
    let d = [0.333, 0, 0.316, 0, 0.384, 0, 0]
    let quarter = Double.pi / 2
    let alpha = [0, -quarter, quarter, quarter, -quarter, quarter, quarter]
    var frame = Transform<Base, Base>.identity
    var axes: [(place: Vector3, axis: Vector3)] = []
    for i in 0..<7 {
      let tilt = Rotation<Base, Base>(rotationVector: Vector3(alpha[i], 0, 0))
      let turn = Rotation<Base, Base>(rotationVector: Vector3(0, 0, position[i]))
      frame =
        frame
        * Transform(rotation: tilt, translation: Vector3(a[i], 0, 0))
        * Transform(rotation: turn, translation: Vector3(0, 0, d[i]))
      axes.append((frame.translation, frame.rotation(Vector3(0, 0, 1))))
    }
    let hand = Transform<Base, Tool>(
      rotation: Rotation(rotationVector: Vector3(0, 0, -Double.pi / 4)),
      translation: Vector3(0, 0, 0.107 + 0.1034))
    let tool = frame * hand
    var jacobian = Jacobian()
    for (i, joint) in axes.enumerated() {
      let linear = joint.axis.cross(tool.translation - joint.place)
      for row in 0..<3 {
        jacobian[row, i] = linear[row]
        jacobian[row + 3, i] = joint.axis[row]
      }
    }
    return (tool, jacobian)
  }
}
