/// Where an offscreen OpenGL context comes from.
public enum RenderBackend: String, Sendable, CaseIterable {
  /// EGL: a GPU's driver, or Mesa without a window system.
  case egl
  /// OSMesa: Mesa on the CPU, in memory.
  case osmesa
}

/// Draws states of one MuJoCo scene with MuJoCo's own renderer, without a window.
///
/// It may be used on any thread, one at a time. Shadows, reflections and multisampling are off. On
/// one machine and backend the same state and camera give the same bytes.
public struct SceneRenderer: ~Copyable {
  private let model: SceneModel
  private let canvas: Canvas

  /// Largest side of a picture [pixels].
  public static let largestSide = 8192

  /// Compiles an MJCF document and opens an OpenGL context, `width` and `height` in pixels.
  ///
  /// Without a `backend`, EGL is tried, then OSMesa; the environment's `MUJOCO_GL=osmesa` turns
  /// the order around. All renderers of a process use the same one. Throws for a size outside
  /// 1…`largestSide`, a document that MuJoCo refuses, and where no context can be had.
  public init(
    modelXML: String, width: Int, height: Int, backend: RenderBackend? = nil
  ) throws(RenderingError) {
    let sides = 1...Self.largestSide
    guard sides.contains(width), sides.contains(height) else {
      throw .invalidSize(
        width: width, height: height, valid: "each side must be 1 to \(Self.largestSide)")
    }
    let model = try SceneModel(xml: modelXML, width: width, height: height)
    let canvas = try Canvas(for: model, width: width, height: height, backend: backend)
    self.canvas = canvas
    self.model = model
  }

  /// What was chosen.
  public var backend: RenderBackend { canvas.context.backend }

  /// OpenGL's name of what draws, such as `llvmpipe (LLVM 15.0.6, 256 bits)`.
  public var device: String { canvas.context.device }

  /// Number of values in an integration state of this model.
  public var stateLength: Int { model.stateLength }

  /// The integration state that the model starts in.
  public func startingState() -> [Double] { model.startingState() }

  /// Sets the pose of a body in the model: what randomisation changed there.
  ///
  /// Position [m] and quaternion (w, x, y, z), of any length but 0, are in the parent's frame, as in
  /// MJCF. Throws for an unknown body, and for one with a place in the state, which a mocap body
  /// and one with a free joint have.
  public mutating func placeBody(
    named name: String, position: SIMD3<Double>, rotation: SIMD4<Double>
  ) throws(RenderingError) {
    try model.place(body: name, position: position, rotation: rotation)
  }

  /// The picture of an integration state (`mjSTATE_INTEGRATION`) seen by a camera.
  ///
  /// Throws for a state that has another length than this model's, or a number that is not finite.
  public mutating func render(
    integrationState: [Double], camera: CameraView
  ) throws(RenderingError) -> RGBImage {
    try camera.validate()
    try model.take(integrationState)
    return try canvas.draw(model, from: camera)
  }
}
