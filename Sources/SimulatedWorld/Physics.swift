import CMuJoCo
import Geometry

/// The only owner of a compiled MuJoCo model and its data.
struct Physics: ~Copyable {
  let model: UnsafeMutablePointer<mjModel>
  let data: UnsafeMutablePointer<mjData>
  /// The compiled scene as one MJCF document.
  let xml: String

  /// Takes over what a composed specification compiles to.
  private init(
    model: UnsafeMutablePointer<mjModel>, data: UnsafeMutablePointer<mjData>, xml: String
  ) {
    self.model = model
    self.data = data
    self.xml = xml
  }

  deinit {
    mj_deleteData(data)
    mj_deleteModel(model)
  }

  /// A child document to hang into the arm's model.
  struct Attachment {
    var mjcf: String
    /// What the names of its elements begin with in the whole scene.
    var prefix: String
    /// Body of the child document that is attached.
    var body: String
    /// Site of the arm's model that it is attached to; nil for the world.
    var site: String?
  }

  /// Reads the arm's model, hangs the attachments into it and compiles the whole.
  static func load(
    arm path: String, timestep: Double, fingerOpening: Double?, attachments: [Attachment]
  ) throws(WorldError) -> Physics {
    kinglet_mujoco_keep_quiet()
    let scene = try parse(path: path)
    defer { mj_deleteSpec(scene) }
    scene.pointee.option.timestep = timestep
    if let fingerOpening { place(fingers: fingerOpening, in: scene) }
    for attachment in attachments { try attach(attachment, to: scene, path: path) }
    guard let model = mj_compile(scene, nil) else {
      throw .unreadableModel(path: path, reason: reason(mjs_getError(scene)))
    }
    guard let data = mj_makeData(model) else {
      mj_deleteModel(model)
      throw .unreadableModel(path: path, reason: "no memory for its data")
    }
    return Physics(model: model, data: data, xml: text(of: scene))
  }

  private static func parse(path: String) throws(WorldError) -> UnsafeMutablePointer<mjSpec> {
    var message = [CChar](repeating: 0, count: 1000)
    guard let spec = mj_parseXML(path, nil, &message, Int32(message.count)) else {
      throw .unreadableModel(path: path, reason: reason(message))
    }
    return spec
  }

  private static func attach(
    _ attachment: Attachment, to scene: UnsafeMutablePointer<mjSpec>, path: String
  ) throws(WorldError) {
    var message = [CChar](repeating: 0, count: 1000)
    guard let child = mj_parseXMLString(attachment.mjcf, nil, &message, Int32(message.count)) else {
      throw .unreadableModel(path: attachment.body, reason: reason(message))
    }
    defer { mj_deleteSpec(child) }
    guard let body = mjs_findBody(child, attachment.body) else {
      throw .missingElement(kind: "body", name: attachment.body)
    }
    let place = try parent(of: attachment, in: scene)
    guard mjs_attach(place, body.pointee.element, attachment.prefix, "") != nil else {
      throw .unreadableModel(path: path, reason: reason(mjs_getError(scene)))
    }
  }

  private static func parent(
    of attachment: Attachment, in scene: UnsafeMutablePointer<mjSpec>
  ) throws(WorldError) -> UnsafeMutablePointer<mjsElement> {
    if let site = attachment.site {
      guard let found = mjs_findElement(scene, mjOBJ_SITE, site) else {
        throw .missingElement(kind: "site", name: site)
      }
      return found
    }
    guard let world = mjs_findBody(scene, "world"), let frame = mjs_addFrame(world, nil) else {
      throw .missingElement(kind: "body", name: "world")
    }
    return frame.pointee.element
  }

  /// Closes the fingers on a housing of this width [m], where the model has fingers.
  private static func place(fingers opening: Double, in scene: UnsafeMutablePointer<mjSpec>) {
    mjs_findBody(scene, "left_finger")?.pointee.pos.1 = opening / 2
    mjs_findBody(scene, "right_finger")?.pointee.pos.1 = -opening / 2
  }

  private static func text(of scene: UnsafeMutablePointer<mjSpec>) -> String {
    var buffer = [CChar](repeating: 0, count: 1 << 18)
    var message = [CChar](repeating: 0, count: 1000)
    let status = mj_saveXMLString(
      scene, &buffer, Int32(buffer.count), &message, Int32(message.count))
    return status == 0 ? reason(buffer) : ""
  }

  private static func reason(_ characters: [CChar]) -> String {
    let bytes = characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func reason(_ characters: UnsafePointer<CChar>?) -> String {
    characters.map { String(cString: $0) } ?? "unknown"
  }

  /// Number of a named element.
  func find(_ kind: mjtObj, _ name: String) throws(WorldError) -> Int {
    let found = mj_name2id(model, Int32(kind.rawValue), name)
    guard found >= 0 else {
      throw .missingElement(kind: String(cString: mju_type2Str(Int32(kind.rawValue))), name: name)
    }
    return Int(found)
  }

  /// Three numbers at row `index` of a MuJoCo array.
  @inline(__always)
  static func vector(_ array: UnsafePointer<mjtNum>, _ index: Int) -> Vector3 {
    Vector3(array[3 * index], array[3 * index + 1], array[3 * index + 2])
  }

  /// Four numbers (w, x, y, z) at row `index` of a MuJoCo array.
  @inline(__always)
  static func rotation<To: Frame, From: Frame>(
    _ array: UnsafePointer<mjtNum>, _ index: Int
  ) -> Rotation<To, From> {
    let q = array + 4 * index
    return Rotation(w: q[0], x: q[1], y: q[2], z: q[3])
  }

  /// World pose of a body.
  func pose<From: Frame>(ofBody body: Int) -> Transform<Base, From> {
    Transform(
      rotation: Self.rotation(data.pointee.xquat, body),
      translation: Self.vector(data.pointee.xpos, body))
  }
}
