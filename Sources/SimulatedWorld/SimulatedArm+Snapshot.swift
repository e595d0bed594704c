import CMuJoCo
import Geometry
public import Messages
import Randomness

extension SimulatedArm {
  /// All that the world goes on from at the current tick.
  ///
  /// Allocates.
  public func snapshot() -> WorldSnapshot {
    var snapshot = WorldSnapshot()
    snapshot.state = state
    snapshot.integration = integrationState()
    snapshot.placements = [
      BodyPlacement(body: HeldPart.name, parentFromBody: held.mount(physics))
    ]
    let words = noise.state
    snapshot.noise = [words.0, words.1, words.2, words.3]
    snapshot.wrench = estimate.memory
    snapshot.contactForce = contactForce
    snapshot.peakContactForce = peakContactForce
    return snapshot
  }

  /// MuJoCo's integration state at the current tick: time, positions, velocities, warm start, forces
  /// and mocap poses.
  ///
  /// Allocates.
  public func integrationState() -> [Double] {
    let size = Int(mj_stateSize(physics.model, Self.kind))
    return [Double](unsafeUninitializedCapacity: size) { buffer, count in
      mj_getState(physics.model, physics.data, buffer.baseAddress, Self.kind)
      count = size
    }
  }

  /// Goes on from a snapshot of the same world.
  ///
  /// Throws `foreignSnapshot` when it is of another one.
  public mutating func restore(_ snapshot: WorldSnapshot) throws(WorldError) {
    guard (0..<1 << 60).contains(snapshot.state.tick) else {
      throw .foreignSnapshot(reason: "its tick is \(snapshot.state.tick)")
    }
    guard snapshot.noise.count == 4, snapshot.wrench.history.count == WrenchMemory.window else {
      throw .foreignSnapshot(reason: "its sensors are others")
    }
    try place(snapshot.integration, snapshot.placements)
    noise.state = (
      snapshot.noise[0], snapshot.noise[1], snapshot.noise[2], snapshot.noise[3]
    )
    estimate.memory = snapshot.wrench
    contactForce = snapshot.contactForce
    peakContactForce = snapshot.peakContactForce
    posture = bodies.posture(physics)
    gravity = own.gravity(posture)
    state = snapshot.state
  }

  /// Sets the state of the physics and what the episode changed in the model.
  func place(_ integration: [Double], _ placements: [BodyPlacement]) throws(WorldError) {
    let size = Int(mj_stateSize(physics.model, Self.kind))
    guard integration.count == size else {
      throw .foreignSnapshot(
        reason: "its simulator state has \(integration.count) numbers, not \(size)")
    }
    guard placements.map(\.body) == [HeldPart.name] else {
      throw .foreignSnapshot(reason: "it moves other bodies of the model")
    }
    held.setMount(physics, placements[0].parentFromBody)
    mj_setState(physics.model, physics.data, integration, Self.kind)
    mj_step1(physics.model, physics.data)
  }

  private static var kind: Int32 { Int32(mjSTATE_INTEGRATION.rawValue) }
}
