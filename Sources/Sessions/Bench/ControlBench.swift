import ControlLoop
import Geometry
import Messages
import Metrics
import Randomness
import RealTime
import Recipes
import SimulatedWorld

/// What a control tick costs where the driver hosts the controller, beside the physics alone on the
/// same trajectory in the same run.
public struct ControlReport: Report {
  /// Ticks measured.
  public var ticks: Int
  /// Ticks of them on which the part touched the board.
  public var contactTicks: Int
  /// Whether the twin on which the physics was timed ended at the same joint positions bit by bit.
  public var isSameTrajectory: Bool
  /// Heap allocations of one tick, encoding and decoding too.
  public var allocationsPerTick: Double
  /// Locks of the C library that one tick asks for, encoding and decoding too.
  public var locksPerTick: Double
  /// The whole tick: read, control law, safety, write with its physics [µs].
  public var tickMicroseconds: Spread
  /// `mj_step` alone [µs].
  public var mjStepMicroseconds: Spread
  /// `mj_step` alone on the ticks in contact [µs].
  public var contactMjStepMicroseconds: Spread
  /// Tick less `mj_step`, tick by tick [µs].
  public var overheadMicroseconds: Spread
  /// The same over the ticks in contact [µs].
  public var contactOverheadMicroseconds: Spread
  /// The part of the overhead that a real arm would have too: schedule, law and safety [µs].
  public var controlMicroseconds: Spread
  /// Encoding and decoding of a state and of its torque, which only a controller in a process of
  /// its own needs [µs].
  public var codecMicroseconds: Spread
  /// Both together, tick by tick [µs].
  public var controlAndCodecMicroseconds: Spread

  /// The report for a person.
  public var text: String {
    """
    control, hosted in the driver, \(ticks) ticks, \(contactTicks) in contact
      tick            \(tickMicroseconds.text)
      mj_step         \(mjStepMicroseconds.text)
        in contact    \(contactMjStepMicroseconds.text)
      overhead        \(overheadMicroseconds.text)
        in contact    \(contactOverheadMicroseconds.text)
        law, safety   \(controlMicroseconds.text)
      encode, decode  \(codecMicroseconds.text)
      all of these    \(controlAndCodecMicroseconds.text)
      allocations     \(decimal(allocationsPerTick, 3)) a tick, locks \(decimal(locksPerTick, 3))\
    \(isSameTrajectory ? "" : "\n  the physics was timed on another trajectory: do not compare")
    """
  }
}

/// Times each tick of an arm, the bare physics of the same tick, and the encoding.
///
/// The torques are known from a rehearsal, so that arm and twin can take turns in going first:
/// who comes second finds the caches and the branch predictor prepared.
private struct ControlBench: ~Copyable {
  private(set) var times = TickTimes()
  private let twin: PhysicsReplay
  private let torques: [JointVector]
  private let buffer: UnsafeMutableRawBufferPointer
  private var count = 0

  init(_ recipe: SessionRecipe, torques: [JointVector]) throws {
    let twin = try PhysicsReplay(WorldConfiguration(recipe))
    self.twin = twin
    self.torques = torques
    buffer = .allocate(byteCount: ArmState.encodedLength, alignment: 16)
    times.reserve(torques.count)
  }

  deinit { buffer.deallocate() }

  /// Where the twin ended [rad].
  var jointPosition: JointVector { twin.jointPosition }

  /// One tick of arm and twin.
  mutating func measure(_ led: inout LedArm, counted isCounted: Bool) throws {
    var sample = TickTimes.Sample()
    if count.isMultiple(of: 2) {
      sample.physics = stepTwin()
      try time(&led, in: &sample)
    } else {
      try time(&led, in: &sample)
      sample.physics = stepTwin()
    }
    count += 1
    guard isCounted else { return }
    sample.isInContact = led.arm.truth().contactForce > 0
    times.append(sample)
  }

  /// Time of the next tick's `mj_step` [ns].
  private func stepTwin() -> Int64 {
    twin.apply(torques[count])
    let start = MonotonicClock.now
    twin.step()
    return MonotonicClock.now - start
  }

  private func time(_ led: inout LedArm, in sample: inout TickTimes.Sample) throws {
    let (allocations, locks) = (AllocationCount.total, LockCount.total)
    let start = MonotonicClock.now
    let state = led.arm.read()
    let command = led.answer(state)
    let computed = MonotonicClock.now
    try led.arm.write(command)
    let written = MonotonicClock.now
    sample.control = computed - start
    sample.tick = written - start
    try carry(state, command)
    sample.codec = MonotonicClock.now - written
    sample.allocations = AllocationCount.total - allocations
    sample.locks = LockCount.total - locks
  }

  /// What the wire adds in this process: both messages written and read once.
  private func carry(_ state: ArmState, _ command: JointTorque) throws {
    let bytes = UnsafeRawBufferPointer(buffer)
    state.encode(into: buffer)
    let arrived = try ArmState(decoding: bytes)
    command.encode(into: buffer)
    let answer = try JointTorque(
      decoding: UnsafeRawBufferPointer(rebasing: bytes[..<JointTorque.encodedLength]))
    precondition(arrived.tick == answer.tick, "a message changed on its way")
  }
}

