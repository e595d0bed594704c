import Foundation
import Geometry
import Messages
import Randomness
import Recipes
import Safety
import Sessions
import Testing

/// What chaos demands of an arm's ticks, with ticks that are made up: each law can fail.
@Suite struct FlightLawsTests {
  private static let seeds: Range<UInt64> = 0..<8

  private static func laws(_ overrides: [String] = []) throws -> FlightLaws {
    let file = KingletProcess.root.appendingPathComponent("Launch/pcb-insertion.yaml").path
    return try FlightLaws(SessionRecipe.load(launchFile: file, overrides: overrides))
  }

  @Test(arguments: seeds) func `ticks within every limit break no law`(seed: UInt64) throws {
    let laws = try Self.laws()
    let flight = MadeFlight(laws.bounds, seed: seed)
    #expect(laws.violations(of: flight.entries) == [])
    // What is not recorded is not held against it.
    var stream = RandomStream(seed: seed, name: "gap")
    let first = stream.index(below: flight.entries.count)
    let count = 1 + stream.index(below: flight.entries.count - first)
    let rest = flight.entries[..<first] + flight.entries[(first + count)...]
    #expect(laws.violations(of: Array(rest)) == [])
    #expect(laws.violations(of: []) == [])
  }

  @Test(arguments: FlightLaw.allCases, seeds)
  func `a breach of one law is found, and nothing else`(law: FlightLaw, seed: UInt64) throws {
    let laws = try Self.laws()
    var flight = MadeFlight(laws.bounds, seed: seed)
    let tick = Self.breach(law, in: &flight)
    let found = laws.violations(of: flight.entries)
    #expect(found.map(\.law) == [law], "\(found.map(\.text))")
    #expect(tick == nil || found.first?.text.hasPrefix("tick \(tick ?? 0) ") == true)
  }

  @Test(arguments: [
    ("toolSpeed=0.3", FlightLaw.toolSpeed), ("toolTurnSpeed=1.5", .toolTurnSpeed),
    ("contactForce=[10,20,30]", .heed), ("fenceMargin=0.02", .heed),
  ]) func `the tighter limit of the task counts`(key: String, law: FlightLaw) throws {
    let flight = MadeFlight(try Self.laws().bounds, seed: 3)
    let found = try Self.laws(["task.limits.\(key)"]).violations(of: flight.entries)
    #expect(found.map(\.law).contains(law))
  }

  @Test func `a true force is explained by the speed of the moment before alone`() throws {
    let laws = try Self.laws()
    var flight = MadeFlight(laws.bounds, seed: 1)
    let index = Self.slow(&flight)
    let most = laws.bounds.trueForce(after: 0.1)
    flight.change(index - 10) { $0.toolSpeed = 0.1 }
    flight.change(index) { $0.contactForce = 0.999 * most }
    #expect(laws.violations(of: flight.entries) == [])
    flight.change(index) { $0.contactForce = 1.001 * most }
    #expect(laws.violations(of: flight.entries).map(\.law) == [.trueForce])
  }

  @Test func `a driver's end and a silent controller are judged by its ticks`() throws {
    let flight = MadeFlight(try Self.laws().bounds, seed: 5)
    #expect(FlightLaws.unrest(atEndOf: flight.entries) == nil)
    #expect(FlightLaws.unrest(atEndOf: []) == nil)
    let moving = Array(flight.entries[..<flight.active.upperBound])
    #expect(FlightLaws.unrest(atEndOf: moving)?.contains("ended while the arm moved") == true)
    let stop = flight.entries[flight.stopping.lowerBound].clock
    #expect(FlightLaws.hasStopped(flight.entries, from: stop - 2_400_000_000, within: 2.5))
    #expect(!FlightLaws.hasStopped(flight.entries, from: stop - 2_600_000_000, within: 2.5))
    #expect(!FlightLaws.hasStopped(moving, from: 0, within: 2.5))
    #expect(!FlightLaws.isStopped(flight.entries, at: stop))
    #expect(FlightLaws.isStopped(flight.entries, at: stop + 1))
    #expect(!FlightLaws.hasStopped([], from: 0, within: 2.5))
  }

  @Test(arguments: seeds) func `numbers that no driver writes are judged`(seed: UInt64) throws {
    let laws = try Self.laws()
    let flight = MadeFlight(laws.bounds, seed: seed)
    var stream = RandomStream(seed: seed, name: "hostile")
    let times: [Int64] = [.min, .min + 1, -1, 0, .max - 1, .max]
    for _ in 0..<5 {
      var ticks = flight
      for index in ticks.entries.indices where stream.index(below: 4) == 0 {
        let (time, place) = (times[stream.index(below: 6)], stream.index(below: 6))
        ticks.change(index) { entry in
          switch place {
          case 0: entry.tick = time
          case 1: entry.time = time
          case 2: entry.clock = time
          case 3: entry.mode = UInt32(truncatingIfNeeded: time)
          case 4: entry.contactForce = .greatestFiniteMagnitude
          default: entry.toolSpeed = .infinity
          }
        }
      }
      _ = FlightLaws.hasStopped(ticks.entries, from: .min, within: 2.5)
      #expect(laws.violations(of: ticks.entries) != [])
    }
  }

  @Test func `ticks in a row at the ends of their numbers are judged`() throws {
    var entries = [FlightEntry](repeating: FlightEntry(), count: 4)
    let modes: [DriverMode] = [.fault, .fault, .active, .idle]
    for (index, mode) in modes.enumerated() {
      entries[index].tick = .max &+ Int64(index)
      entries[index].time = index % 2 == 0 ? .min : .max
      entries[index].mode = UInt32(mode.rawValue)
      entries[index].velocity[3] = 0.05
      entries[index].contactForce = 1e308
    }
    let found = try Self.laws().violations(of: entries).map(\.law)
    #expect(found.contains(.stop) && found.contains(.trueForce))
  }

