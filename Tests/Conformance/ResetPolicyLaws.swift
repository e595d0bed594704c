public import Geometry
public import LearningSlots
import Messages
import Randomness
import Testing

/// The bounds that a reset promises to keep.
public struct ResetBounds: Sendable {
  /// How far out of the target the tool goes before anything else [m].
  public var clearance: Double
  /// Most steps before it is ready or asks a person.
  public var patience: Int
  /// How far an equilibrium may lead the tool [m] and [rad].
  public var lead: (position: Double, rotation: Double)
  /// How near the start pose it ends [m] and [rad].
  public var tolerance: (position: Double, rotation: Double)
  /// Speed at which the tool counts as at rest [m/s].
  public var speed: Double

  /// Bounds of their parts.
  public init(
    clearance: Double, patience: Int, lead: (position: Double, rotation: Double),
    tolerance: (position: Double, rotation: Double), speed: Double
  ) {
    self.clearance = clearance
    self.patience = patience
    self.lead = lead
    self.tolerance = tolerance
    self.speed = speed
  }
}

/// Where one reset begins and shall end.
public struct ResetScene: Sendable {
  /// The taught target pose; its z points into the board.
  public var baseFromTarget: Transform<Base, Target>
  /// The start pose of the next episode.
  public var baseFromStart: Transform<Base, Tool>
}

/// The laws of every reset, in a world without forces in which the tool goes toward its equilibrium.
///
/// `make` gives a fresh reset for a scene.
public func expectResetPolicyLaws<Reset: ResetPolicy & ~Copyable>(
  _ bounds: ResetBounds, seed: UInt64 = 1, cases: Int = 50, _ make: (ResetScene) -> Reset
) {
  for index in 0..<cases {
    var draws = RandomStream(seed: seed, name: "reset laws", index: UInt64(index))
    let scene = draws.resetScene()
    // From a perfect tool to one that covers a third of the way in a step.
    let arm = ResetArm(at: draws.seated(in: scene), share: 1 - 0.7 * draws.uniform())
    expectArrival(make(scene), arm, scene, bounds)
    expectStraightOut(make(scene), arm, scene, bounds)
    expectPersonForStuckArm(make(scene), arm, bounds)
    for isTurned in [false, true] {
      expectMoveNearby(make(scene), scene, bounds, isTurned: isTurned, &draws)
    }
    expectLead(make(scene), bounds, &draws)
    expectEqualResets(make(scene), make(scene), arm)
  }
}

/// The reset ends in time, and it ends at rest at the start pose.
private func expectArrival<Reset: ResetPolicy & ~Copyable>(
  _ made: consuming Reset, _ start: ResetArm, _ scene: ResetScene, _ bounds: ResetBounds
) {
  var reset = made
  var arm = start
  for _ in 0...bounds.patience {
    switch reset.nextStep(from: arm.state) {
    case .move(let goal, _): arm.go(toward: goal)
    case .askHuman(let reason):
      Issue.record("a free arm needs a person: \(reason)")
      return
    case .ready:
      let error = scene.baseFromStart.inverse * arm.state.baseFromTool
      #expect(error.translation.length <= bounds.tolerance.position)
      #expect(error.rotation.rotationVector.length <= bounds.tolerance.rotation)
      #expect(arm.state.toolTwist.linear.length <= bounds.speed)
      return
    }
  }
  Issue.record("no end in \(bounds.patience) steps")
}

/// Until the tool is clear of the board, it moves along the insertion axis, outward, and does not
/// turn.
private func expectStraightOut<Reset: ResetPolicy & ~Copyable>(
  _ made: consuming Reset, _ start: ResetArm, _ scene: ResetScene, _ bounds: ResetBounds
) {
  var reset = made
  var arm = start
  let targetFromBase = scene.baseFromTarget.inverse
  func out(_ pose: Transform<Base, Tool>) -> Double { -(targetFromBase * pose).translation.z }
  var steps = 0
  while out(arm.state.baseFromTool) < bounds.clearance, steps <= bounds.patience {
    guard case .move(let goal, _) = reset.nextStep(from: arm.state) else { break }
    let here = arm.state.baseFromTool
    let move = (targetFromBase * goal).translation - (targetFromBase * here).translation
    let turn = (goal.rotation * here.rotation.inverse).rotationVector
    #expect(move.z < 0, "not outward: \(move)")
    #expect(max(abs(move.x), abs(move.y)) < 1e-9, "sideways in the board: \(move)")
    #expect(turn.length < 1e-6, "a turn in the board: \(turn)")
    arm.go(toward: goal)
    steps += 1
  }
  #expect(out(arm.state.baseFromTool) >= bounds.clearance, "never clear of the board")
}

