import Rendering
import Testing

/// A refusal must come, and be one line.
func expectRefusal(
  _ what: String, containing part: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ work: () throws -> Void
) {
  do {
    try work()
    Issue.record("\(what) was taken", sourceLocation: sourceLocation)
  } catch {
    let text = "\(error)"
    #expect(error is RenderingError, sourceLocation: sourceLocation)
    #expect(!text.isEmpty && !text.contains("\n"), sourceLocation: sourceLocation)
    #expect(text.contains(part), "\(text)", sourceLocation: sourceLocation)
  }
}

@Suite struct RefusalTests {
  private func open(
    _ xml: String = Sample.scene(), width: Int = 32, height: Int = 24,
    backend: RenderBackend? = nil
  ) throws {
    _ = try SceneRenderer(modelXML: xml, width: width, height: height, backend: backend)
  }

  @Test func `sizes that no picture has`() {
    let most = SceneRenderer.largestSide
    for (width, height) in [(0, 24), (32, 0), (-1, 24), (32, .min), (most + 1, 24), (32, .max)] {
      expectRefusal("\(width) x \(height)", containing: "1 to \(most)") {
        try open(width: width, height: height)
      }
    }
  }

  @Test func `documents that are no model`() {
    let broken = [
      "", " ", "no XML", "<mujoco>", "<urdf/>", "<mujoco><bodies/></mujoco>",
      #"<mujoco><worldbody><geom size="-1"/></worldbody></mujoco>"#,
      #"<mujoco><worldbody><geom type="mesh" mesh="none"/></worldbody></mujoco>"#,
      #"<mujoco><include file="nowhere.xml"/></mujoco>"#,
    ]
    for xml in broken {
      expectRefusal(xml, containing: "scene model: ") { try open(xml) }
    }
  }

  @Test func `a document cut short anywhere`() {
    let whole = Sample.scene()
    for count in stride(from: 0, to: whole.count - 1, by: 7) {
      expectRefusal("\(count) characters", containing: "scene model: ") {
        try open(String(whole.prefix(count)))
      }
    }
  }

  @Test func `states of every other length, and numbers that are not finite`() throws {
    var renderer = try SceneRenderer(modelXML: Sample.scene(), width: 32, height: 24)
    let rest = renderer.startingState()
    #expect(rest.count == renderer.stateLength)
    for count in 0...(rest.count + 5) where count != rest.count {
      let text = refusal(of: Array((rest + rest).prefix(count)), by: &renderer)
      #expect(text == "scene state: \(count) values, this model has \(rest.count)")
    }
    for (index, value) in zip(rest.indices, [Double.nan, .infinity, -Double.infinity].cycled()) {
      var state = rest
      state[index] = value
      let text = refusal(of: state, by: &renderer)
      #expect(text == "scene state: value \(index) is \(value), must be finite")
    }
    #expect(refusal(of: rest, by: &renderer) == nil)
  }

  private func refusal(
    of state: [Double], from camera: CameraView = Sample.view, by renderer: inout SceneRenderer
  ) -> String? {
    do {
      _ = try renderer.render(integrationState: state, camera: camera)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func `cameras that see nothing`() throws {
    var renderer = try SceneRenderer(modelXML: Sample.scene(), width: 32, height: 24)
    let rest = renderer.startingState()
    for value in [Double.nan, .infinity, -Double.infinity] {
      for part in 0..<4 {
        var view = Sample.view
        if part == 0 { view.lookAt.y = value }
        if part == 1 { view.distance = value }
        if part == 2 { view.azimuth = value }
        if part == 3 { view.elevation = value }
        let text = refusal(of: rest, from: view, by: &renderer) ?? ""
        #expect(text.hasPrefix("camera: a number is not finite"))
      }
    }
    for distance in [0, -1.0] {
      var view = Sample.view
      view.distance = distance
      let text = refusal(of: rest, from: view, by: &renderer)
      #expect(text == "camera: distance \(distance) m must be positive")
    }
  }

  @Test func `bodies that cannot be placed`() throws {
    var renderer = try SceneRenderer(modelXML: Sample.scene(), width: 32, height: 24)
    let rest = renderer.startingState()
    let before = try renderer.render(integrationState: rest, camera: Sample.view)
    let fine = SIMD4<Double>(1, 0, 0, 0)
    let cases: [(String, SIMD3<Double>, SIMD4<Double>, String)] = [
      ("nobody", .zero, fine, "has none of this name"), ("", .zero, fine, "cannot be placed"),
      ("world", .zero, fine, "cannot be moved"), ("plate", .zero, fine, "part of the state"),
      ("ball", .zero, fine, "part of the state"), ("post", .zero, .zero, "must be finite"),
      ("post", SIMD3(.nan, 0, 0), fine, "must be finite"),
      ("post", .zero, SIMD4(0, .infinity, 0, 0), "must be finite"),
    ]
    for (name, position, rotation, part) in cases {
      var text = "taken"
      do {
        try renderer.placeBody(named: name, position: position, rotation: rotation)
      } catch {
        text = "\(error)"
      }
      #expect(text.contains(part) || name.isEmpty && text.hasPrefix("body "), "\(name): \(text)")
      #expect(!text.contains("\n"))
    }
    #expect(try renderer.render(integrationState: rest, camera: Sample.view) == before)
  }

  @Test func `a model that compiles and that MuJoCo's renderer gives up on`() throws {
    let textures = (0...1000).map {
      #"<texture name="\#($0)" type="2d" builtin="flat" width="1" height="1"/>"#
    }
    let xml = "<mujoco><asset>\(textures.joined())</asset></mujoco>"
    for _ in 0..<2 {
      expectRefusal("1001 textures", containing: "MuJoCo's renderer: ") { try open(xml) }
      try open()
    }
  }

  @Test func `another backend than the one of the process`() throws {
    let chosen = try SceneRenderer(modelXML: Sample.scene(), width: 32, height: 24)
    #expect(!chosen.device.isEmpty)
    let other: RenderBackend = chosen.backend == .egl ? .osmesa : .egl
    expectRefusal("a second backend", containing: "already draws with") {
      try open(backend: other)
    }
    try open(backend: chosen.backend)
  }
}

extension Array {
  /// The elements over and over.
  fileprivate func cycled() -> some Sequence<Element> {
    sequence(state: 0) { index -> Element? in
      defer { index += 1 }
      return self[index % count]
    }
  }
}