  @Test(arguments: 0..<JointVector.count)
  func `a speed that is no number is motion`(joint: Int) throws {
    let laws = try Self.laws()
    var flight = MadeFlight(laws.bounds, seed: 2)
    let last = flight.entries.count - 1
    flight.change(last) { $0.velocity[joint] = .nan }
    #expect(laws.violations(of: flight.entries).map(\.law) == [.speed, .stop])
    #expect(FlightLaws.unrest(atEndOf: flight.entries) != nil)
    flight = MadeFlight(laws.bounds, seed: 2)
    flight.change(flight.ready.lowerBound) { $0.velocity[joint] = .nan }
    #expect(laws.violations(of: flight.entries).map(\.law) == [.rest, .speed])
  }

  /// Breaks one law; returns the tick at which, where it is one.
  private static func breach(_ law: FlightLaw, in flight: inout MadeFlight) -> Int64? {
    breachOfJoint(law, in: &flight) ?? breachOfTool(law, in: &flight)
      ?? breachOfConduct(law, in: &flight)
  }

  private static func breachOfJoint(_ law: FlightLaw, in flight: inout MadeFlight) -> Int64? {
    let (joint, sign) = (flight.joint(), flight.sign())
    let joints = flight.bounds.limits.joints
    let index = flight.place(in: flight.active)
    switch law {
    case .position:
      let limit = sign > 0 ? joints.upper[joint] : joints.lower[joint]
      flight.change(index) { $0.position[joint] = limit + sign * 1e-4 }
    case .speed:
      flight.change(index) { $0.velocity[joint] = sign * 1.001 * joints.velocity[joint] }
    case .torque:
      // From the first tick on, so that it does not jump.
      for index in flight.entries.indices {
        flight.change(index) { $0.torque[joint] = sign * 1.001 * joints.torque[joint] }
      }
      return 0
    case .torqueRate:
      let jump = sign * 1.001 * joints.torqueRate[joint] * flight.bounds.period
      for place in flight.entries.indices {
        flight.change(place) { $0.torque[joint] = place < index ? 0 : jump }
      }
    default: return nil
    }
    return Int64(index)
  }

  private static func breachOfTool(_ law: FlightLaw, in flight: inout MadeFlight) -> Int64? {
    let bounds = flight.bounds
    let index = flight.place(in: flight.stopping)
    switch law {
    case .toolSpeed: flight.change(index) { $0.toolSpeed = 1.001 * bounds.toolSpeed }
    case .toolTurnSpeed: flight.change(index) { $0.toolTurnSpeed = 1.001 * bounds.toolTurnSpeed }
    case .estimatedForce: flight.change(index) { $0.toolForce = 1.001 * bounds.estimatedForce }
    case .estimatedMoment: flight.change(index) { $0.toolMoment = 1.001 * bounds.estimatedMoment }
    case .fence: flight.change(index) { $0.fenceExcess = 1.001 * bounds.fenceExcess }
    case .fenceTurn: flight.change(index) { $0.fenceTurn = 1.001 * bounds.fenceTurn }
    case .trueForce:
      let index = slow(&flight)
      flight.change(index) { $0.contactForce = bounds.limits.contactForce.hard + 0.1 }
      return Int64(index)
    default: return nil
    }
    return Int64(index)
  }

  private static func breachOfConduct(_ law: FlightLaw, in flight: inout MadeFlight) -> Int64? {
    let limits = flight.bounds.limits
    var index = flight.place(in: flight.ready)
    let joint = flight.joint()
    switch law {
    case .heed:
      index = flight.place(in: flight.active)
      let kind = flight.joint() % 4
      flight.change(index) { entry in
        switch kind {
        case 0: entry.toolForce = limits.contactForce.hard
        case 1: entry.toolMoment = limits.contactMoment.hard
        case 2: entry.fenceExcess = limits.fenceMargin + 1e-9
        default: entry.fenceTurn = limits.fenceTurnMargin + 1e-9
        }
      }
    case .command:
      index = flight.place(in: [flight.ready, flight.holding, flight.standing][flight.joint() % 3])
      flight.change(index) { $0.commanded = 1 }
    case .rest: flight.change(index) { $0.velocity[joint] = 0.101 }
    case .stop:
      index = flight.place(in: flight.standing.dropFirst(102))
      flight.change(index) { $0.velocity[joint] = -0.0201 }
    case .hold, .dampedStop: return breachOfSilence(law, in: &flight)
    default: return nil
    }
    return Int64(index)
  }

  /// Two ticks more than are allowed: which of them shows it, a rounding decides.
  private static func breachOfSilence(_ law: FlightLaw, in flight: inout MadeFlight) -> Int64? {
    let bounds = flight.bounds
    if law == .hold {
      let first = flight.active.lowerBound + 20
      let late = Int((bounds.commandTimeout / bounds.period).rounded()) + 2
      for index in first...(first + late) { flight.change(index) { $0.commanded = 0 } }
      return nil
    }
    let held = UInt32(DriverMode.holding.rawValue)
    let late = Int((bounds.stopTimeout / bounds.period).rounded()) + 2
    let first = flight.active.upperBound
    for index in flight.holding.lowerBound...(first + late) {
      flight.change(index) { ($0.mode, $0.commanded) = (held, 0) }
    }
    return nil
  }

  /// Lets the tool stand for the time of an impact and touch nothing; returns the last such tick.
  private static func slow(_ flight: inout MadeFlight) -> Int {
    let end = flight.active.upperBound - 1
    for index in (end - 150)...end {
      flight.change(index) { ($0.toolSpeed, $0.contactForce) = (0, 0) }
    }
    return end
  }
}
