import Geometry
import Messages
import OffPolicy
import Recipes
import Safety

/// Turns an arm's state into the numbers a policy sees, and a policy's numbers into a setpoint.
///
/// The 19 numbers, in SERL's alphabetical order: gripper opening (1, always closed here), force (3),
/// tool pose seen from the taught target as position and rotation vector (6), torque (3), linear
/// and angular velocity (6). Force, torque and velocity are expressed in the tool. Each is divided
/// by the scale that the task declares.
struct ObservationLayout {
  static let size = 19
  static let actionSize = 6
  /// A name for each number of an observation.
  static let names =
    ["gripper"]
    + ["force", "position", "rotation", "torque", "velocity", "angularVelocity"]
    .flatMap { name in ["x", "y", "z"].map { "\(name).\($0)" } }
  /// A name for each number of an action.
  static let actionNames = ["translation", "rotation"]
    .flatMap { name in ["x", "y", "z"].map { "\(name).\($0)" } }
  /// Index of the pose's first number.
  static let pose = 4

  private let baseFromTarget: Transform<Base, Target>
  private let scale: TaskRecipe.Observation.Scale
  private let action: TaskRecipe.Action
  private let fence: Fence

  init(task: TaskRecipe, baseFromTarget: Transform<Base, Target>) throws {
    self.baseFromTarget = baseFromTarget
    scale = task.observation.scale
    action = task.action
    fence = try Fence(task, baseFromTarget: baseFromTarget)
  }

  /// For each number the width of its magnified copy, in scaled units; 0 for none.
  static func fineWidths(_ recipe: TaskRecipe.Observation) -> [Float] {
    var widths = [Float](repeating: 0, count: size)
    for axis in poseAxes(recipe) { widths[axis.observation] = axis.width }
    return widths
  }

  /// How critics see where an action leads: beside the target its axes are almost the tool's.
  static func setpoints(_ task: TaskRecipe) -> SetpointInputs {
    let action = task.action
    let axes = poseAxes(task.observation)
    return SetpointInputs(
      axes.enumerated().map { index, axis in
        let reach = index < 3 ? action.translation : action.rotation
        return SetpointInputs.Axis(
          observation: axis.observation, reach: Float(reach / axis.unit), width: axis.width)
      })
  }

  /// The pose's numbers: where each stands, its unit, and the width of its magnified copy in that
  /// unit.
  private static func poseAxes(
    _ recipe: TaskRecipe.Observation
  ) -> [(observation: Int, unit: Double, width: Float)] {
    (0..<6).map { index in
      let unit = index < 3 ? recipe.scale.position : recipe.scale.rotation
      let width = index < 3 ? recipe.fine.position : recipe.fine.rotation
      return (pose + index, unit, Float(width / unit))
    }
  }

  /// The scaled observation of a state.
  func observation(of state: ArmState) -> [Float] {
    let targetFromTool = baseFromTarget.inverse * state.baseFromTool
    let toolFromBase = state.baseFromTool.rotation.inverse
    let twist = toolFromBase(state.toolTwist)
    var numbers: [Float] = [0]
    numbers.reserveCapacity(Self.size)
    func append(_ vector: Vector3, _ unit: Double) {
      for axis in 0..<3 { numbers.append(Float(vector[axis] / unit)) }
    }
    append(state.toolWrench.force, scale.force)
    append(targetFromTool.translation, scale.position)
    append(targetFromTool.rotation.rotationVector, scale.rotation)
    append(state.toolWrench.torque, scale.torque)
    append(twist.linear, scale.velocity)
    append(twist.angular, scale.angularVelocity)
    return numbers
  }

  /// The equilibrium pose of an action taken on a state, inside the fence, and the action that would
  /// have asked for just that: p + R·(sₜ·a), exp(R·(sᵣ·a))·R, with the measured pose (p, R).
  func equilibrium(
    of numbers: [Float], on state: ArmState
  ) -> (baseFromTool: Transform<Base, Tool>, executed: [Float]) {
    let pose = state.baseFromTool
    let move = Vector3(Double(numbers[0]), Double(numbers[1]), Double(numbers[2]))
    let turn = Vector3(Double(numbers[3]), Double(numbers[4]), Double(numbers[5]))
    let toolFromAsked = Transform<Tool, Tool>(
      rotation: Rotation(rotationVector: action.rotation * turn),
      translation: action.translation * move)
    let asked = pose * toolFromAsked
    let fenced = fence.nearest(to: asked)
    guard fenced != asked else { return (asked, numbers) }
    return (fenced, self.numbers(toward: fenced, on: state))
  }

  /// The action that asks for a pose, or for the nearest that an action can: each number in -1…1.
  func numbers(toward baseFromTool: Transform<Base, Tool>, on state: ArmState) -> [Float] {
    let change = state.baseFromTool.inverse * baseFromTool
    let linear = change.translation / action.translation
    let angular = change.rotation.rotationVector / action.rotation
    let numbers = [linear.x, linear.y, linear.z, angular.x, angular.y, angular.z]
    return numbers.map { Float(min(1, max(-1, $0))) }
  }
}
