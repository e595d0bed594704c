import Foundation
import Rendering
import Synchronization
import Testing

@Suite struct SceneTests {
  private func renderer(_ xml: String = Sample.scene()) throws -> SceneRenderer {
    try SceneRenderer(modelXML: xml, width: 96, height: 64)
  }

  private func state(
    of renderer: borrowing SceneRenderer, _ source: inout SampleGenerator
  ) -> [Double] {
    var state = renderer.startingState()
    state[Sample.shoulder] = .random(in: -1...1, using: &source)
    state[Sample.elbow] = .random(in: -1...1, using: &source)
    return state
  }

  @Test func `the same state and camera give the same bytes, in any order and renderer`() throws {
    var source = SampleGenerator(seed: 1)
    var first = try renderer()
    var second = try renderer()
    var states: [[Double]] = []
    for _ in 0..<6 { states.append(state(of: first, &source)) }
    var pictures: [RGBImage] = []
    for state in states {
      pictures.append(try first.render(integrationState: state, camera: Sample.view))
    }
    #expect(Set(pictures.map(\.pixels)).count == 6)
    for index in [3, 0, 5, 5, 1, 4, 2] {
      let again = try first.render(integrationState: states[index], camera: Sample.view)
      #expect(again == pictures[index])
      let other = try second.render(integrationState: states[index], camera: Sample.view)
      #expect(other == pictures[index])
    }
  }

  @Test func `each joint moves the picture, and back`() throws {
    var renderer = try renderer()
    let rest = renderer.startingState()
    let picture = try renderer.render(integrationState: rest, camera: Sample.view)
    for joint in [Sample.shoulder, Sample.elbow] {
      var moved = rest
      moved[joint] += 0.2
      #expect(try renderer.render(integrationState: moved, camera: Sample.view) != picture)
      #expect(try renderer.render(integrationState: rest, camera: Sample.view) == picture)
    }
  }

  @Test func `a moving camera moves the picture`() throws {
    var renderer = try renderer()
    let rest = renderer.startingState()
    let picture = try renderer.render(integrationState: rest, camera: Sample.view)
    for change in 0..<4 {
      var view = Sample.view
      if change == 0 { view.lookAt.z += 0.05 }
      if change == 1 { view.distance += 0.1 }
      if change == 2 { view.azimuth += 5 }
      if change == 3 { view.elevation -= 5 }
      #expect(try renderer.render(integrationState: rest, camera: view) != picture)
    }
  }

