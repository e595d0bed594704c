import Conformance
import Geometry
import Messages
import Randomness
import Safety
import Testing

@Suite struct SafetyLimitsTests {
  static let seeds: [UInt64] = [1, 2, 3]

  @Test(arguments: seeds) func `tightest is a meet: idempotent, commutative, associative`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "lattice")
    for _ in 0..<200 {
      let (a, b, c) = (try limits(&draws), try limits(&draws), try limits(&draws))
      #expect(try SafetyLimits.tightest(a, a) == a)
      #expect(try SafetyLimits.tightest(a, b) == SafetyLimits.tightest(b, a))
      #expect(
        try SafetyLimits.tightest(a, .tightest(b, c))
          == SafetyLimits.tightest(.tightest(a, b), c))
    }
  }

  @Test(arguments: seeds) func `the tightest of two is as tight as each in every number`(
    seed: UInt64
  ) throws {
    var draws = RandomStream(seed: seed, name: "order")
    for _ in 0..<200 {
      let (a, b) = (try limits(&draws), try limits(&draws))
      let both = try SafetyLimits.tightest(a, b)
      for (value, (one, other)) in zip(numbers(both), zip(numbers(a), numbers(b))) {
        #expect(value == min(one, other))
      }
    }
  }

  @Test func `ranges that do not overlap are refused`() throws {
    let low = try Panda.limits(upper: Panda.lower.map { $0 + 0.1 })
    let high = try Panda.limits(lower: Panda.upper.map { $0 - 0.1 })
    #expect(throws: SafetyFault.self) { try JointLimits.tightest(low, high) }
  }

  @Test func `limits that no arm can keep are refused`() throws {
    let changes: [(inout SafetyLimits) -> Void] = [
      { $0.toolSpeed = 0 }, { $0.toolTurnSpeed = 0 }, { $0.toolTurnSpeed = .nan },
      { $0.positionMargin = 0 }, { $0.positionMargin = 2 }, { $0.setpointJump = 0 },
      { $0.setpointTurn = 2 }, { $0.setpointTurn = 0 }, { $0.fenceSlack = -1 },
      { $0.fenceMargin = 0.001 }, { $0.fenceTurnMargin = -1 }, { $0.fenceMargin = .nan },
      { $0.leastInertia[3] = 0 }, { $0.contactForce.report = 50 }, { $0.contactMoment.soft = 30 },
      { $0.contactForce.hard = 0 }, { $0.gains.rotationalDamping = -1 },
      { $0.gains.translationalStiffness = .nan }, { $0.saturatedTicks = -1 },
      { $0.saturatedTicks = 100 }, { $0.delay = -0.001 }, { $0.delay = .nan },
    ]
    _ = try Panda.guarded()
    for change in changes {
      #expect(throws: SafetyFault.self) { try Panda.guarded(changing: change) }
    }
  }

  private func limits(_ draws: inout RandomStream) throws -> SafetyLimits {
    func positive() -> JointVector { JointVector { _ in 0.1 + draws.uniform() } }
    let width = positive()
    var limits = SafetyLimits(
      joints: try JointLimits(
        lower: -1 * width, upper: positive(), velocity: positive(), torque: positive(),
        torqueRate: positive()), toolSpeed: draws.uniform(), positionMargin: draws.uniform(),
      leastInertia: positive())
    limits.toolTurnSpeed = draws.uniform()
    limits.contactForce = levels(&draws)
    limits.contactMoment = levels(&draws)
    limits.setpointJump = draws.uniform()
    limits.setpointTurn = draws.uniform()
    limits.gains = GainLimits(
      translationalStiffness: draws.uniform(), translationalDamping: draws.uniform(),
      rotationalStiffness: draws.uniform(), rotationalDamping: draws.uniform(),
      nullspaceStiffness: draws.uniform() < 0.1 ? .infinity : draws.uniform())
    limits.fenceSlack = draws.uniform()
    limits.fenceMargin = draws.uniform()
    limits.fenceTurnMargin = draws.uniform()
    limits.saturatedTicks = draws.index(below: 100)
    limits.delay = draws.uniform()
    return limits
  }

  private func levels(_ draws: inout RandomStream) -> ContactLevels {
    ContactLevels(report: draws.uniform(), soft: draws.uniform(), hard: draws.uniform())
  }

  /// Every number of some limits, each the tighter the smaller.
  private func numbers(_ limits: SafetyLimits) -> [Double] {
    let joints = limits.joints
    let gains = limits.gains
    let (force, moment) = (limits.contactForce, limits.contactMoment)
    return joints.lower.array.map { -$0 } + joints.upper.array + joints.velocity.array
      + joints.torque.array + joints.torqueRate.array + limits.leastInertia.array
      + [
        -limits.positionMargin, limits.toolSpeed, limits.toolTurnSpeed, force.report, force.soft,
        force.hard, moment.report, moment.soft, moment.hard, limits.setpointJump,
        limits.setpointTurn, gains.translationalStiffness, gains.translationalDamping,
        gains.rotationalStiffness, gains.rotationalDamping, gains.nullspaceStiffness,
        limits.fenceSlack, limits.fenceMargin, limits.fenceTurnMargin,
        Double(limits.saturatedTicks), -limits.delay,
      ]
  }
}
