import Foundation
import Geometry
import Messages
import Metrics
import Safety

/// What the safety filters of a session have changed, in `interventions.jsonl` of its run: a JSON object a
/// line, in episodes and between them.
///
/// Changes of torques on ticks that follow each other, for the same reasons, are one line.
struct InterventionFile: ~Copyable {
  /// Lines that a run's file may have; a cut on every tick for hours must not fill a disk.
  static let mostLines = 100_000

  private let path: String
  private let period: Double
  private var handle: FileHandle?
  private var lines = 0
  private let encoder: JSONEncoder

  /// The file of a run, whose control tick takes `period` [s]; made at the first line.
  init(of folder: RunFolder, period: Double) {
    path = folder.interventions
    self.period = period
    encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }

  /// Adds what a filter tells; where there is no room for it the session goes on without.
  mutating func add(_ told: SafetyInterventions) {
    var text = Data()
    for span in Self.spans(of: told.interventions) { append(Line(span, period: period), to: &text) }
    for setpoint in told.setpoints { append(Line(setpoint, period: period), to: &text) }
    if told.untold + told.untoldSetpoints > 0 {
      append(Line(untold: told.untold, setpoints: told.untoldSetpoints), to: &text)
    }
    guard !text.isEmpty, let file = opened() else { return }
    try? file.write(contentsOf: text)
  }

  private mutating func append<Value: Encodable>(_ line: Value, to text: inout Data) {
    guard lines <= Self.mostLines else { return }
    lines += 1
    let last = Line(kind: "file is full", seconds: nil)
    let encoded = try? lines > Self.mostLines ? encoder.encode(last) : encoder.encode(line)
    text += (encoded ?? Data()) + Data("\n".utf8)
  }

  private mutating func opened() -> FileHandle? {
    if let handle { return handle }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return nil }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    handle = file
    return file
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
      guard change.tick == first + count, change.events == largest.events else { return false }
      count += 1
      if !(Self.size(of: change) <= Self.size(of: largest)) { largest = change }
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
  /// Changes of which no more is known.
  var untoldTorques: UInt64?
  var untoldSetpoints: UInt64?

  init(kind: String, seconds: Double?) { (self.kind, self.seconds) = (kind, seconds) }

  init(_ span: InterventionFile.Span, period: Double) {
    self.init(kind: "torque", seconds: Double(span.first) * period)
    (tick, ticks) = (span.first, span.count)
    why = names(of: span.largest.events, in: SafetyEvents.names)
    (asked, allowed) = (span.largest.asked.array, span.largest.allowed.array)
  }

  init(_ change: SetpointIntervention, period: Double) {
    self.init(kind: "setpoint", seconds: Double(change.tick) * period)
    tick = change.tick
    why = names(of: change.events, in: SetpointEvents.names)
    sequence = change.asked.sequence
    (askedSetpoint, allowedSetpoint) = (Target(change.asked), Target(change.allowed))
  }

  init(untold torques: UInt64, setpoints: UInt64) {
    self.init(kind: "untold", seconds: nil)
    (untoldTorques, untoldSetpoints) = (torques, setpoints)
  }
}

/// The names of the bits that are set.
private func names(of events: UInt16, in names: [String]) -> [String] {
  names.indices.filter { events >> UInt16($0) & 1 == 1 }.map { names[$0] }
}
