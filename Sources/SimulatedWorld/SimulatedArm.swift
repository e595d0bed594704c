import CMuJoCo
public import ControlSlots
import Foundation
import Geometry
public import Messages
import Randomness

/// A Panda with a held pin header over a board, in MuJoCo; an arm like any other to what is above.
///
/// Its states hold what an arm measures or estimates. What only a simulator knows is in `truth()`.
/// `init` and `startEpisode` allocate; `read` and `write` do not.
public struct SimulatedArm: ~Copyable, ArmDriver {
  let physics: Physics
  let configuration: WorldConfiguration
  let seed: UInt64
  let bodies: ArmBodies
  let held: HeldPart
  let own: ArmModel
  /// Noise of each torque sensor [N·m].
  private let torqueNoise: JointVector
  var noise: RandomStream

  var state = ArmState()
  var posture: ArmPosture
  var gravity = JointVector()
  var estimate: WrenchEstimate
  /// What the world presses the held part with, as no robot knows it [N].
  public internal(set) var contactForce = 0.0
  var peakContactForce = 0.0
  var hidden = HiddenDraw()

  /// Builds the world with the arm at rest in its home posture and nothing hidden yet.
  ///
  /// The seed decides every noise and every hidden draw.
  public init(_ configuration: WorldConfiguration, seed: UInt64) throws(WorldError) {
    let connector = configuration.connector
    let bushing = configuration.bushing
    try connector.validate()
    guard bushing.rate * configuration.timestep <= 1 else {
      throw .unstableBushing(rate: bushing.rate, highest: 1 / configuration.timestep)
    }
    let physics = try Physics.load(
      arm: configuration.model, timestep: configuration.timestep,
      fingerOpening: Double(connector.rows) * connector.pitch,
      attachments: [
        .init(mjcf: connector.partMJCF(on: bushing), prefix: "header/", body: "part", site: "tool"),
        .init(mjcf: connector.boardMJCF(), prefix: "circuit/", body: "board", site: nil),
      ])
    let bodies = try ArmBodies(in: physics)
    let held = try HeldPart(in: physics)
    self.init(physics: physics, bodies: bodies, held: held, configuration, seed: seed)
  }

  private init(
    physics: consuming Physics, bodies: ArmBodies, held: HeldPart,
    _ configuration: WorldConfiguration, seed: UInt64
  ) {
    bodies.place(physics, at: configuration.home)
    held.place(physics, board: configuration.connector.boardPose)
    mj_step1(physics.model, physics.data)
    own = bodies.model(physics, carrying: .handAndPart(configuration.bushing))
    posture = bodies.posture(physics)
    torqueNoise = JointVector { configuration.sensing.torqueNoise * pow(0.6, Double($0)) }
    noise = RandomStream(seed: seed, name: "world.sensing")
    estimate = WrenchEstimate(
      cutOff: configuration.sensing.torqueLowPass, timestep: configuration.timestep)
    self.physics = physics
    self.bodies = bodies
    self.held = held
    self.configuration = configuration
    self.seed = seed
    settle()
    sense(external: JointVector(), acted: JointVector())
  }

  /// The state of the current tick; the same value until `write` or `startEpisode`.
  public func read() -> ArmState { state }

  /// Applies the torque that answers the current tick, with gravity added and the motors' limits
  /// kept, and steps the physics by one tick.
  public mutating func write(_ torque: JointTorque) throws(ArmFault) {
    guard torque.tick == state.tick else {
      throw .wrongTick(expected: state.tick, received: torque.tick)
    }
    for joint in 0..<7 where !torque.torque[joint].isFinite { throw .notFinite(joint: joint) }
    let acted = drive(torque.torque)
    let before = state.velocity
    mj_step2(physics.model, physics.data)
    contactForce = held.contactForce(physics)
    peakContactForce = max(peakContactForce, contactForce)
    let after = bodies.jointVelocity(physics)
    guard isFinite(after) else { throw .unstable(tick: state.tick) }
    let external = externalTorque(from: before, to: after, acted: acted)
    mj_step1(physics.model, physics.data)
    state.tick += 1
    sense(external: external, acted: acted)
  }

