import Conformance
import Geometry
import LearningSlots
import Messages
import Randomness
import Resets
import Testing

private let compliance = Compliance(
  translationalStiffness: 3000, translationalDamping: 180, rotationalStiffness: 150,
  rotationalDamping: 9, clipToward: Vector3(repeating: 0.01), clipAgainst: Vector3(repeating: 0.01),
  clipRotation: Vector3(repeating: 0.1), nullspaceStiffness: 10)

private func route(clearance: Double = 0.03, patience: Int = 300) -> RetractRoute {
  RetractRoute(clearance: clearance, compliance: compliance, patience: patience)
}

private func bounds(_ route: RetractRoute) -> ResetBounds {
  ResetBounds(
    clearance: route.clearance, patience: route.patience, lead: route.lead,
    tolerance: route.tolerance, speed: route.speed)
}

private let start = Transform<Target, Tool>(
  rotation: .identity, translation: Vector3(0.03, -0.02, -0.04))

private func reset(_ route: RetractRoute) -> RetractAndPlace {
  RetractAndPlace(
    route: route, baseFromTarget: .identity, baseFromStart: Transform.identity * start)
}

private func state(at offset: Vector3, speed: Double = 0) -> ArmState {
  var state = ArmState()
  state.baseFromTool.translation = offset
  state.toolTwist.linear = Vector3(0, 0, speed)
  return state
}

@Suite struct RetractAndPlaceTests {
  @Test(arguments: [0.01, 0.03]) func `it keeps the laws of a reset`(clearance: Double) {
    let route = route(clearance: clearance)
    expectResetPolicyLaws(bounds(route)) { scene in
      RetractAndPlace(
        route: route, baseFromTarget: scene.baseFromTarget, baseFromStart: scene.baseFromStart)
    }
  }

  @Test func `a tool that is out of the board goes straight to the start`() {
    var policy = reset(route())
    let here = Vector3(0, 0, -0.035)
    guard case .move(let goal, let gains) = policy.nextStep(from: state(at: here)) else {
      Issue.record("no move")
      return
    }
    #expect(gains == compliance)
    #expect((goal.translation - here).cross(start.translation - here).length < 1e-12)
    #expect((goal.translation - here).dot(start.translation - here) > 0)
  }

  @Test func `it does not go back to retracting once it is clear`() {
    var policy = reset(route())
    _ = policy.nextStep(from: state(at: Vector3(0, 0, -0.031)))
    guard case .move(let goal, _) = policy.nextStep(from: state(at: Vector3(0, 0, -0.029))) else {
      Issue.record("no move")
      return
    }
    #expect(goal.translation.x > 0)
  }

  @Test func `there and moving is not ready, there and at rest is`() {
    var policy = reset(route())
    for speed in [0.5, 0.0041] {
      guard case .move = policy.nextStep(from: state(at: start.translation, speed: speed)) else {
        Issue.record("ready at \(speed) m/s")
        return
      }
    }
    guard case .ready = policy.nextStep(from: state(at: start.translation, speed: 0.0039)) else {
      Issue.record("not ready at rest")
      return
    }
  }

  @Test(arguments: [1, 20]) func `a person is asked after exactly its patience`(patience: Int) {
    var policy = reset(route(patience: patience))
    for _ in 0..<patience {
      guard case .move = policy.nextStep(from: state(at: .zero)) else {
        Issue.record("no move")
        return
      }
    }
    guard case .askHuman(let reason) = policy.nextStep(from: state(at: .zero)) else {
      Issue.record("nobody is asked")
      return
    }
    #expect(reason.contains("\(patience) steps"))
  }
}
