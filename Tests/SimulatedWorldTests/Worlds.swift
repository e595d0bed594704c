import Foundation
import Geometry
import Messages
import SimulatedWorld

/// The Panda's model, found from this file's own place in the repository.
let pandaModel = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Robots/panda/model.xml").path

func joints(_ values: [Double]) -> JointVector { JointVector { values[$0] } }

let ready = JointVector {
  [0, -Double.pi / 4, 0, -3 * Double.pi / 4, 0, Double.pi / 2, Double.pi / 4][$0]
}
/// Tool above the board, hand down.
let working = joints([0.0026, 0.3997, 0.0008, -2.1609, -0.0007, 2.5611, 0.7896])
let second = joints([0.1, -0.5, 0.2, -2, 0.3, 1.8, 0.4])

let header = ConnectorGeometry(
  rows: 2, columns: 3, pitch: 0.00254, pin: 0.00064, hole: 0.001, length: 0.003,
  boardThickness: 0.0016,
  boardPose: Transform(rotation: .identity, translation: Vector3(0.567, 0.002, 0.054)),
  friction: 0.3)

let exact = ArmSensing(positionNoise: 0, rotationNoise: 0, torqueNoise: 0, torqueLowPass: 10)
let noisy = ArmSensing(
  positionNoise: 0.00005, rotationNoise: 0.0002, torqueNoise: 1.4, torqueLowPass: 10)
let hiding = HiddenRanges(
  graspOffset: 0.0002, graspRotation: 0.0087266, wrenchBias: 1, torqueBias: 0.02,
  boardOffset: 0.0005, boardYaw: 0.0174533)

/// The PCB world with chosen ears and secrets.
func world(
  home: JointVector = ready, sensing: ArmSensing = exact, hidden: HiddenRanges = .none,
  connector: ConnectorGeometry = header
) -> WorldConfiguration {
  WorldConfiguration(
    model: pandaModel, timestep: 0.001, home: home,
    torqueLimit: joints([87, 87, 87, 87, 12, 12, 12]),
    friction: JointFriction(
      amplitude: joints([0.54615, 0.87224, 0.64068, 1.2794, 0.83904, 0.30301, 0.56489]),
      slope: joints([5.1181, 9.0657, 10.136, 5.5903, 8.3469, 17.133, 10.336]),
      shift: joints([0.039533, 0.025882, -0.04607, 0.036194, 0.026226, -0.021047, 0.0035526])),
    sensing: sensing,
    bushing: Bushing(
      translationalStiffness: 20000, rotationalStiffness: 10, dampingRatio: 1, carriedMass: 0.1,
      carriedInertia: 0.00006),
    connector: connector, pressing: 4, hidden: hidden)
}

/// Writes one tick of Cartesian impedance toward a pose, with the task's gains and clips.
func hold(
  _ arm: inout SimulatedArm, at goal: Transform<Base, Tool>, push: Vector3 = .zero
) throws {
  let state = arm.read()
  let error = goal.translation - state.baseFromTool.translation
  let clip = Vector3(repeating: 0.002)
  let turn: Rotation<Base, Base> = goal.rotation * state.baseFromTool.rotation.inverse
  let wrench = Wrench<Base>(
    force: 3000 * error.clamped(-clip, clip) - 180 * state.toolTwist.linear + push,
    torque: 75 * turn.rotationVector - 7 * state.toolTwist.angular)
  let task = state.jacobian.torque(of: wrench)
  var command = JointTorque()
  command.tick = state.tick
  command.torque = JointVector { task[$0] - 0.5 * state.velocity[$0] + state.coriolis[$0] }
  try arm.write(command)
}

/// Moves toward a pose for a number of ticks.
func run(
  _ arm: inout SimulatedArm, toward goal: Transform<Base, Tool>, ticks: Int,
  push: Vector3 = .zero
) throws {
  for _ in 0..<ticks { try hold(&arm, at: goal, push: push) }
}

/// The taught target, lifted straight up [m] and moved sideways [m].
func pose(
  of configuration: WorldConfiguration, lifted: Double, sideways: Vector3 = .zero
) -> Transform<Base, Tool> {
  let target = configuration.baseFromTarget
  return Transform(
    rotation: target.rotation.reinterpreted(),
    translation: target.translation + sideways + Vector3(0, 0, lifted))
}
