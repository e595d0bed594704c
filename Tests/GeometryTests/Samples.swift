import Geometry

/// Seeds of the property tests.
let seeds: [UInt64] = [1, 2, 3]

extension RandomNumberGenerator {
  mutating func number(within half: Double) -> Double {
    Double.random(in: -half...half, using: &self)
  }

  mutating func vector(within half: Double) -> Vector3 {
    Vector3(number(within: half), number(within: half), number(within: half))
  }

  mutating func joints(within half: Double) -> JointVector {
    var result = JointVector()
    for i in 0..<JointVector.count { result[i] = number(within: half) }
    return result
  }

  /// Uniform over all rotations (Marsaglia's rejection in the unit ball of quaternions).
  mutating func rotation<To: Frame, From: Frame>() -> Rotation<To, From> {
    while true {
      let (w, v) = (number(within: 1), vector(within: 1))
      let square = w * w + v.dot(v)
      if square > 0.01, square < 1 { return Rotation(w: w, x: v.x, y: v.y, z: v.z) }
    }
  }

  mutating func transform<To: Frame, From: Frame>() -> Transform<To, From> {
    Transform(rotation: rotation(), translation: vector(within: 2))
  }

  mutating func jacobian() -> Jacobian {
    var result = Jacobian()
    for row in 0..<6 { for joint in 0..<7 { result[row, joint] = number(within: 1) } }
    return result
  }
}

/// SplitMix64, so that this suite leans on no other room.
struct Draws: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Angle of the turn between two rotations [rad].
func gap<A: Frame, B: Frame>(_ a: Rotation<A, B>, _ b: Rotation<A, B>) -> Double {
  (a * b.inverse).rotationVector.length
}

/// The larger of the angle [rad] and the distance [m] between two poses.
func gap<A: Frame, B: Frame>(_ a: Transform<A, B>, _ b: Transform<A, B>) -> Double {
  max(gap(a.rotation, b.rotation), (a.translation - b.translation).length)
}
