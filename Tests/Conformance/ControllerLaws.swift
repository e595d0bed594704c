public import ControlSlots
import Geometry
public import Messages
import Randomness
import Testing

/// The laws of every control law that follows a `Messages.Setpoint`, over random arms.
///
/// `make` gives a fresh law that has not started.
public func expectControllerLaws<Law: Controller & ~Copyable>(
  seed: UInt64 = 1, cases: Int = 200, _ make: () -> Law
) where Law.Setpoint == Setpoint {
  for index in 0..<cases {
    var draws = RandomStream(seed: seed, name: "controller laws", index: UInt64(index))
    expectRest(&draws, make())
    expectDissipation(&draws, make())
    expectBound(&draws, make())
    expectSaturation(&draws, make())
    expectFinite(&draws, make())
    expectDeterminism(&draws, make(), make())
    expectMemory(&draws, make(), make())
  }
}

/// A law that is given another's memory goes on as the other does; a list that is none is refused.
private func expectMemory<Law: Controller & ~Copyable>(
  _ draws: inout RandomStream, _ first: consuming Law, _ second: consuming Law
) where Law.Setpoint == Setpoint {
  var law = first
  var other = second
  law.start(at: draws.armState())
  other.start(at: draws.armState())
  let isRestored = other.restore(law.memory)
  #expect(isRestored)
  #expect(other.memory == law.memory)
  for _ in 0..<3 {
    let state = draws.armState()
    let target = setpoint(at: draws.pose(), draws.compliance())
    let (a, b) = (law.torque(for: state, toward: target), other.torque(for: state, toward: target))
    #expect(a == b)
  }
  let before = other.memory
  let isRefused = !other.restore(law.memory + [1])
  #expect(isRefused)
  #expect(other.memory == before)
}

/// At rest on the setpoint, in the posture of the start: coriolis and nothing else.
private func expectRest<Law: Controller & ~Copyable>(
  _ draws: inout RandomStream, _ made: consuming Law
) where Law.Setpoint == Setpoint {
  var law = made
  var state = draws.armState()
  state.velocity = JointVector()
  law.start(at: state)
  let here = setpoint(at: state.baseFromTool, draws.compliance())
  let rest = law.torque(for: state, toward: here) - state.coriolis
  #expect(rest.dot(rest).squareRoot() < 1e-9)
}

/// About a fixed setpoint, what a velocity adds to the torque takes power out of the arm.
private func expectDissipation<Law: Controller & ~Copyable>(
  _ draws: inout RandomStream, _ made: consuming Law
) where Law.Setpoint == Setpoint {
  var law = made
  law.start(at: draws.armState())
  let moving = draws.armState()
  var still = moving
  still.velocity = JointVector()
  still.toolTwist = Twist()
  let target = setpoint(at: draws.pose(), draws.compliance())
  let atRest = law.torque(for: still, toward: target)
  let damping = law.torque(for: moving, toward: target) - atRest
  #expect(damping.dot(moving.velocity) <= 1e-9)
}

/// Without posture and coriolis the tool's force is within K·clip + D·|v| per axis.
///
/// By duality: |τ·δq| ≤ Σ (Kᵢ·clipᵢ + Dᵢ·|vᵢ|)·|(J·δq)ᵢ| for every δq.
private func expectBound<Law: Controller & ~Copyable>(
  _ draws: inout RandomStream, _ made: consuming Law
) where Law.Setpoint == Setpoint {
  var law = made
  var state = draws.armState()
  state.coriolis = JointVector()
  law.start(at: state)
  var gains = draws.compliance()
  gains.nullspaceStiffness = 0
  let torque = law.torque(for: state, toward: setpoint(at: draws.pose(), gains))
  let velocity = components(state.jacobian.twist(of: state.velocity))
  for _ in 0..<5 {
    let virtual = draws.joints(within: 1)
    let motion = components(state.jacobian.twist(of: virtual))
    var bound = 1e-9
    for axis in 0..<6 {
      let clip = max(clips(gains, axis, 1), clips(gains, axis, -1))
      let limit = stiffness(gains, axis) * clip + damping(gains, axis) * abs(velocity[axis])
      bound += limit * abs(motion[axis])
    }
    #expect(abs(torque.dot(virtual)) <= bound)
  }
}

