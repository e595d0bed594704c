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
    guard let data = wholeFile(file) else {
      throw .refused(file: file, reason: "cannot be read")
    }
    let decoder = JSONDecoder()
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var records: [MetricsRecord] = []
    for (index, line) in lines.dropLast().enumerated() {
      guard let text = try? decoder.decode(Line.self, from: line) else {
        throw .malformed(file: file, reason: "line \(index + 1) is no metrics record")
      }
      records.append(
        MetricsRecord(
          step: text.step, robotSeconds: text.robotSeconds, wallSeconds: text.wallSeconds,
          values: text.values.compactMapValues { $0 }))
    }
    return records
  }

  private struct Line: Decodable {
    var step: Int
    var robotSeconds: Double
    var wallSeconds: Double
    var values: [String: Double?]
  }
}
