import Conformance
import Experts
import Geometry
import LearningSlots
import Randomness
import Testing

private let view = SpiralExpert.View(
  pose: 4, positionScale: 0.01, rotationScale: 0.1, actionTranslation: 0.006, actionRotation: 0.04)
private let pins = 0.003
private let expert = SpiralExpert(view: view, pinLength: pins)

/// The expert's next action at a tool pose, without a world.
private func action(
  at pose: Transform<Target, Tool>, _ carry: inout SpiralExpert.Carry
) -> [Float] {
  var observation = [Float](repeating: 0, count: 19)
  let turn = pose.rotation.rotationVector
  for axis in 0..<3 {
    observation[view.pose + axis] = Float(pose.translation[axis] / view.positionScale)
    observation[view.pose + 3 + axis] = Float(turn[axis] / view.rotationScale)
  }
  var result = [Float](repeating: .nan, count: 6)
  var room = result.mutableSpan
  var stream = RandomStream(seed: 1, name: "expert")
  expert.act(&carry, on: observation.span, into: &room, using: &stream)
  return result
}

/// Where an action leads a soft arm that nothing hinders: four tenths of the way in a step.
private func moved(_ pose: Transform<Target, Tool>, by action: [Float]) -> Transform<Target, Tool> {
  func vector(_ first: Int, _ scale: Double) -> Vector3 {
    scale * Vector3(Double(action[first]), Double(action[first + 1]), Double(action[first + 2]))
  }
  let step = Transform<Tool, Tool>(
    rotation: Rotation(rotationVector: vector(3, 0.4 * view.actionRotation)),
    translation: vector(0, 0.4 * view.actionTranslation))
  return pose * step
}

/// A start pose as the task draws it: 4 cm above, 5 cm aside, 0.35 rad turned.
private func startPose(_ stream: inout RandomStream) -> Transform<Target, Tool> {
  let aside = Vector3(stream.uniform(eitherSide: 0.05), stream.uniform(eitherSide: 0.05), -0.04)
  let turn = Vector3(0, 0, stream.uniform(eitherSide: 0.35))
  return Transform(rotation: Rotation(rotationVector: turn), translation: aside)
}

private func aside(_ pose: Transform<Target, Tool>) -> Double {
  (pose.translation * Vector3(1, 1, 0)).length
}

@Suite struct SpiralExpertTests {
  @Test func `it keeps the laws of a policy`() {
    expectPolicyLaws(PolicySizes(observation: 19, action: 6)) { expert }
  }

  @Test func `noise has the asked deviation, less of it near the board, and stays in bounds`() {
    var stream = RandomStream(seed: 5, name: "noise")
    for (height, share) in [(0.04, 1.0), (pins + 0.0031, 1), (pins + 0.0029, 0.4), (0, 0.4)] {
      var observation = [Float](repeating: 0, count: 19)
      observation[view.pose + 2] = Float(-height / view.positionScale)
      var sum = 0.0
      let rounds = 4000
      for _ in 0..<rounds {
        var action: [Float] = [0, 0, 0, 0, 0, 1]
        expert.disturb(&action, on: observation.span, by: 0.1, using: &stream)
        #expect(action.allSatisfy { abs($0) <= 1 })
        for axis in 0..<5 { sum += Double(action[axis] * action[axis]) }
      }
      let deviation = (sum / Double(5 * rounds)).squareRoot()
      // Four standard errors of a deviation from 20,000 draws.
      #expect(abs(deviation - 0.1 * share) < 0.02 * 0.1 * share, "\(deviation) at \(height) m")
    }
    var untouched: [Float] = [0.3, -0.7]
    expert.disturb(&untouched, on: [Float](repeating: 0, count: 19).span, by: 0, using: &stream)
    #expect(untouched == [0.3, -0.7])
  }

  @Test func `it reaches the target in free space from any start`() {
    var stream = RandomStream(seed: 1, name: "starts")
    for _ in 0..<200 {
      var pose = startPose(&stream)
      var carry = expert.start()
      for _ in 0..<100 { pose = moved(pose, by: action(at: pose, &carry)) }
      #expect(aside(pose) < 0.001 && abs(pose.rotation.rotationVector.z) < 0.02)
      #expect(pose.translation.z > -0.0006, "stopped \(-pose.translation.z) m above the target")
    }
  }

  @Test func `it does not touch the board before it stands over the holes`() {
    var stream = RandomStream(seed: 2, name: "starts")
    for _ in 0..<200 {
      var pose = startPose(&stream)
      var carry = expert.start()
      for _ in 0..<100 {
        let next = moved(pose, by: action(at: pose, &carry))
        if next.translation.z > -pins {
          #expect(aside(pose) < 0.001, "down at \(aside(pose)) m aside")
          #expect(abs(pose.rotation.rotationVector.z) < 0.03)
        }
        pose = next
      }
    }
  }

  @Test func `on the board it searches about the axis, farther and farther, and presses`() {
    var carry = expert.start()
    let standing = Transform<Target, Tool>(
      rotation: .identity, translation: Vector3(0, 0, -pins))
    var reached: [Double] = []
    var quadrants: Set<[Bool]> = []
    for _ in 0..<100 {
      let action = action(at: standing, &carry)
      #expect(action[2] > 0, "it does not press")
      reached.append(Double(action[0] * action[0] + action[1] * action[1]).squareRoot())
      quadrants.insert([action[0] > 0, action[1] > 0])
    }
    #expect(quadrants.count == 4, "it searches on one side only")
    #expect(zip(reached, reached.dropFirst()).allSatisfy { $0 <= $1 + 1e-6 })
    let widest = 5 * 0.0008 / view.actionTranslation
    #expect(abs((reached.last ?? 0) - widest) < 1e-3, "the spiral ends at \(reached.last ?? 0)")
  }

  @Test func `seated it presses and goes nowhere else`() {
    var stream = RandomStream(seed: 3, name: "seated")
    for _ in 0..<100 {
      let offset = Vector3(
        stream.uniform(eitherSide: 0.0005), stream.uniform(eitherSide: 0.0005),
        stream.uniform(eitherSide: 0.0005))
      var carry = expert.start()
      let action = action(at: Transform(rotation: .identity, translation: offset), &carry)
      #expect(abs(action[0]) < 1e-6 && abs(action[1]) < 1e-6 && action[2] > 0)
    }
  }
}
