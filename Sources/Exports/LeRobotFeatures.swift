/// The features of a LeRobot dataset: what each frame holds.
package struct LeRobotFeatures {
  /// The columns of the data files.
  package let columns: [ParquetColumn]
  private let framesPerSecond: Int
  private let names: [[String]?]

  package init(_ description: ExportDescription) {
    framesPerSecond = description.framesPerSecond
    let vectors = [
      ("observation.state", description.observationNames), ("action", description.actionNames),
    ]
    let numbers: [(String, ParquetColumn.Kind)] = [
      ("next.reward", .float), ("next.done", .boolean), ("next.truncated", .boolean),
      ("next.success", .boolean), ("observation.robot_time", .double),
      ("observation.wall_time", .double), ("timestamp", .float), ("frame_index", .integer),
      ("episode_index", .integer), ("index", .integer), ("task_index", .integer),
    ]
    // A vector of one number is a plain column.
    columns =
      vectors.map { ParquetColumn($0.0, .float, isList: $0.1.count > 1) }
      + numbers.map { ParquetColumn($0.0, $0.1) }
    names = vectors.map { $0.1 } + numbers.map { _ in nil }
  }

  /// The frames of an episode, in the order of the columns.
  ///
  /// `next.done` tells that the task itself ended, `next.truncated` that the episode was cut short;
  /// one of them is true in the last frame.
  package func rows(
    _ episode: ExportedEpisode, episodeIndex: Int, firstIndex: Int, taskIndex: Int
  ) -> [ParquetRows] {
    let steps = episode.steps
    return [
      vectors(episode.observations), vectors(episode.actions), .floats(episode.rewards),
      onlyLast(episode.ending == .terminal, of: steps),
      onlyLast(episode.ending != .terminal, of: steps),
      onlyLast(episode.isSuccess, of: steps),
      .doubles(episode.robotSeconds), .doubles(episode.wallSeconds),
      .floats((0..<steps).map { Float(Double($0) / Double(framesPerSecond)) }),
      .integers((0..<steps).map { Int64($0) }),
      .integers(Array(repeating: Int64(episodeIndex), count: steps)),
      .integers((0..<steps).map { Int64(firstIndex + $0) }),
      .integers(Array(repeating: Int64(taskIndex), count: steps)),
    ]
  }

  /// As in `info.json`.
  package var json: JSONText {
    .object(
      zip(columns, names).map { column, names in
        let fields: [(String, JSONText)] = [
          ("dtype", .text(Self.type(column.kind))), ("shape", .list([.integer(names?.count ?? 1)])),
          ("names", names.map { .texts($0) } ?? .null),
        ]
        return (column.name, .object(fields))
      })
  }

  private func vectors(_ rows: [[Float]]) -> ParquetRows {
    rows[0].count == 1 ? .floats(rows.map { $0[0] }) : .floatLists(rows)
  }

  private func onlyLast(_ value: Bool, of steps: Int) -> ParquetRows {
    .booleans((1...steps).map { value && $0 == steps })
  }

  private static func type(_ kind: ParquetColumn.Kind) -> String {
    switch kind {
    case .boolean: "bool"
    case .integer: "int64"
    case .float: "float32"
    case .double: "float64"
    case .text: "string"
    }
  }
}