  /// Sets what acts on the joints for this tick; returns the motors' torque without gravity [N·m].
  private func drive(_ command: JointVector) -> JointVector {
    let limit = configuration.torqueLimit
    let motor = JointVector {
      max(-limit[$0], min(limit[$0], command[$0] + gravity[$0]))
    }
    let friction = configuration.friction
    for joint in 0..<7 {
      physics.data.pointee.qfrc_applied[bodies.velocity[joint]] =
        motor[joint] - friction.torque(of: joint, at: state.velocity[joint])
    }
    return JointVector { motor[$0] - gravity[$0] }
  }

  /// τ_ext = M·q̈ + C·q̇ - τ + noise, with q̈ from the difference of measured velocities.
  ///
  /// Friction is not in the arm's own model, so that it shows up here as it does on a real arm.
  private mutating func externalTorque(
    from before: JointVector, to after: JointVector, acted: JointVector
  ) -> JointVector {
    let step = configuration.timestep
    let acceleration = JointVector { (after[$0] - before[$0]) / step }
    let inertial = own.torque(
      posture, velocity: JointVector(), acceleration: acceleration, gravity: 0)
    return JointVector {
      inertial[$0] + state.coriolis[$0] - acted[$0] + torqueNoise[$0] * noise.normal()
    }
  }

  /// Fills the state with what the arm measures at the current tick.
  private mutating func sense(external: JointVector, acted: JointVector) {
    state.time = Int64((Double(state.tick) * configuration.timestep * 1e9).rounded())
    state.position = bodies.jointPosition(physics)
    state.velocity = bodies.jointVelocity(physics)
    posture = bodies.posture(physics)
    gravity = own.gravity(posture)
    state.coriolis = own.coriolis(posture, velocity: state.velocity)
    state.torque = acted
    state.jacobian = posture.jacobian
    state.toolTwist = state.jacobian.twist(of: state.velocity)
    let turn = Vector3.normal(&noise) * configuration.sensing.rotationNoise
    let shift = Vector3.normal(&noise) * configuration.sensing.positionNoise
    state.baseFromTool = Transform(
      rotation: Rotation<Base, Base>(rotationVector: turn) * posture.baseFromTool.rotation,
      translation: posture.baseFromTool.translation + shift)
    estimate.add(external, state.jacobian, posture.baseFromTool.rotation)
    report()
  }

  /// Puts the wrench estimate into the state.
  mutating func report() {
    state.toolWrench = estimate.wrench
    state.externalTorque = estimate.externalTorque(state.jacobian, posture.baseFromTool.rotation)
  }

  /// Lets the bushing sag under the part's weight while the arm is held at home; time starts after.
  private func settle() {
    let weight = own.gravity(posture)
    for _ in 0..<500 {
      for joint in 0..<7 {
        physics.data.pointee.qfrc_applied[bodies.velocity[joint]] = weight[joint]
      }
      mj_step(physics.model, physics.data)
      bodies.place(physics, at: configuration.home)
    }
    for dof in 0..<Int(physics.model.pointee.nv) { physics.data.pointee.qvel[dof] = 0 }
    physics.data.pointee.time = 0
    mj_step1(physics.model, physics.data)
  }

  private func isFinite(_ velocity: JointVector) -> Bool {
    let springs = (0..<6).allSatisfy {
      physics.data.pointee.qvel[held.springVelocity + $0].isFinite
    }
    return springs && (0..<7).allSatisfy { velocity[$0].isFinite }
  }

  /// M(q) of the arm's own model, armature included, row-major 7×7 [kg·m²].
  ///
  /// Allocates.
  public func massMatrix() -> [Double] { own.massMatrix(posture) }

  /// The whole scene as one MJCF document.
  public var modelXML: String { physics.xml }

  /// Writes the whole scene as one MJCF document.
  public func saveModelXML(to path: String) throws(WorldError) {
    guard (try? modelXML.write(toFile: path, atomically: true, encoding: .utf8)) != nil else {
      throw .unwritable(path: path)
    }
  }
}

extension JointFriction {
  /// Torque against the motion of a joint that moves at `velocity` [rad/s].
  func torque(of joint: Int, at velocity: Double) -> Double {
    let (a, s) = (slope[joint], shift[joint])
    return amplitude[joint] / (1 + exp(-a * (velocity + s))) - amplitude[joint] / (1 + exp(-a * s))
  }
}
