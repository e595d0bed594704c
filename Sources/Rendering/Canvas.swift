import CMuJoCo
import CRender

/// MuJoCo's renderer for one model, in an OpenGL context of its own.
struct Canvas: ~Copyable {
  let context: OffscreenContext
  private let renderer: UnsafeMutablePointer<mjrContext>
  private let scene: UnsafeMutablePointer<mjvScene>
  private let width: Int
  private let height: Int

  /// Room for what a scene shows besides its geoms, such as sites and tendons.
  private static let extraGeoms = 1000

  init(
    for model: borrowing SceneModel, width: Int, height: Int, backend: RenderBackend?
  ) throws(RenderingError) {
    let context = try OffscreenContext(width: width, height: height, backend: backend)
    let renderer = try Self.renderer(for: model, in: context)
    scene = Self.scene(for: model)
    self.context = context
    self.renderer = renderer
    self.width = width
    self.height = height
  }

  private static func renderer(
    for model: borrowing SceneModel, in context: borrowing OffscreenContext
  ) throws(RenderingError) -> UnsafeMutablePointer<mjrContext> {
    try context.enter()
    defer { context.leave() }
    let renderer = UnsafeMutablePointer<mjrContext>.allocate(capacity: 1)
    mjr_defaultContext(renderer)
    var reason = [CChar](repeating: 0, count: 512)
    guard kinglet_render_prepare(model.model, renderer, &reason, reason.count) == 0 else {
      kinglet_render_discard(renderer)
      renderer.deallocate()
      throw .rendererFailed(reason: OffscreenContext.text(reason))
    }
    return renderer
  }

  private static func scene(for model: borrowing SceneModel) -> UnsafeMutablePointer<mjvScene> {
    let scene = UnsafeMutablePointer<mjvScene>.allocate(capacity: 1)
    mjv_defaultScene(scene)
    mjv_makeScene(model.model, scene, Int32(model.model.pointee.ngeom) + Int32(extraGeoms))
    withUnsafeMutableBytes(of: &scene.pointee.flags) { flags in
      flags[Int(mjRND_SHADOW.rawValue)] = 0
      flags[Int(mjRND_REFLECTION.rawValue)] = 0
    }
    return scene
  }

  deinit {
    if (try? context.enter()) != nil {
      kinglet_render_discard(renderer)
      context.leave()
    }
    mjv_freeScene(scene)
    renderer.deallocate()
    scene.deallocate()
  }

  /// The model as its data has it, seen from a camera.
  func draw(
    _ model: borrowing SceneModel, from view: CameraView
  ) throws(RenderingError) -> RGBImage {
    var camera = mjvCamera()
    mjv_defaultCamera(&camera)
    camera.type = Int32(mjCAMERA_FREE.rawValue)
    camera.lookat = (view.lookAt.x, view.lookAt.y, view.lookAt.z)
    camera.distance = view.distance
    camera.azimuth = view.azimuth
    camera.elevation = view.elevation
    var option = mjvOption()
    mjv_defaultOption(&option)
    mjv_updateScene(
      model.model, model.data, &option, nil, &camera, Int32(mjCAT_ALL.rawValue), scene)
    try context.enter()
    defer { context.leave() }
    let all = mjrRect(left: 0, bottom: 0, width: Int32(width), height: Int32(height))
    mjr_setBuffer(Int32(mjFB_OFFSCREEN.rawValue), renderer)
    mjr_render(all, scene, renderer)
    let pixels = read(all)
    let fault = mjr_getError()
    guard fault == 0 else { throw .rendererFailed(reason: "OpenGL error \(fault)") }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// The drawn pixels, top row first; OpenGL has the bottom row first.
  private func read(_ all: mjrRect) -> [UInt8] {
    let row = 3 * width
    let count = row * height
    return [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
      mjr_readPixels(bytes.baseAddress, nil, all, renderer)
      for upper in 0..<(height / 2) {
        let lower = height - 1 - upper
        for column in 0..<row { bytes.swapAt(upper * row + column, lower * row + column) }
      }
      initialized = count
    }
  }
}