/// A way that an arm is led, the same each time: to the board, and then up, aside and down to a
/// pressed contact again and again.
private struct ScriptedWay: ~Copyable {
  var led: LedArm
  private let recipe: SessionRecipe
  private let geometry: TaskGeometry
  private var starts: RandomStream

  init(_ recipe: SessionRecipe) throws {
    let led = try LedArm(recipe)
    self.led = led
    self.recipe = recipe
    geometry = TaskGeometry(recipe)
    starts = RandomStream(seed: recipe.launch.seed, name: "bench.control")
  }

  /// Lets `tick` make the ticks to the board, which do not count, and `ticks` that count.
  mutating func run(
    ticks: Int, tick: (inout LedArm, _ isCounted: Bool) throws -> Void
  ) throws {
    let above = geometry.start(x: 0, y: 0, yaw: 0)
    for number in 0..<4000 {
      // Of a goal that is far, each time as much as a setpoint may jump.
      if number.isMultiple(of: 100) {
        try led.lead(toward: above, recipe.task.reset.compliance)
      }
      try tick(&led, false)
    }
    var left = ticks
    while left > 0 {
      for leg in legs(above) where left > 0 {
        for number in 0..<min(left, leg.ticks) {
          if number.isMultiple(of: 100) { try led.lead(toward: leg.goal, leg.compliance) }
          try tick(&led, true)
        }
        left -= leg.ticks
      }
    }
  }

  private mutating func legs(
    _ above: Transform<Base, Tool>
  ) -> [(goal: Transform<Base, Tool>, compliance: Compliance, ticks: Int)] {
    let aside = geometry.start(
      x: starts.uniform(eitherSide: 1), y: starts.uniform(eitherSide: 1),
      yaw: starts.uniform(eitherSide: 1))
    let (reset, task) = (recipe.task.reset.compliance, recipe.task.compliance)
    return [
      (above, reset, 400), (aside, reset, 700), (above, reset, 700),
      (geometry.pressed(recipe), task, 2200),
    ]
  }
}

/// Times of many ticks [ns], kept without allocating.
private struct TickTimes {
  /// One tick [ns].
  struct Sample {
    var tick: Int64 = 0
    var control: Int64 = 0
    var physics: Int64 = 0
    var codec: Int64 = 0
    var allocations: UInt64 = 0
    var locks: UInt64 = 0
    var isInContact = false
  }

  private var samples: [Sample] = []

  mutating func reserve(_ count: Int) { samples.reserveCapacity(count) }

  mutating func append(_ sample: Sample) { samples.append(sample) }

  func report(isSameTrajectory: Bool) -> ControlReport {
    let contact = samples.filter(\.isInContact)
    func perTick(_ count: (Sample) -> UInt64) -> Double {
      Double(samples.reduce(0) { $0 + count($1) }) / Double(max(1, samples.count))
    }
    func spread(_ samples: [Sample], _ time: (Sample) -> Int64) -> Spread {
      Spread(nanoseconds: samples.map(time))
    }
    return ControlReport(
      ticks: samples.count, contactTicks: contact.count, isSameTrajectory: isSameTrajectory,
      allocationsPerTick: perTick { $0.allocations }, locksPerTick: perTick { $0.locks },
      tickMicroseconds: spread(samples) { $0.tick },
      mjStepMicroseconds: spread(samples) { $0.physics },
      contactMjStepMicroseconds: spread(contact) { $0.physics },
      overheadMicroseconds: spread(samples) { $0.tick - $0.physics },
      contactOverheadMicroseconds: spread(contact) { $0.tick - $0.physics },
      controlMicroseconds: spread(samples) { $0.control },
      codecMicroseconds: spread(samples) { $0.codec },
      controlAndCodecMicroseconds: spread(samples) { $0.control + $0.codec })
  }
}

extension Commands {
  /// Measures a control tick: `kinglet bench control`.
  public static func benchControl(
    file: String, overrides: [String], ticks: Int
  ) throws -> ControlReport {
    let recipe = try SessionRecipe.load(launchFile: file, overrides: overrides)
    var torques: [JointVector] = []
    var rehearsal = try ScriptedWay(recipe)
    try rehearsal.run(ticks: ticks) { led, _ in
      try led.tick()
      torques.append(led.arm.appliedTorque)
    }
    var bench = try ControlBench(recipe, torques: torques)
    var way = try ScriptedWay(recipe)
    try way.run(ticks: ticks) { led, isCounted in
      try bench.measure(&led, counted: isCounted)
    }
    if let reason = way.led.stopReason { throw SessionFailure("bench: \(reason)") }
    let end = way.led.arm.read().position
    return bench.times.report(isSameTrajectory: bench.jointPosition == end)
  }
}