  @Test func `a placed body looks as if the model had been written so`() throws {
    var source = SampleGenerator(seed: 2)
    var renderer = try renderer()
    let rest = renderer.startingState()
    for _ in 0..<5 {
      let at = SIMD3<Double>.random(in: -0.4...0.4, using: &source)
      let turn = SIMD4<Double>.random(in: 0.1...1, using: &source)
      try renderer.placeBody(named: "post", position: at, rotation: turn)
      let placed = try renderer.render(integrationState: rest, camera: Sample.view)
      let written = Sample.scene(
        postAt: #"pos="\#(at.x) \#(at.y) \#(at.z)" "#
          + #"quat="\#(turn.x) \#(turn.y) \#(turn.z) \#(turn.w)""#)
      var other = try self.renderer(written)
      #expect(try other.render(integrationState: rest, camera: Sample.view) == placed)
    }
  }

  @Test func `the top row is first, and left is left`() throws {
    let xml = """
      <mujoco><worldbody>
        <geom pos="-1 0 0" size="0.3" rgba="1 0 0 1"/><geom pos="0 0 1" size="0.3" rgba="0 0 1 1"/>
      </worldbody></mujoco>
      """
    var renderer = try SceneRenderer(modelXML: xml, width: 90, height: 60)
    let ahead = CameraView(lookAt: .zero, distance: 4, azimuth: 90, elevation: 0)
    let picture = try renderer.render(integrationState: renderer.startingState(), camera: ahead)
    let red = try #require(centre(of: picture, channel: 0, above: 2))
    let blue = try #require(centre(of: picture, channel: 2, above: 0))
    #expect(red.x < 35 && abs(red.y - 29.5) < 1)
    #expect(blue.y < 22 && abs(blue.x - 44.5) < 1)
  }

  /// Centre of the pixels in which one channel is far above another.
  private func centre(of image: RGBImage, channel: Int, above other: Int) -> SIMD2<Double>? {
    var sum = SIMD2<Double>.zero
    var count = 0.0
    for y in 0..<image.height {
      for x in 0..<image.width {
        let place = 3 * (y * image.width + x)
        guard Int(image.pixels[place + channel]) > Int(image.pixels[place + other]) + 80 else {
          continue
        }
        sum += SIMD2(Double(x), Double(y))
        count += 1
      }
    }
    return count > 0 ? sum / count : nil
  }

  @Test func `a model without a sky gets a pale one, and one with a sky keeps it`() throws {
    let up = CameraView(lookAt: SIMD3(0, 0, 1), distance: 1, azimuth: 0, elevation: 30)
    var pale = try renderer()
    let sky = try pale.render(integrationState: pale.startingState(), camera: up)
    #expect(sky.pixels.prefix(30).allSatisfy { $0 > 150 })
    var dark = try renderer(Sample.scene(sky: true))
    let night = try dark.render(integrationState: dark.startingState(), camera: up)
    #expect(night.pixels.prefix(30).allSatisfy { $0 < 40 })
  }

  @Test func `a 15 mm connector is seen from 75 mm, and from 1.3 m`() throws {
    let xml = """
      <mujoco><statistic extent="20"/><worldbody>
        <geom type="box" pos="0.5 0.1 0.054" size="0.0075 0.0075 0.004" rgba="1 0 0 1"/>
      </worldbody></mujoco>
      """
    var renderer = try SceneRenderer(modelXML: xml, width: 320, height: 240)
    let rest = renderer.startingState()
    let near = try renderer.render(
      integrationState: rest, camera: .closeUp(ofConnectorAt: SIMD3(0.5, 0.1, 0.054)))
    let far = try renderer.render(integrationState: rest, camera: .overview(ofArmAt: .zero))
    let middle = try #require(centre(of: near, channel: 0, above: 2))
    #expect(abs(middle.x - 160) < 20 && abs(middle.y - 120) < 40)
    #expect(centre(of: far, channel: 0, above: 2) != nil)
  }

  @Test func `a renderer works on whichever thread it is called`() throws {
    let held = Mutex(try renderer())
    let rest = held.withLock { $0.startingState() }
    let pictures = Mutex<[RGBImage]>([])
    let drawn = DispatchSemaphore(value: 0)
    let end = DispatchSemaphore(value: 0)
    for _ in 0..<6 {
      // A thread lives on while the next one draws: what it left current would be in the way.
      Thread.detachNewThread {
        let picture = held.withLock { try? $0.render(integrationState: rest, camera: Sample.view) }
        if let picture { pictures.withLock { $0.append(picture) } }
        drawn.signal()
        end.wait()
      }
      drawn.wait()
    }
    for _ in 0..<6 { end.signal() }
    let all = pictures.withLock { $0 }
    #expect(all.count == 6)
    #expect(all.allSatisfy { $0 == all.first })
  }

  @Test func `renderers work at the same time`() throws {
    let pictures = Mutex<[RGBImage]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      guard var renderer = try? renderer() else { return }
      let rest = renderer.startingState()
      for _ in 0..<3 {
        if let picture = try? renderer.render(integrationState: rest, camera: Sample.view) {
          pictures.withLock { $0.append(picture) }
        }
      }
    }
    let all = pictures.withLock { $0 }
    #expect(all.count == 24)
    #expect(all.allSatisfy { $0 == all.first })
  }

  @Test func `states far out of this world do no harm`() throws {
    var source = SampleGenerator(seed: 3)
    var renderer = try renderer()
    let rest = renderer.startingState()
    let picture = try renderer.render(integrationState: rest, camera: Sample.view)
    for _ in 0..<20 {
      let scale = Double.random(in: 0...308, using: &source)
      let state = rest.map { _ in
        Double.random(in: -1...1, using: &source) * Foundation.pow(10, scale)
      }
      _ = try renderer.render(integrationState: state, camera: Sample.view)
      #expect(try renderer.render(integrationState: rest, camera: Sample.view) == picture)
    }
  }
}
