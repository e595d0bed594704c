import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct SetpointTests {
  static let seeds: [UInt64] = [1, 2, 3]

  @Test(arguments: seeds) func `a setpoint that keeps all limits passes bit by bit`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "fine")
    for _ in 0..<300 {
      let target: Transform<Base, Target> = draws.pose()
      let filter = try Panda.guarded(about: target)
      let state = state(target * inside(&draws, 0.05, 0.05))
      let asked = setpoint(
        target * inside(&draws, 0.05, 0.05).moved(toward: target, state, 0.02), mild(&draws))
      let safe = filter.admit(asked, inForce: state.baseFromTool, at: state)
      #expect(safe.events.isEmpty)
      #expect(safe.allowed == asked)
      #expect(safe.asked == asked)
    }
  }

  @Test(arguments: seeds) func `whatever is asked, what governs keeps every limit`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "any setpoint")
    for _ in 0..<500 {
      let target: Transform<Base, Target> = draws.pose()
      let filter = try Panda.guarded(about: target)
      let state = state(target * inside(&draws, 0.1, 0.2))
      let inForce = target * inside(&draws, 0.1, 0.2)
      let asked = setpoint(draws.pose(), wild(&draws))
      let safe = filter.admit(asked, inForce: inForce, at: state)
      let (goal, tool) = (safe.allowed.baseFromTool, state.baseFromTool)
      #expect(filter.fence?.contains(goal) == true)
      #expect((goal.translation - tool.translation).length <= 0.05 * (1 + 1e-8))
      // The rotation box is not quite convex on the sphere of turns.
      #expect((goal.rotation * tool.rotation.inverse).rotationVector.length <= 0.4 * 1.05)
      if (inForce.translation - tool.translation).length <= 0.05 {
        #expect((goal.translation - inForce.translation).length <= 0.05 * (1 + 1e-8))
      }
      #expect(!safe.events.isDisjoint(with: [.jump, .fence]))
    }
  }

  @Test(arguments: seeds) func `a stiffness has the damping that the loop's delay asks for`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "delay")
    for _ in 0..<300 {
      let delay = draws.uniform() < 0.2 ? 0 : 0.003 * draws.uniform()
      let filter = try Panda.guarded { $0.delay = delay }
      var asked = wild(&draws)
      if draws.uniform() < 0.3 { asked.translationalDamping = 0 }
      if draws.uniform() < 0.3 { asked.rotationalDamping *= 0.001 }
      let gains = filter.limited(asked)
      #expect(gains.translationalStiffness * delay <= gains.translationalDamping * (1 + 1e-12))
      #expect(gains.rotationalStiffness * delay <= gains.rotationalDamping * (1 + 1e-12))
      if delay == 0 {
        #expect(gains.translationalStiffness == min(asked.translationalStiffness, 3000))
        #expect(gains.rotationalStiffness == min(asked.rotationalStiffness, 300))
      }
      #expect(filter.limited(gains) == gains)
    }
  }

  @Test(arguments: seeds) func `a jump is cut on the straight line and the shortest turn`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "jump")
    for _ in 0..<300 {
      let target: Transform<Base, Target> = draws.pose()
      let filter = try Panda.guarded(about: target)
      let tool = target * Transform<Target, Tool>.identity
      let way = draws.vector(within: 1)
      let turn = draws.vector(within: 1)
      let angle = 0.41 + 2 * draws.uniform()
      let length = 0.051 + draws.uniform()
      var far = tool
      far.translation += way * (length / way.length)
      var safe = filter.admit(setpoint(far, mild(&draws)), inForce: tool, at: state(tool))
      #expect(
        (safe.allowed.baseFromTool.translation - tool.translation - way * (0.05 / way.length))
          .length < 1e-9)
      #expect(safe.events == .jump)
      // A fence that turns freely lets the cut turn be seen.
      let open = try Panda.turning(about: target)
      far = tool
      far.rotation =
        Rotation<Base, Base>(rotationVector: turn * (angle / turn.length)) * tool.rotation
      safe = open.admit(setpoint(far, mild(&draws)), inForce: tool, at: state(tool))
      let left = (safe.allowed.baseFromTool.rotation * tool.rotation.inverse).rotationVector
      #expect((left - turn * (0.4 / turn.length)).length < 1e-9)
      #expect(safe.events == .jump)
    }
  }

  @Test(arguments: seeds) func `a new setpoint jumps neither from the one in force`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "in force")
    for _ in 0..<300 {
      let target: Transform<Base, Target> = draws.pose()
      let filter = try Panda.turning(about: target)
      let tool = target * Transform<Target, Tool>.identity
      let way = draws.vector(within: 1)
      let step = way * (0.04 / way.length)
      let turn = draws.vector(within: 1)
      let angle = turn * (0.3 / turn.length)
      var (ahead, behind) = (tool, tool)
      ahead.translation += step
      behind.translation -= step
      ahead.rotation = Rotation<Base, Base>(rotationVector: angle) * tool.rotation
      behind.rotation = Rotation<Base, Base>(rotationVector: -angle) * tool.rotation
      let safe = filter.admit(setpoint(ahead, mild(&draws)), inForce: behind, at: state(tool))
      let goal = safe.allowed.baseFromTool
      #expect(abs((goal.translation - behind.translation).length - 0.05) < 1e-9)
      let turned = (goal.rotation * behind.rotation.inverse).rotationVector
      #expect(abs(turned.length - 0.4) < 1e-9)
      #expect(safe.events == .jump)
    }
  }

  @Test(arguments: seeds) func `cutting twice is cutting once`(seed: UInt64) throws {
    var draws = RandomStream(seed: seed, name: "idempotent")
    for _ in 0..<500 {
      let target: Transform<Base, Target> = draws.pose()
      let filter = try Panda.guarded(about: target)
      let state = state(target * inside(&draws, 0.16, 0.2))
      let inForce = target * inside(&draws, 0.1, 0.2)
      let once = filter.admit(setpoint(draws.pose(), wild(&draws)), inForce: inForce, at: state)
      let twice = filter.admit(once.allowed, inForce: inForce, at: state)
      #expect(twice.allowed.compliance == once.allowed.compliance)
      let (a, b) = (once.allowed.baseFromTool, twice.allowed.baseFromTool)
      #expect((a.translation - b.translation).length < 1e-9)
      #expect((a.rotation * b.rotation.inverse).rotationVector.length < 0.02)
    }
  }

  @Test(arguments: seeds) func `each gain is cut to its own limit, and each clip to a force`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "gains")
    let filter = try Panda.guarded()
    let tool = Transform<Base, Tool>.identity
    for _ in 0..<500 {
      let asked = wild(&draws)
      let safe = filter.admit(setpoint(tool, asked), inForce: tool, at: state(tool))
      let got = safe.allowed.compliance
      #expect(got.translationalStiffness == min(asked.translationalStiffness, 3000))
      #expect(got.translationalDamping == min(asked.translationalDamping, 400))
      #expect(got.rotationalStiffness == min(asked.rotationalStiffness, 300))
      #expect(got.rotationalDamping == min(asked.rotationalDamping, 30))
      #expect(got.nullspaceStiffness == min(asked.nullspaceStiffness, 100))
      for axis in 0..<3 {
        let (shift, turn) = (80 / got.translationalStiffness, 20 / got.rotationalStiffness)
        #expect(got.clipToward[axis] == min(asked.clipToward[axis], shift))
        #expect(got.clipAgainst[axis] == min(asked.clipAgainst[axis], shift))
        #expect(got.clipRotation[axis] == min(asked.clipRotation[axis], turn))
      }
      #expect(safe.events.isEmpty == (got == asked))
      #expect(safe.events.isSubset(of: [.gains, .clips]))
    }
  }

  @Test(arguments: seeds) func `a soft contact lets no target go on in the direction of pushing`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "soft")
    for level in [39.9, 40.1, 90] {
      for _ in 0..<200 {
        let target: Transform<Base, Target> = draws.pose()
        let filter = try Panda.guarded(about: target)
        let tool = target * Transform<Target, Tool>.identity
        var state = state(tool)
        let push = draws.vector(within: 1)
        state.toolWrench.force = push * (level / push.length)
        let away = tool.rotation(push) / push.length
        var asked = tool
        asked.translation += draws.vector(within: 0.02)
        let safe = filter.admit(setpoint(asked, mild(&draws)), inForce: tool, at: state)
        let moved = safe.allowed.baseFromTool.translation - tool.translation
        let wanted = asked.translation - tool.translation
        let isFree = level < 40 || wanted.dot(away) >= 0
        #expect(safe.events == (isFree ? [] : .contact))
        let expected = isFree ? wanted : wanted - wanted.dot(away) * away
        #expect((moved - expected).length < 1e-9)
      }
    }
  }

  @Test(arguments: seeds) func `a soft moment lets no target turn on about it`(seed: UInt64) throws
  {
    var draws = RandomStream(seed: seed, name: "soft moment")
    for level in [9.9, 10.1] {
      for _ in 0..<200 {
        let target: Transform<Base, Target> = draws.pose()
        let filter = try Panda.guarded(about: target)
        let tool = target * Transform<Target, Tool>.identity
        var state = state(tool)
        let push = draws.vector(within: 1)
        state.toolWrench.torque = push * (level / push.length)
        let away = tool.rotation(push) / push.length
        let turn = draws.vector(within: 0.05)
        var asked = tool
        asked.rotation = Rotation<Base, Base>(rotationVector: turn) * tool.rotation
        let safe = filter.admit(setpoint(asked, mild(&draws)), inForce: tool, at: state)
        let turned = (safe.allowed.baseFromTool.rotation * tool.rotation.inverse).rotationVector
        let isFree = level < 10 || turn.dot(away) >= 0
        #expect(safe.events == (isFree ? [] : .contact))
        #expect((turned - (isFree ? turn : turn - turn.dot(away) * away)).length < 1e-9)
      }
    }
  }

  @Test(arguments: seeds) func `a tool that has not been inside may come, and not go`(seed: UInt64)
    throws
  {
    var draws = RandomStream(seed: seed, name: "approach")
    for _ in 0..<300 {
      let target: Transform<Base, Target> = draws.pose()
      let filter = try Panda.guarded(about: target)
      var place = inside(&draws, 0.05, 0.05)
      let side = draws.uniform() < 0.5 ? 1.0 : -1.0
      place.translation.z = 0.3 * side
      let tool = target * place
      for (shift, isFree) in [(-0.03, true), (0.03, false)] {
        var goal = place
        goal.translation.z += side * shift
        let safe = filter.admit(
          setpoint(target * goal, mild(&draws)), inForce: tool, at: state(tool))
        #expect(safe.events == (isFree ? [] : .fence))
        let expected = isFree ? (target * goal).translation : tool.translation
        #expect((safe.allowed.baseFromTool.translation - expected).length < 1e-9)
      }
    }
  }

  @Test func `in a state that is no number the pose in force stays`() throws {
    let filter = try Panda.guarded()
    var draws = RandomStream(seed: 1, name: "nan")
    let breaks: [(inout ArmState) -> Void] = [
      { $0.baseFromTool.translation.x = .nan }, { $0.baseFromTool.rotation.vector.y = .infinity },
      { $0.toolWrench.force.z = .nan }, { $0.position[2] = .nan },
    ]
    for change in breaks {
      var broken = state(.identity)
      change(&broken)
      let asked = setpoint(draws.pose(), mild(&draws))
      let safe = filter.admit(asked, inForce: .identity, at: broken)
      #expect(safe.allowed.baseFromTool == .identity)
      #expect(safe.allowed.compliance == asked.compliance)
      #expect(safe.events == .jump)
    }
  }

  private func state(_ tool: Transform<Base, Tool>) -> ArmState {
    var state = ArmState()
    state.position = Panda.middle
    state.baseFromTool = tool
    return state
  }

  private func setpoint(_ pose: Transform<Base, Tool>, _ compliance: Compliance) -> Setpoint {
    Setpoint(sequence: 3, effectTick: 5, baseFromTool: pose, compliance: compliance)
  }

  /// Gains and clips within all limits.
  private func mild(_ draws: inout RandomStream) -> Compliance {
    var gains = draws.compliance()
    gains.clipRotation = gains.clipRotation / 4
    return gains
  }

  /// Gains and clips of any size.
  private func wild(_ draws: inout RandomStream) -> Compliance {
    var gains = draws.compliance()
    func factor() -> Double { [0.1, 1, 10, 1e6][draws.index(below: 4)] }
    gains.translationalStiffness *= factor()
    gains.translationalDamping *= factor()
    gains.rotationalStiffness *= factor()
    gains.rotationalDamping *= factor()
    gains.nullspaceStiffness *= factor()
    gains.clipToward *= factor()
    gains.clipAgainst *= factor()
    gains.clipRotation *= factor()
    return gains
  }

  private func inside(
    _ draws: inout RandomStream, _ reach: Double, _ turn: Double
  ) -> Transform<Target, Tool> {
    Transform(
      rotation: Rotation(rotationVector: draws.vector(within: turn)),
      translation: draws.vector(within: reach))
  }
}

extension Transform where To == Target, From == Tool {
  /// The same, but within a distance of a state's tool.
  fileprivate func moved(
    toward baseFromTarget: Transform<Base, Target>, _ state: ArmState, _ distance: Double
  ) -> Self {
    let tool = baseFromTarget.inverse * state.baseFromTool
    var near = self
    let way = translation - tool.translation
    near.translation = tool.translation + way * min(1, distance / way.length)
    return near
  }
}
