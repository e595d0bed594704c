public import Geometry
public import LearningSlots
public import Messages

/// When a part counts as seated, by what an arm can know.
public struct SeatedRule: Sendable, Equatable {
  /// The taught target pose.
  public var baseFromTarget: Transform<Base, Target>
  /// Largest distance from the taught depth, either side [m].
  public var depth: Double
  /// Largest distance from the taught axis [m].
  public var sideways: Double
  /// Least force by which the world pushes back along the insertion axis [N].
  public var pressing: Double
  /// A tool slower than this is still [m/s].
  public var speed: Double
  /// Judged steps in a row for which all of it must hold.
  public var steps: Int

  /// A rule of its parts.
  public init(
    baseFromTarget: Transform<Base, Target>, depth: Double, sideways: Double, pressing: Double,
    speed: Double, steps: Int
  ) {
    self.baseFromTarget = baseFromTarget
    self.depth = depth
    self.sideways = sideways
    self.pressing = pressing
    self.speed = speed
    self.steps = steps
  }

  /// Whether one state, looked at alone, satisfies every bound.
  public func isMet(by state: ArmState) -> Bool {
    let offset = (baseFromTarget.inverse * state.baseFromTool).translation
    let aside = (offset.x * offset.x + offset.y * offset.y).squareRoot()
    return abs(offset.z) <= depth && aside <= sideways
      && -state.toolWrench.force.z >= pressing
      && state.toolTwist.linear.length <= speed
  }
}

/// Sparse reward: 1, and the end of the episode, once the rule has held for its number of steps in a
/// row; else 0.
public struct SeatedReward: RewardSource {
  private let rule: SeatedRule
  private var stepsInARow = 0

  /// A reward under a rule.
  public init(_ rule: SeatedRule) { self.rule = rule }

  /// Counts from zero.
  public mutating func start() { stepsInARow = 0 }

  /// Counts steps that satisfy the rule; pays once there are enough in a row.
  public mutating func judge(_ state: ArmState) -> Judgement {
    stepsInARow = rule.isMet(by: state) ? stepsInARow + 1 : 0
    return stepsInARow >= rule.steps
      ? Judgement(reward: 1, ending: .terminal) : Judgement(reward: 0)
  }
}
