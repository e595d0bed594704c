import Foundation
import Geometry
public import LearningSlots
public import Randomness

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
  /// Share of the noise that is left near the board, where half a millimetre counts.
  private static let nearShare = 0.4

  // Chosen by the mean cycle time of 120 episodes without noise, under seeds of their own.

  /// So far from the taught axis the pins may go in [m], and so far turned [rad].
  private static let (aligned, alignedTurn) = (0.0005, 0.03)
  /// Above the board until aligned [m], so low that it lands beside the holes and slides, and the
  /// gain of getting there.
  private static let (hovering, hoveringGain) = (0.0003, 1.2)
  /// Below this height above the board the pins touch it [m].
  private static let touchingHeight = 0.0003
  /// So deep the pins have found their holes [m].
  private static let entered = 0.0002
  /// Below this height the housing is about to touch [m].
  private static let seated = 0.0006
  /// Setpoints beyond the place, along the insertion [m].
  private static let (searchPush, sinkingPush, seatedPush, farAway) = (0.0012, 0.0022, 0.0014, 1.0)
  /// Setpoint over error: sideways in the air, sideways against friction, and turning.
  private static let (approachGain, searchGain, turningGain) = (1.5, 5.0, 1.2)
  /// The spiral's radius at its start, its growth with each turn, its end [m].
  private static let (narrowest, widening, widest) = (0.00028, 0.0001, 0.0008)
  private static let stepsPerTurn = 9.0

  /// An expert for pins of a length [m].
  public init(view: View, pinLength: Double) {
    self.view = view
    self.pinLength = pinLength
  }

  /// The carry of an expert that has not touched the board.
  public func start() -> Carry { Carry() }

  /// Goes on with approach, search or pressing; draws nothing.
  public func act<R: RandomNumberGenerator>(
    _ carry: inout Carry, on observation: Span<Float>, into action: inout MutableSpan<Float>,
    using rng: inout R
  ) {
    func vector(_ first: Int, _ scale: Double) -> Vector3 {
      let (x, y, z) = (observation[first], observation[first + 1], observation[first + 2])
      return scale * Vector3(Double(x), Double(y), Double(z))
    }
    let position = vector(view.pose, view.positionScale)
    let turn = vector(view.pose + 3, view.rotationScale)
    // The observed pose is seen from the target, an action from the tool.
    let targetFromTool = Rotation<Target, Tool>(rotationVector: turn)
    let step = targetFromTool.inverse(move(&carry, from: position, turn: turn))
    for axis in 0..<3 {
      set(&action, axis, step[axis] / view.actionTranslation)
      set(&action, 3 + axis, -Self.turningGain * turn[axis] / view.actionRotation)
    }
  }

  /// Where to go from a place, in the target frame [m]; the insertion is along z.
  ///
  /// A setpoint beyond the place pushes with the controller's stiffness: 1 mm with 3 N.
  private func move(_ carry: inout Carry, from position: Vector3, turn: Vector3) -> Vector3 {
    let height = -position.z
    let aside = Vector3(position.x, position.y, 0)
    if carry.searching == 0, height > pinLength + Self.touchingHeight {
      let isAligned = aside.length < Self.aligned && abs(turn.z) < Self.alignedTurn
      let down =
        isAligned ? Self.farAway : Self.hoveringGain * (height - pinLength - Self.hovering)
      return -Self.approachGain * aside + Vector3(0, 0, down)
    }
    if height > pinLength - Self.entered {
      carry.searching += 1
      return Self.searchGain * (spiral(carry.searching) - aside) + Vector3(0, 0, Self.searchPush)
    }
    return Vector3(0, 0, height > Self.seated ? Self.sinkingPush : Self.seatedPush)
  }

  /// An Archimedean spiral about the taught axis [m]; its first turn covers what a grasp may be off.
  private func spiral(_ step: Int) -> Vector3 {
    let turns = Double(step) / Self.stepsPerTurn
    let radius = min(Self.widest, Self.narrowest + Self.widening * turns)
    return radius * Vector3(cos(2 * .pi * turns), sin(2 * .pi * turns), 0)
  }

  /// Adds normal noise of a standard deviation to an action, and less of it near the board.
  ///
  /// A disturbed expert shows how to come back from where a learner will stray (DART: Laskey et al.
  /// 2017).
  public func disturb(
    _ action: inout [Float], on observation: Span<Float>, by deviation: Double,
    using stream: inout RandomStream
  ) {
    guard deviation > 0 else { return }
    let height = -Double(observation[view.pose + 2]) * view.positionScale
    let share = height < pinLength + 0.003 ? Self.nearShare : 1
    for index in action.indices {
      let value = Double(action[index]) + share * deviation * stream.normal()
      action[index] = Float(min(1, max(-1, value)))
    }
  }

  private func set(_ action: inout MutableSpan<Float>, _ index: Int, _ value: Double) {
    action[index] = Float(min(1, max(-1, value)))
  }
}
