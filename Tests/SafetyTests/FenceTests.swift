import Conformance
import Geometry
import Randomness
import Safety
import Testing

@Suite struct FenceTests {
  static let seeds: [UInt64] = [1, 2, 3]

  @Test(arguments: seeds) func `the nearest pose is inside, and inside stays bit by bit`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "fence")
    for _ in 0..<500 {
      let fence = try fence(&draws)
      let nearest = fence.nearest(to: draws.pose())
      #expect(isInside(nearest, fence, rounding: 1e-9))
      #expect(fence.nearest(to: nearest) == nearest)
      #expect(fence.contains(nearest))
    }
  }

  @Test(arguments: seeds) func `a pose inside is left as it is`(seed: UInt64) throws {
    var draws = RandomStream(seed: seed, name: "inside")
    for _ in 0..<500 {
      let fence = try fence(&draws)
      let pose = pose(inside: fence, &draws)
      #expect(fence.nearest(to: pose) == pose)
    }
  }

  @Test(arguments: seeds) func `no other pose inside is nearer on any axis`(seed: UInt64) throws {
    var draws = RandomStream(seed: seed, name: "nearest")
    for _ in 0..<300 {
      let fence = try fence(&draws)
      let asked: Transform<Base, Tool> = draws.pose()
      let found = fence.nearest(to: asked)
      let (wanted, got) = (offset(asked, fence), offset(found, fence))
      let other = offset(pose(inside: fence, &draws), fence)
      for axis in 0..<3 {
        let (near, far) = (
          abs(got.linear[axis] - wanted.linear[axis]), abs(other.linear[axis] - wanted.linear[axis])
        )
        #expect(near <= far + 1e-9)
        let turn = abs(got.angular[axis] - wanted.angular[axis])
        #expect(turn <= abs(other.angular[axis] - wanted.angular[axis]) + 1e-9)
      }
    }
  }

  @Test(arguments: seeds) func `a pose that leaves in translation keeps its orientation`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "translation")
    for _ in 0..<300 {
      let fence = try fence(&draws)
      var pose = pose(inside: fence, &draws)
      pose.translation += draws.vector(within: 1)
      #expect(fence.nearest(to: pose).rotation == pose.rotation)
    }
  }

  @Test func `a pose that is no number becomes the target's`() throws {
    var draws = RandomStream(seed: 1, name: "nan")
    let fence = try fence(&draws)
    var pose: Transform<Base, Tool> = draws.pose()
    pose.translation.y = .nan
    let home =
      fence.baseFromTarget
      * Transform(
        rotation: fence.targetFromTool, translation: .zero)
    #expect(fence.nearest(to: pose) == home)
    #expect(
      fence.nearest(
        to: Transform(
          rotation: Rotation(w: 0, x: 0, y: 0, z: 0), translation: .zero)) == home)
  }

  @Test func `an empty or ambiguous fence is refused`() {
    #expect(throws: SafetyFault.self) {
      _ = try Fence(
        baseFromTarget: .identity, lower: .one, upper: .zero, rotation: .zero)
    }
    #expect(throws: SafetyFault.self) {
      _ = try Fence(
        baseFromTarget: .identity, lower: .zero, upper: .one, rotation: Vector3(3, 3, 3))
    }
    #expect(throws: SafetyFault.self) {
      _ = try Fence(
        baseFromTarget: .identity, lower: .zero, upper: .one, rotation: Vector3(0, -1, 0))
    }
  }

  private func fence(_ draws: inout RandomStream) throws -> Fence {
    let (a, b) = (draws.vector(within: 0.1), draws.vector(within: 0.1))
    let rotation = draws.vector(within: 1)
    return try Fence(
      baseFromTarget: draws.pose(), targetFromTool: draws.rotation(),
      lower: pointwiseMin(a, b), upper: pointwiseMax(a, b),
      rotation: rotation.replacing(with: -rotation, where: rotation .< 0))
  }

  private func pose(inside fence: Fence, _ draws: inout RandomStream) -> Transform<Base, Tool> {
    let share = draws.vector(within: 0.5) + 0.5
    let turn = fence.rotation * draws.vector(within: 1)
    let inTarget = Transform<Target, Tool>(
      rotation: Rotation<Target, Target>(rotationVector: turn) * fence.targetFromTool,
      translation: fence.lower + share * (fence.upper - fence.lower))
    return fence.baseFromTarget * inTarget
  }

  private func offset(_ pose: Transform<Base, Tool>, _ fence: Fence) -> Twist<Target> {
    let inTarget = fence.baseFromTarget.inverse * pose
    let turn: Rotation<Target, Target> = inTarget.rotation * fence.targetFromTool.inverse
    return Twist(linear: inTarget.translation, angular: turn.rotationVector)
  }

  private func isInside(
    _ pose: Transform<Base, Tool>, _ fence: Fence, rounding: Double
  ) -> Bool {
    let offset = offset(pose, fence)
    return (0..<3).allSatisfy { axis in
      offset.linear[axis] >= fence.lower[axis] - rounding
        && offset.linear[axis] <= fence.upper[axis] + rounding
        && abs(offset.angular[axis]) <= fence.rotation[axis] + rounding
    }
  }
}
