import Foundation
import Geometry
import Messages
import Metrics
import RealTime
import Recipes
import Safety
import Synchronization

/// What the safety filters of a process have changed, in `interventions.jsonl` of the run: a JSON object a
/// line, in episodes and between them.
///
/// A thread of its own writes it, so that neither the loop of 1 kHz nor `launch` waits for a disk.
final class InterventionJournal: Sendable {
  private let waiting = Mutex(Waiting())
  private let end = Latch()
  private let ended = Latch()

  /// Time between two writes [ns].
  private static let interval: Int64 = 50_000_000

  /// Changes by whose filter made them.
  private struct Waiting {
    var controller = SafetyInterventions()
    var driver = SafetyInterventions()
    var stops: [DriverStatus] = []
  }

  /// A journal in a run's folder, whose control tick takes `period` [s].
  init(run: String, period: Double) {
    Thread.detachNewThread { [self] in
      // Of a thread of the loop's it would have the loop's priority.
      try? RealTimeThread.useNormal()
      let file = InterventionFile(run + "/" + RunFolder.interventionsName, period: period)
      var isOver = false
      repeat {
        isOver = end.wait(upTo: Self.interval)
        let told = waiting.withLock { waiting in
          defer { waiting = Waiting() }
          return waiting
        }
        file.add(told.controller, by: .controller)
        file.add(told.driver, by: .driver)
        file.add(told.stops)
      } while !isOver
      ended.close()
    }
  }

  /// Takes changes; false where the journal is at work on others just now and nobody is to wait for it.
  func add(_ told: SafetyInterventions, by filter: Role, waiting isWaiting: Bool) -> Bool {
    take(isWaiting) {
      if filter == .driver { $0.driver.add(told) } else { $0.controller.add(told) }
    }
  }

  /// The same of stops of the arm.
  func add(_ stops: [DriverStatus], waiting isWaiting: Bool) -> Bool {
    take(isWaiting) { $0.stops += stops }
  }

  private func take(_ isWaiting: Bool, _ change: (inout Waiting) -> Void) -> Bool {
    if isWaiting {
      waiting.withLock { change(&$0) }
      return true
    }
    return waiting.withLockIfAvailable { change(&$0) } != nil
  }

  /// Writes what is left: before a process ends.
  func stop() {
    end.close()
    _ = ended.wait(upTo: 2_000_000_000)
  }
}

/// The file of a journal; several processes of a run add to it.
///
/// Changes of torques on ticks that follow each other, for the same reasons, are one line.
final class InterventionFile {
  /// Bytes that a run's file may have; a cut on every tick for days must not fill a disk.
  static let mostBytes: off_t = 64 << 20

  private let path: String
  private let period: Double
  private var descriptor: Int32 = -1
  private var isFull = false
  private let encoder = JSONEncoder()

  /// A file at a path, made at the first line.
  init(_ path: String, period: Double) {
    self.path = path
    self.period = period
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds what a filter tells; where there is no room for it the session goes on without.
  func add(_ told: SafetyInterventions, by filter: Role) {
    var lines = Self.spans(of: told.interventions).map { Line($0, by: filter, period: period) }
    lines += told.setpoints.map { Line($0, by: filter, period: period) }
    if told.untold > 0 || told.untoldSetpoints > 0 {
      lines.append(Line(untold: told.untold, setpoints: told.untoldSetpoints, by: filter))
    }
    add(lines)
  }

  /// Adds why the driver has stopped the arm.
  func add(_ stops: [DriverStatus]) { add(stops.map { Line($0) }) }

  private func add(_ wanted: [Line]) {
    var lines = wanted
    guard !lines.isEmpty, !isFull, isOpen() else { return }
    if lseek(descriptor, 0, SEEK_END) > Self.mostBytes {
      isFull = true
      lines = [Line(kind: "file is full", by: .driver, seconds: nil)]
    }
    write(lines)
  }

  /// Each batch in one write, so that lines of several processes do not mix; after one that was cut short,
  /// by a full disk, none.
  private func write(_ lines: [Line]) {
    let text = lines.reduce(into: Data()) { text, line in
      text += ((try? encoder.encode(line)) ?? Data()) + Data("\n".utf8)
    }
    let count = text.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    if count != text.count {
      isFull = true
      say("\(path): no room; what safety changes is told no more\n")
    }
  }

  private func isOpen() -> Bool {
    if descriptor >= 0 { return true }
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    return descriptor >= 0
  }

  /// Ticks that follow each other and were changed for the same reasons.
  struct Span {
    /// The change that was largest.
    var largest: SafetyIntervention
    /// The first of the ticks.
    var first: Int64
    /// How many there are.
    var count: Int64

    fileprivate init(_ change: SafetyIntervention) {
      (largest, first, count) = (change, change.tick, 1)
    }

    fileprivate mutating func take(_ change: SafetyIntervention) -> Bool {
      guard change.tick == first &+ count, change.events == largest.events else { return false }
      count += 1
      if Self.size(of: change) > Self.size(of: largest) { largest = change }
      return true
    }

    private static func size(of change: SafetyIntervention) -> Double {
      (0..<JointVector.count).reduce(0) { max($0, abs(change.asked[$1] - change.allowed[$1])) }
    }
  }

  /// Changes of torques, oldest first, as few spans.
  static func spans(of changes: [SafetyIntervention]) -> [Span] {
    changes.reduce(into: []) { spans, change in
      guard !spans.isEmpty, spans[spans.count - 1].take(change) else {
        return spans.append(Span(change))
      }
    }
  }
}

/// One line of the file; what does not apply is left out.
private struct Line: Encodable {
  /// Gains and pose of a setpoint.
  struct Target: Encodable {
    /// Of the tool in the base [m].
    var position: [Double]
    /// Quaternion of the tool in the base, scalar last.
    var rotation: [Double]
    var translationalStiffness: Double
    var translationalDamping: Double
    var rotationalStiffness: Double
    var rotationalDamping: Double
    var nullspaceStiffness: Double

