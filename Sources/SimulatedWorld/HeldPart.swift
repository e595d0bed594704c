import CMuJoCo
import Geometry

/// The held part and the board in the compiled model: their true poses and what they feel.
struct HeldPart: BitwiseCopyable {
  /// The part's body, the board's body and its row among the mocap bodies.
  let part: Int
  let board: Int
  let mocap: Int
  /// The first of the part's six spring joints in qpos and qvel.
  let springPosition: Int
  let springVelocity: Int
  /// The mount in the hand without a grasp error.
  let handFromTool: Transform<Tool, Tool>

  /// The part's body in the model.
  static let name = "header/part"

  /// Finds part and board by the names that `ConnectorGeometry` gives them.
  init(in physics: borrowing Physics) throws(WorldError) {
    part = try physics.find(mjOBJ_BODY, Self.name)
    board = try physics.find(mjOBJ_BODY, "circuit/board")
    mocap = Int(physics.model.pointee.body_mocapid[board])
    let slide = try physics.find(mjOBJ_JOINT, "header/slide-x")
    springPosition = Int(physics.model.pointee.jnt_qposadr[slide])
    springVelocity = Int(physics.model.pointee.jnt_dofadr[slide])
    handFromTool = Transform(
      rotation: Physics.rotation(physics.model.pointee.body_quat, part),
      translation: Physics.vector(physics.model.pointee.body_pos, part))
  }

  /// Moves the bushing's rest pose; the spring's stretch and speed stay, so nothing is kicked.
  func grasp(_ physics: borrowing Physics, _ toolFromPart: Transform<Tool, Tool>) {
    let mount = handFromTool * toolFromPart
    Self.store(mount.translation, physics.model.pointee.body_pos + 3 * part)
    Self.store(mount.rotation, physics.model.pointee.body_quat + 4 * part)
  }

  /// The bushing's rest pose now.
  func mount(_ physics: borrowing Physics) -> Transform<Parent, Body> {
    let quaternion = physics.model.pointee.body_quat + 4 * part
    // Assigned part by part: the initialiser would scale, and the bits are what counts.
    var pose = Transform<Parent, Body>.identity
    pose.rotation.w = quaternion[0]
    pose.rotation.vector = Physics.vector(quaternion + 1, 0)
    pose.translation = Physics.vector(physics.model.pointee.body_pos, part)
    return pose
  }

  /// Sets the bushing's rest pose.
  func setMount(_ physics: borrowing Physics, _ pose: Transform<Parent, Body>) {
    Self.store(pose.translation, physics.model.pointee.body_pos + 3 * part)
    Self.store(pose.rotation, physics.model.pointee.body_quat + 4 * part)
  }

  /// Puts the board somewhere, at rest.
  func place(_ physics: borrowing Physics, board pose: Transform<Base, Board>) {
    Self.store(pose.translation, physics.data.pointee.mocap_pos + 3 * mocap)
    Self.store(pose.rotation, physics.data.pointee.mocap_quat + 4 * mocap)
  }

  /// Norm of the total force that the world exerts on the part through contacts [N].
  func contactForce(_ physics: borrowing Physics) -> Double {
    let data = physics.data
    let geomBody = physics.model.pointee.geom_bodyid
    var total = Vector3.zero
    var local = InlineArray<6, Double>(repeating: 0)
    for index in 0..<Int(data.pointee.ncon) {
      guard let contact = data.pointee.contact?.advanced(by: index), let geomBody else { continue }
      let isSecond = Int(geomBody[Int(contact.pointee.geom.1)]) == part
      guard isSecond || Int(geomBody[Int(contact.pointee.geom.0)]) == part else { continue }
      var span = local.mutableSpan
      span.withUnsafeMutableBufferPointer {
        mj_contactForce(physics.model, data, Int32(index), $0.baseAddress)
      }
      let f = contact.pointee.frame
      let force =
        local[0] * Vector3(f.0, f.1, f.2) + local[1] * Vector3(f.3, f.4, f.5)
        + local[2] * Vector3(f.6, f.7, f.8)
      total += isSecond ? force : -force
    }
    return total.length
  }

  private static func store(_ v: Vector3, _ target: UnsafeMutablePointer<mjtNum>) {
    for i in 0..<3 { target[i] = v[i] }
  }

  private static func store<To: Frame, From: Frame>(
    _ r: Rotation<To, From>, _ target: UnsafeMutablePointer<mjtNum>
  ) {
    target[0] = r.w
    for i in 0..<3 { target[i + 1] = r.vector[i] }
  }
}
