public import ControlSlots
import Geometry
import Messages
import Testing

/// What every arm driver must do; each driver's tests call this with a fresh driver.
///
/// The driver must be at rest and out of contact, and may be told to hold with zero torque.
public func expectArmDriverLaws<Driver: ArmDriver & ~Copyable>(
  _ make: () throws -> Driver
) throws {
  try expectReadingIsRepeatable(make())
  try expectTicksCount(make())
  try expectRefusals(make())
  try expectConsistentState(make())
}

private func answer(_ state: ArmState) -> JointTorque {
  var command = JointTorque()
  command.tick = state.tick
  return command
}

private func expectReadingIsRepeatable<Driver: ArmDriver & ~Copyable>(
  _ made: consuming Driver
) throws {
  var driver = made
  for _ in 0..<20 {
    let state = try driver.read()
    #expect(try driver.read() == state, "a second read of one tick differs")
    try driver.write(answer(state))
  }
}

private func expectTicksCount<Driver: ArmDriver & ~Copyable>(_ made: consuming Driver) throws {
  var driver = made
  var last = try driver.read()
  #expect(last.tick == 0)
  #expect(last.time == 0)
  for _ in 0..<50 {
    try driver.write(answer(last))
    let next = try driver.read()
    #expect(next.tick == last.tick + 1)
    #expect(next.time > last.time)
    last = next
  }
}

private func expectRefusals<Driver: ArmDriver & ~Copyable>(_ made: consuming Driver) throws {
  var driver = made
  let state = try driver.read()
  for wrong in [state.tick + 1, state.tick - 1] {
    var command = answer(state)
    command.tick = wrong
    #expect(refusal(of: &driver, command) == .wrongTick(expected: state.tick, received: wrong))
  }
  for joint in 0..<JointVector.count {
    for value in [Double.nan, .infinity, -.infinity] {
      var command = answer(state)
      command.torque[joint] = value
      #expect(refusal(of: &driver, command) == .notFinite(joint: joint))
    }
  }
  #expect(try driver.read() == state, "a refused command must change nothing")
  #expect(refusal(of: &driver, answer(state)) == nil)
}

private func refusal<Driver: ArmDriver & ~Copyable>(
  of driver: inout Driver, _ command: JointTorque
) -> ArmFault? {
  do {
    try driver.write(command)
    return nil
  } catch {
    return error
  }
}

/// The reported twist is J·q̇, and the reported torque is the one that was commanded.
private func expectConsistentState<Driver: ArmDriver & ~Copyable>(
  _ made: consuming Driver
) throws {
  var driver = made
  for tick in 0..<50 {
    var command = answer(try driver.read())
    command.torque = JointVector { Double(($0 + tick) % 3 - 1) * 0.5 }
    try driver.write(command)
    let state = try driver.read()
    for joint in 0..<JointVector.count {
      #expect(abs(state.torque[joint] - command.torque[joint]) < 1e-9)
    }
    let twist = state.jacobian.twist(of: state.velocity)
    #expect((twist.linear - state.toolTwist.linear).length < 1e-3)
    #expect((twist.angular - state.toolTwist.angular).length < 1e-2)
  }
}