    init(_ setpoint: Setpoint) {
      let (pose, compliance) = (setpoint.baseFromTool, setpoint.compliance)
      let (place, turn) = (pose.translation, pose.rotation)
      position = [place.x, place.y, place.z]
      rotation = [turn.vector.x, turn.vector.y, turn.vector.z, turn.w]
      translationalStiffness = compliance.translationalStiffness
      translationalDamping = compliance.translationalDamping
      rotationalStiffness = compliance.rotationalStiffness
      rotationalDamping = compliance.rotationalDamping
      nullspaceStiffness = compliance.nullspaceStiffness
    }
  }

  var kind: String
  /// Whose filter it was.
  var by: String
  /// Robot time of the first tick [s].
  var seconds: Double?
  var tick: Int64?
  var ticks: Int64?
  var why: [String]?
  /// Torques of joints [N·m] where they differed most.
  var asked: [Double]?
  var allowed: [Double]?
  /// Number of a setpoint.
  var sequence: UInt64?
  var askedSetpoint: Target?
  var allowedSetpoint: Target?
  /// How the driver stopped the arm, and why.
  var mode: String?
  var reason: String?
  /// Changes of which no more is known.
  var untoldTorques: UInt64?
  var untoldSetpoints: UInt64?

  init(kind: String, by filter: Role, seconds: Double?) {
    (self.kind, by, self.seconds) = (kind, filter.rawValue, seconds)
  }

  init(_ span: InterventionFile.Span, by filter: Role, period: Double) {
    self.init(kind: "torque", by: filter, seconds: Double(span.first) * period)
    (tick, ticks) = (span.first, span.count)
    why = names(of: span.largest.events, in: SafetyEvents.names)
    (asked, allowed) = (span.largest.asked.array, span.largest.allowed.array)
  }

  init(_ change: SetpointIntervention, by filter: Role, period: Double) {
    self.init(kind: "setpoint", by: filter, seconds: Double(change.tick) * period)
    tick = change.tick
    why = names(of: change.events, in: SetpointEvents.names)
    sequence = change.asked.sequence
    (askedSetpoint, allowedSetpoint) = (Target(change.asked), Target(change.allowed))
  }

  init(_ stop: DriverStatus) {
    self.init(kind: "stop", by: .driver, seconds: Double(stop.since) * 1e-9)
    (mode, reason) = ("\(stop.mode)", stop.reason)
  }

  init(untold torques: UInt64, setpoints: UInt64, by filter: Role) {
    self.init(kind: "untold", by: filter, seconds: nil)
    (untoldTorques, untoldSetpoints) = (torques, setpoints)
  }
}

/// The names of the bits that are set.
private func names(of events: UInt16, in names: [String]) -> [String] {
  names.indices.filter { events >> UInt16($0) & 1 == 1 }.map { names[$0] }
}
