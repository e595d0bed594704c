import Geometry
import Messages
import Randomness

/// What one episode hides: decided by seed, episode number and kind alone.
struct HiddenDraw: BitwiseCopyable, Equatable {
  /// Rest pose of the part in the hand, relative to the nominal one.
  var grasp = Transform<Tool, Tool>.identity
  /// The board, relative to its nominal pose.
  var board = Transform<Board, Board>.identity
  /// Bias of the wrench estimate.
  var bias = Wrench<Tool>()

  /// Nothing hidden.
  init() {}

  /// The draw of an episode.
  init(_ ranges: HiddenRanges, seed: UInt64, _ start: EpisodeStart) {
    var stream =
      start.isEvaluation
      ? RandomStream(seed: seed, name: "world.hidden.evaluation", index: start.episode)
      : RandomStream(seed: seed, name: "world.hidden.training", index: start.episode)
    let across = Self.box(Vector3(1, 1, 0) * ranges.graspOffset, &stream)
    let turn = Self.box(Vector3(1, 1, 1) * ranges.graspRotation, &stream)
    grasp = Transform(rotation: Rotation(rotationVector: turn), translation: across)
    let shift = Self.box(Vector3(1, 1, 0) * ranges.boardOffset, &stream)
    let yaw = Self.box(Vector3(0, 0, 1) * ranges.boardYaw, &stream)
    board = Transform(rotation: Rotation(rotationVector: yaw), translation: shift)
    bias.force = Self.direction(&stream) * (stream.uniform() * ranges.wrenchBias)
    bias.torque = Self.direction(&stream) * (stream.uniform() * ranges.torqueBias)
  }

  private static func box(_ half: Vector3, _ stream: inout RandomStream) -> Vector3 {
    let x = stream.uniform(eitherSide: half.x)
    let y = stream.uniform(eitherSide: half.y)
    let z = stream.uniform(eitherSide: half.z)
    return Vector3(x, y, z)
  }

  private static func direction(_ stream: inout RandomStream) -> Vector3 {
    let v = Vector3.normal(&stream)
    return v / max(v.length, .leastNormalMagnitude)
  }
}

extension SIMD3<Double> {
  /// Three independent standard normal numbers.
  static func normal(_ stream: inout RandomStream) -> Self {
    let x = stream.normal()
    let y = stream.normal()
    let z = stream.normal()
    return Self(x, y, z)
  }
}
