import Foundation

/// One line of `metrics.jsonl`, as `MetricsLog` writes it.
public struct MetricsRecord: Sendable, Equatable {
  /// Environment steps.
  public var step: Int
  /// Robot time [s].
  public var robotSeconds: Double
  /// Wall time since the start [s].
  public var wallSeconds: Double
  /// The values that are finite.
  public var values: [String: Double]

  /// The whole lines of a file; a last line without its end is left out.
  public static func records(of file: String) throws(MetricsError) -> [MetricsRecord] {
    var records: [MetricsRecord] = []
    try forEach(of: file) { record, _ in records.append(record) }
    return records
  }

  /// Hands on the same one by one, each with its line.
  static func forEach(
    of file: String, _ take: (MetricsRecord, Data) -> Void
  ) throws(MetricsError) {
    let decoder = JSONDecoder()
    var number = 0
    try forEachLine(of: file) { (line) throws(MetricsError) in
      number += 1
      guard let text = try? decoder.decode(Line.self, from: line) else {
        throw .malformed(file: file, reason: "line \(number) is no metrics record")
      }
      take(
        MetricsRecord(
          step: text.step, robotSeconds: text.robotSeconds, wallSeconds: text.wallSeconds,
          values: text.values.compactMapValues { $0 }), line)
    }
  }

  private struct Line: Decodable {
    var step: Int
    var robotSeconds: Double
    var wallSeconds: Double
    var values: [String: Double?]
  }
}
