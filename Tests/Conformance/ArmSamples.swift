public import Geometry
public import Messages
public import Randomness

extension RandomStream {
  /// A vector, each component uniform either side.
  public mutating func vector(within half: Double) -> Vector3 {
    Vector3(uniform(eitherSide: half), uniform(eitherSide: half), uniform(eitherSide: half))
  }

  /// Seven values, each uniform either side.
  public mutating func joints(within half: Double) -> JointVector {
    var result = JointVector()
    for i in 0..<JointVector.count { result[i] = uniform(eitherSide: half) }
    return result
  }

  /// A rotation uniform over all orientations: a normalised normal quaternion.
  public mutating func rotation<To: Frame, From: Frame>() -> Rotation<To, From> {
    Rotation(w: normal(), x: normal(), y: normal(), z: normal())
  }

  /// A pose with its origin within 1 m of the other's along each axis.
  public mutating func pose<To: Frame, From: Frame>() -> Transform<To, From> {
    Transform(rotation: rotation(), translation: vector(within: 1))
  }

  /// A Jacobian with entries as large as an arm's of 1 m reach.
  public mutating func jacobian() -> Jacobian {
    var result = Jacobian()
    for i in 0..<42 { result.values[i] = uniform(eitherSide: 1) }
    return result
  }

  /// An arm anywhere, moving as fast as arms move.
  public mutating func armState() -> ArmState {
    var state = ArmState()
    state.position = joints(within: 2.5)
    state.velocity = joints(within: 2)
    state.coriolis = joints(within: 3)
    state.jacobian = jacobian()
    state.baseFromTool = pose()
    state.toolTwist = state.jacobian.twist(of: state.velocity)
    return state
  }

  /// Gains and clips from soft to the stiffest in use.
  public mutating func compliance() -> Compliance {
    Compliance(
      translationalStiffness: 3000 * uniform(), translationalDamping: 200 * uniform(),
      rotationalStiffness: 200 * uniform(), rotationalDamping: 15 * uniform(),
      clipToward: 0.02 * positive(), clipAgainst: 0.02 * positive(), clipRotation: 0.2 * positive(),
      nullspaceStiffness: 20 * uniform())
  }

  private mutating func positive() -> Vector3 { Vector3(uniform(), uniform(), uniform()) }
}
