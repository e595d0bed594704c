import Foundation
import Geometry
public import LearningSlots

/// A scripted insertion: approach, press, and while the part does not go in, search on a spiral.
///
/// It is a policy like any other: it sees the scaled observation and answers a scaled action.
public struct SpiralExpert: Policy {
  /// Where the numbers of an observation stand and what they are scaled by.
  public struct View: Sendable, Equatable {
    /// Index of the tool's x in the target frame; y, z and the rotation vector follow.
    public var pose: Int
    /// Divisor of the position [m].
    public var positionScale: Double
    /// Divisor of the rotation vector [rad].
    public var rotationScale: Double
    /// Translation of action 1 [m].
    public var actionTranslation: Double
    /// Rotation of action 1 [rad].
    public var actionRotation: Double

    /// A view of its parts.
    public init(
      pose: Int, positionScale: Double, rotationScale: Double, actionTranslation: Double,
      actionRotation: Double
    ) {
      self.pose = pose
      self.positionScale = positionScale
      self.rotationScale = rotationScale
      self.actionTranslation = actionTranslation
      self.actionRotation = actionRotation
    }
  }

  /// Steps of the search so far.
  public struct Carry: Sendable, Equatable {
    var searching = 0
  }

  private let view: View
  private let pinLength: Double
  private let noise: Double
  /// Share of the noise that is left near the board, where half a millimetre counts.
  private static let nearShare = 0.4

  /// An expert for pins of a length [m], whose actions are disturbed by normal noise of a standard
  /// deviation.
  ///
  /// A disturbed expert shows how to come back from where a learner will stray (DART: Laskey et al.
  /// 2017).
  public init(view: View, pinLength: Double, noise: Double = 0) {
    self.view = view
    self.pinLength = pinLength
    self.noise = noise
  }

  /// The carry of an expert that has not touched the board.
  public func start() -> Carry { Carry() }

  /// Goes on with approach, search or pressing, and draws the noise where there is any.
  public func act<R: RandomNumberGenerator>(
    _ carry: inout Carry, on observation: Span<Float>, into action: inout MutableSpan<Float>,
    using rng: inout R
  ) {
    let position = (0..<3).map { Double(observation[view.pose + $0]) * view.positionScale }
    let turn = (3..<6).map { Double(observation[view.pose + $0]) * view.rotationScale }
    let height = -position[2]
    let aside = hypot(position[0], position[1])
    let isAligned = aside < 0.0004 && abs(turn[2]) < 0.02
    var goal = (x: 0.0, y: 0.0)
    var push = 0.0
    if height > pinLength + 0.002 {
      // Above the board: descend while aligning, but stop short of it until aligned.
      push = isAligned ? 1e3 : height - (pinLength + 0.0015)
    } else if height > 0.0006 {
      carry.searching += isAligned || carry.searching > 0 ? 1 : 0
      push = carry.searching > 0 ? 0.0018 : height - (pinLength + 0.0015)
      goal = spiral(carry.searching)
    } else {
      push = 0.0014
      goal = (position[0], position[1])
    }
    let gain = carry.searching > 0 ? 2.5 : 1.5
    let move = Vector3(gain * (goal.x - position[0]), gain * (goal.y - position[1]), push)
    // The observed pose is seen from the target, an action from the tool.
    let targetFromTool = Rotation<Target, Tool>(rotationVector: Vector3(turn[0], turn[1], turn[2]))
    let moveInTool = targetFromTool.inverse(move)
    for axis in 0..<3 {
      set(&action, axis, moveInTool[axis] / view.actionTranslation)
      set(&action, 3 + axis, -1.2 * turn[axis] / view.actionRotation)
    }
    let isNear = height < pinLength + 0.003
    disturb(&action, by: isNear ? Self.nearShare * noise : noise, using: &rng)
  }

  /// An Archimedean spiral about the taught axis [m], one turn in twelve steps, 0.12 mm apart.
  private func spiral(_ step: Int) -> (x: Double, y: Double) {
    let turns = Double(max(0, step - 3)) / 12
    let radius = min(0.0008, 0.00012 * turns)
    return (radius * cos(2 * .pi * turns), radius * sin(2 * .pi * turns))
  }

  private func disturb<R: RandomNumberGenerator>(
    _ action: inout MutableSpan<Float>, by noise: Double, using rng: inout R
  ) {
    guard noise > 0 else { return }
    for index in action.indices {
      set(&action, index, Double(action[index]) + noise * normal(using: &rng))
    }
  }

  /// Standard normal by the Box-Muller transform.
  private func normal<R: RandomNumberGenerator>(using rng: inout R) -> Double {
    let radius = (-2 * log(Double.random(in: 0x1p-53..<1, using: &rng))).squareRoot()
    return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &rng))
  }

  private func set(_ action: inout MutableSpan<Float>, _ index: Int, _ value: Double) {
    action[index] = Float(min(1, max(-1, value)))
  }
}
