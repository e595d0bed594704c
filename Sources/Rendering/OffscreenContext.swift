import CRender

/// The only owner of an offscreen OpenGL context.
struct OffscreenContext: ~Copyable {
  private let handle: OpaquePointer

  /// Opens a context for pictures of up to this size.
  init(width: Int, height: Int, backend: RenderBackend?) throws(RenderingError) {
    let preferred =
      switch backend {
      case nil: KINGLET_RENDER_ANY
      case .egl: KINGLET_RENDER_EGL
      case .osmesa: KINGLET_RENDER_OSMESA
      }
    var reason = [CChar](repeating: 0, count: 512)
    let opened = kinglet_render_open(
      Int32(width), Int32(height), Int32(preferred), &reason, reason.count)
    guard let opened else { throw .noContext(reason: Self.text(reason)) }
    handle = opened
  }

  deinit { kinglet_render_close(handle) }

  var backend: RenderBackend {
    kinglet_render_backend(handle) == Int32(KINGLET_RENDER_EGL) ? .egl : .osmesa
  }

  var device: String { kinglet_render_device(handle).map { String(cString: $0) } ?? "unknown" }

  /// Makes the context current on this thread, until `leave`.
  func enter() throws(RenderingError) {
    guard kinglet_render_enter(handle) == 0 else {
      throw .rendererFailed(reason: "its OpenGL context cannot be used on this thread")
    }
  }

  func leave() { kinglet_render_leave(handle) }

  static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
