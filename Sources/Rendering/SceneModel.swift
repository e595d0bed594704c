import CMuJoCo

/// The only owner of a scene's compiled model and its data.
struct SceneModel: ~Copyable {
  let model: UnsafeMutablePointer<mjModel>
  let data: UnsafeMutablePointer<mjData>
  private static let state = Int32(mjSTATE_INTEGRATION.rawValue)

  /// Nothing nearer to the camera is drawn [m].
  private static let nearClip = 0.003

  /// Compiles an MJCF document for pictures of one size.
  init(xml: String, width: Int, height: Int) throws(RenderingError) {
    kinglet_mujoco_keep_quiet()
    let (model, data) = try Self.compile(xml)
    Self.prepare(model, width: width, height: height)
    self.model = model
    self.data = data
  }

  deinit {
    mj_deleteData(data)
    mj_deleteModel(model)
  }

  private static func compile(
    _ xml: String
  ) throws(RenderingError) -> (UnsafeMutablePointer<mjModel>, UnsafeMutablePointer<mjData>) {
    var message = [CChar](repeating: 0, count: 1000)
    guard let spec = mj_parseXMLString(xml, nil, &message, Int32(message.count)) else {
      throw .unreadableModel(reason: text(message))
    }
    defer { mj_deleteSpec(spec) }
    addSky(to: spec)
    guard let model = mj_compile(spec, nil) else {
      throw .unreadableModel(reason: mjs_getError(spec).map { String(cString: $0) } ?? "unknown")
    }
    guard let data = mj_makeData(model) else {
      mj_deleteModel(model)
      throw .unreadableModel(reason: "no memory for its data")
    }
    return (model, data)
  }

  /// A pale sky for a model that brings none: its background would be black.
  private static func addSky(to spec: UnsafeMutablePointer<mjSpec>) {
    var element = mjs_firstElement(spec, mjOBJ_TEXTURE)
    while let texture = element {
      if mjs_asTexture(texture)?.pointee.type == mjTEXTURE_SKYBOX { return }
      element = mjs_nextElement(spec, texture)
    }
    guard let sky = mjs_addTexture(spec, nil) else { return }
    sky.pointee.type = mjTEXTURE_SKYBOX
    sky.pointee.builtin = mjBUILTIN_GRADIENT
    sky.pointee.rgb1 = (0.78, 0.84, 0.90)
    sky.pointee.rgb2 = (0.97, 0.98, 0.99)
    sky.pointee.width = 128
    sky.pointee.height = 6 * 128
  }

  /// Makes room for the pictures, and drops what a CPU draws too slowly.
  private static func prepare(_ model: UnsafeMutablePointer<mjModel>, width: Int, height: Int) {
    model.pointee.vis.global.offwidth = Int32(width)
    model.pointee.vis.global.offheight = Int32(height)
    model.pointee.vis.quality.offsamples = 0
    model.pointee.vis.quality.shadowsize = 0
    // The model's clips are in units of its extent.
    model.pointee.vis.map.znear = Float(nearClip / model.pointee.stat.extent)
  }

  /// Number of values in a state.
  var stateLength: Int { Int(mj_stateSize(model, Self.state)) }

  /// The state that the model starts in.
  func startingState() -> [Double] {
    let count = stateLength
    return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      mj_resetData(model, data)
      mj_getState(model, data, buffer.baseAddress, Self.state)
      initialized = count
    }
  }

  /// Puts every body and light where a state has it.
  func take(_ state: [Double]) throws(RenderingError) {
    guard state.count == stateLength else {
      throw .invalidState(reason: "\(state.count) values, this model has \(stateLength)")
    }
    if let index = state.firstIndex(where: { !$0.isFinite }) {
      throw .invalidState(reason: "value \(index) is \(state[index]), must be finite")
    }
    mj_setState(model, data, state, Self.state)
    mj_kinematics(model, data)
    mj_comPos(model, data)
    mj_camlight(model, data)
    mj_flex(model, data)
    mj_tendon(model, data)
  }

  /// Moves a body in its parent's frame.
  func place(
    body name: String, position: SIMD3<Double>, rotation: SIMD4<Double>
  ) throws(RenderingError) {
    let body = Int(mj_name2id(model, Int32(mjOBJ_BODY.rawValue), name))
    guard body >= 0 else { throw .unknownBody(name: name) }
    try checkIsInModel(body, name: name)
    let square = (rotation * rotation).sum()
    guard (0..<3).allSatisfy({ position[$0].isFinite }), square.isFinite, square > 1e-12 else {
      throw .invalidPlace(
        body: name, reason: "position \(position) and quaternion \(rotation) must be finite, not 0")
    }
    let unit = rotation / square.squareRoot()
    for i in 0..<3 { model.pointee.body_pos[3 * body + i] = position[i] }
    for i in 0..<4 { model.pointee.body_quat[4 * body + i] = unit[i] }
  }

  /// Throws for a body whose place a state holds, and for the world.
  private func checkIsInModel(_ body: Int, name: String) throws(RenderingError) {
    guard body > 0 else { throw .invalidPlace(body: name, reason: "the world cannot be moved") }
    let joints = Int(model.pointee.body_jntnum[body])
    let first = Int(model.pointee.body_jntadr[body])
    let isFree =
      joints > 0 && model.pointee.jnt_type[first] == Int32(mjJNT_FREE.rawValue)
    guard model.pointee.body_mocapid[body] < 0, !isFree else {
      throw .invalidPlace(body: name, reason: "its place is part of the state, not of the model")
    }
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