/// At rest near the start pose, but beyond the tolerance, is not there.
private func expectMoveNearby<Reset: ResetPolicy & ~Copyable>(
  _ made: consuming Reset, _ scene: ResetScene, _ bounds: ResetBounds, isTurned: Bool,
  _ draws: inout RandomStream
) {
  var reset = made
  let direction = draws.vector(within: 1)
  let beyond = 1.05 / direction.length * direction
  let turn = isTurned ? bounds.tolerance.rotation * beyond : .zero
  let offset = isTurned ? .zero : bounds.tolerance.position * beyond
  let near = Transform<Tool, Tool>(rotation: Rotation(rotationVector: turn), translation: offset)
  var state = ArmState()
  state.baseFromTool = scene.baseFromStart * near
  for _ in 0..<3 {
    guard case .move = reset.nextStep(from: state) else {
      Issue.record("not there, and not moved: \(offset) m, \(turn) rad")
      return
    }
  }
}

/// An arm that cannot move is not pushed for ever: a person is asked, and told why.
private func expectPersonForStuckArm<Reset: ResetPolicy & ~Copyable>(
  _ made: consuming Reset, _ arm: ResetArm, _ bounds: ResetBounds
) {
  var reset = made
  for _ in 0...bounds.patience {
    switch reset.nextStep(from: arm.state) {
    case .move: continue
    case .ready: Issue.record("ready in the board")
    case .askHuman(let reason): #expect(!reason.isEmpty)
    }
    return
  }
  Issue.record("a stuck arm is moved for more than \(bounds.patience) steps")
}

/// From wherever the tool is, the equilibrium is a pose and near it.
private func expectLead<Reset: ResetPolicy & ~Copyable>(
  _ made: consuming Reset, _ bounds: ResetBounds, _ draws: inout RandomStream
) {
  var reset = made
  for _ in 0..<20 {
    let state = draws.armState()
    guard case .move(let goal, _) = reset.nextStep(from: state) else { continue }
    let offset = goal.translation - state.baseFromTool.translation
    let turn = (goal.rotation * state.baseFromTool.rotation.inverse).rotationVector
    // Written so that a NaN fails.
    #expect(offset.length <= bounds.lead.position + 1e-9)
    #expect(turn.length <= bounds.lead.rotation + 1e-6)
  }
}

/// Equal states give equal steps, bit by bit.
private func expectEqualResets<Reset: ResetPolicy & ~Copyable>(
  _ first: consuming Reset, _ second: consuming Reset, _ start: ResetArm
) {
  var one = first
  var other = second
  var arm = start
  for _ in 0..<30 {
    let steps = (one.nextStep(from: arm.state), other.nextStep(from: arm.state))
    switch steps {
    case (.move(let goal, let gains), .move(let otherGoal, let otherGains)):
      #expect(goal == otherGoal && gains == otherGains)
      arm.go(toward: goal)
    case (.ready, .ready): return
    case (.askHuman(let reason), .askHuman(let otherReason)):
      #expect(reason == otherReason)
      return
    default: Issue.record("equal states gave different steps: \(steps)")
    }
  }
}

/// A tool that covers a share of the way to its equilibrium in each step of 0.05 s.
private struct ResetArm {
  private(set) var state = ArmState()
  private let share: Double

  init(at pose: Transform<Base, Tool>, share: Double) {
    state.baseFromTool = pose
    self.share = share
  }

  mutating func go(toward goal: Transform<Base, Tool>) {
    let pose = state.baseFromTool
    let move = share * (goal.translation - pose.translation)
    let turn = share * (goal.rotation * pose.rotation.inverse).rotationVector
    state.baseFromTool = Transform(
      rotation: Rotation<Base, Base>(rotationVector: turn) * pose.rotation,
      translation: pose.translation + move)
    state.toolTwist = Twist(linear: move / 0.05, angular: turn / 0.05)
    state.tick += 50
  }
}

extension RandomStream {
  /// A target anywhere, and a start pose 4 to 6 cm before it.
  fileprivate mutating func resetScene() -> ResetScene {
    let target: Transform<Base, Target> = pose()
    let offset = Vector3(uniform(eitherSide: 0.05), uniform(eitherSide: 0.05), -0.05)
    let start = Transform<Target, Tool>(
      rotation: Rotation(rotationVector: Vector3(0, 0, uniform(eitherSide: 0.35))),
      translation: offset + Vector3(0, 0, uniform(eitherSide: 0.01)))
    return ResetScene(baseFromTarget: target, baseFromStart: target * start)
  }

  /// A tool whose part is in the board, a little askew: from seated to standing on it.
  fileprivate mutating func seated(in scene: ResetScene) -> Transform<Base, Tool> {
    let askew = Transform<Target, Tool>(
      rotation: Rotation(rotationVector: vector(within: 0.03)),
      translation: Vector3(
        uniform(eitherSide: 0.001), uniform(eitherSide: 0.001), -0.0035 * uniform()))
    return scene.baseFromTarget * askew
  }
}