/// Far from the setpoint and at rest, the tool's force is K·clip of the error's side on each axis.
private func expectSaturation<Law: Controller & ~Copyable>(
  _ draws: inout RandomStream, _ made: consuming Law
) where Law.Setpoint == Setpoint {
  var law = made
  var state = draws.armState()
  state.coriolis = JointVector()
  state.velocity = JointVector()
  law.start(at: state)
  var gains = draws.compliance()
  gains.nullspaceStiffness = 0
  let offset = draws.vector(within: 1)
  let turn = draws.vector(within: 1)
  let sides = (0..<6).map { (axis: Int) -> Double in
    (axis < 3 ? offset[axis] : turn[axis - 3]) < 0 ? -1 : 1
  }
  // Beyond every clip on each axis, and below π altogether.
  let away = Vector3(sides[0], sides[1], sides[2]) * 0.05 + offset
  let rotated = Vector3(sides[3], sides[4], sides[5]) * 0.25 + turn
  let target = Transform<Base, Tool>(
    rotation: Rotation<Base, Base>(rotationVector: rotated) * state.baseFromTool.rotation,
    translation: state.baseFromTool.translation + away)
  let torque = law.torque(for: state, toward: setpoint(at: target, gains))
  let virtual = draws.joints(within: 1)
  let motion = components(state.jacobian.twist(of: virtual))
  let work = (0..<6).reduce(0.0) { sum, axis in
    sum + sides[axis] * stiffness(gains, axis) * clips(gains, axis, sides[axis]) * motion[axis]
  }
  #expect(abs(torque.dot(virtual) - work) < 1e-9)
}

/// No finite state or setpoint gives a torque that is not finite, however large its numbers.
private func expectFinite<Law: Controller & ~Copyable>(
  _ draws: inout RandomStream, _ made: consuming Law
) where Law.Setpoint == Setpoint {
  var law = made
  let extremes = [0, 1e-300, 1e-8, 1, 1e8, 1e150, 1e300, Double.greatestFiniteMagnitude]
  func factor() -> Double { extremes[draws.index(below: extremes.count)] }
  var state = draws.armState()
  law.start(at: state)
  state.position = factor() * draws.joints(within: 1)
  state.velocity = factor() * draws.joints(within: 1)
  state.coriolis = factor() * draws.joints(within: 1)
  for i in 0..<42 { state.jacobian.values[i] = factor() * draws.uniform(eitherSide: 1) }
  state.baseFromTool.translation = factor() * draws.vector(within: 1)
  var gains = draws.compliance()
  gains.translationalStiffness *= factor() / 3000
  gains.rotationalDamping *= factor() / 15
  gains.nullspaceStiffness *= factor() / 20
  gains.clipToward *= factor()
  gains.clipRotation *= factor()
  var target = setpoint(at: draws.pose(), gains)
  target.baseFromTool.translation *= factor()
  #expect(law.torque(for: state, toward: target).isFinite)
  // Half a turn away in any axis, exactly and nearly.
  for angle in [Double.pi, .pi.nextDown, .pi.nextUp, .pi - 1e-9] {
    let axis = draws.vector(within: 1)
    let half = Rotation<Base, Base>(rotationVector: axis / axis.length * angle)
    target.baseFromTool.rotation = half * state.baseFromTool.rotation
    #expect(law.torque(for: state, toward: target).isFinite)
  }
}

/// Equal histories give equal torques, bit by bit.
private func expectDeterminism<Law: Controller & ~Copyable>(
  _ draws: inout RandomStream, _ first: consuming Law, _ second: consuming Law
) where Law.Setpoint == Setpoint {
  var one = first
  var other = second
  let start = draws.armState()
  one.start(at: start)
  other.start(at: start)
  for _ in 0..<5 {
    let (state, target) = (draws.armState(), setpoint(at: draws.pose(), draws.compliance()))
    #expect(one.torque(for: state, toward: target) == other.torque(for: state, toward: target))
  }
}

private func setpoint(at pose: Transform<Base, Tool>, _ compliance: Compliance) -> Setpoint {
  Setpoint(sequence: 1, effectTick: 0, baseFromTool: pose, compliance: compliance)
}

private func components(_ twist: Twist<Base>) -> [Double] {
  [twist.linear.x, twist.linear.y, twist.linear.z]
    + [twist.angular.x, twist.angular.y, twist.angular.z]
}

private func stiffness(_ gains: Compliance, _ axis: Int) -> Double {
  axis < 3 ? gains.translationalStiffness : gains.rotationalStiffness
}

private func damping(_ gains: Compliance, _ axis: Int) -> Double {
  axis < 3 ? gains.translationalDamping : gains.rotationalDamping
}

private func clips(_ gains: Compliance, _ axis: Int, _ side: Double) -> Double {
  axis >= 3
    ? gains.clipRotation[axis - 3]
    : side > 0 ? gains.clipToward[axis] : gains.clipAgainst[axis]
}
