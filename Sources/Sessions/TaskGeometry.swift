import Geometry
import Recipes
import SimulatedWorld

/// The poses of a task, worked out once from its recipe and the robot's.
struct TaskGeometry {
  /// The taught pose: the part seated and pressed with the taught force.
  let baseFromTarget: Transform<Base, Target>
  private let recipe: TaskRecipe

  init(_ session: SessionRecipe) {
    recipe = session.task
    baseFromTarget = WorldConfiguration(session).baseFromTarget
  }

  /// A start pose above the target, for draws in -1…1 of x, y and yaw.
  func start(x: Double, y: Double, yaw: Double) -> Transform<Base, Tool> {
    let offset = Vector3(
      x * recipe.reset.spread.x, y * recipe.reset.spread.y, -recipe.reset.height)
    let turn = Rotation<Target, Tool>(rotationVector: Vector3(0, 0, yaw * recipe.reset.yaw))
    return baseFromTarget * Transform(rotation: turn, translation: offset)
  }
}
