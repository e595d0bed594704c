import Foundation

/// Appends to `metrics.jsonl`: one JSON object a line, keys in a fixed order.
///
/// `{"step":40,"robotSeconds":4,"wallSeconds":1.5,"values":{"critic/loss":0.25}}`. A value that is
/// not finite is written as null and named in `notFinite`, so that every line stays valid JSON.
public struct MetricsLog: ~Copyable {
  private var file: OutputFile
  private let flushInterval: Double
  private var lastFlush: Double?
  /// Values so far that were not finite.
  public private(set) var notFinite = 0

  /// Leaves of a file the whole lines of at most so many steps, for a run that goes on from there.
  ///
  /// A reader sees the old file or the new one.
  public static func cut(_ path: String, afterStep step: Int) throws(MetricsError) {
    try cut(path) { $0.step <= step }
  }

  /// Leaves of a file the whole lines that `keep` wants, asked in their order.
  ///
  /// A reader sees the old file or the new one.
  public static func cut(
    _ path: String, keeping keep: (MetricsRecord) -> Bool
  ) throws(MetricsError) {
    var kept: [UInt8] = []
    try MetricsRecord.forEach(of: path) { record, line in
      if keep(record) { kept += line + [UInt8(ascii: "\n")] }
    }
    try RunFolder.replace(path, with: kept)
  }

  /// Opens the file after its last whole line, creating it where there is none.
  ///
  /// Lines reach the system when `flushInterval` seconds of wall time lie between two appends, and
  /// at the end.
  public init(appendingTo path: String, flushInterval: Double = 2) throws(MetricsError) {
    file = try OutputFile(path, start: .afterLastLine)
    self.flushInterval = flushInterval
  }

  /// Adds a line: environment steps, robot time [s], wall time since the start [s] and values.
  public mutating func append(
    step: Int, robotSeconds: Double, wallSeconds: Double, values: [String: Double]
  ) throws(MetricsError) {
    let sorted = values.sorted { $0.key < $1.key }
    let odd = sorted.filter { !$0.value.isFinite }.map { json($0.key) }
    notFinite += odd.count
    var line = "{\"step\":\(step),\"robotSeconds\":\(json(robotSeconds)),"
    line += "\"wallSeconds\":\(json(wallSeconds)),\"values\":{"
    line += sorted.map { json($0.key) + ":" + json($0.value) }.joined(separator: ",") + "}"
    if !odd.isEmpty { line += ",\"notFinite\":[" + odd.joined(separator: ",") + "]" }
    file.append(Array((line + "}\n").utf8))
    if wallSeconds - (lastFlush ?? -.infinity) >= flushInterval {
      lastFlush = wallSeconds
      try file.flush()
    }
  }

  /// Hands every line to the system.
  public mutating func flush() throws(MetricsError) { try file.flush() }
}

/// A JSON number, or null for what JSON cannot hold.
func json(_ value: Double) -> String {
  guard value.isFinite else { return "null" }
  return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
}

/// A JSON string in ASCII's control-free form.
func json(_ text: String) -> String {
  let body = text.unicodeScalars.map { scalar in
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\u{0}"..<" ":
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: return String(scalar)
    }
  }
  return "\"" + body.joined() + "\""
}
