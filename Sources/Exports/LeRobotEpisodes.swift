/// The episodes' own table, `meta/episodes`: a few hundred rows gather before they are written.
package struct LeRobotEpisodes: ~Copyable {
  /// One episode.
  package struct Row {
    let task: String
    let steps: Int
    /// Index of its first frame in the whole dataset.
    let firstIndex: Int
    /// Where its frames are.
    let place: ParquetFolder.Place
    /// For each feature.
    let statistics: [FeatureStatistics]
  }

  package static let rowsInGroup = 256

  private let features: [String]
  private let columns: [ParquetColumn]
  private var folder: ParquetFolder
  private var gathered: [Row] = []
  private var written = 0

  /// The table of a dataset with these features, in a folder that is there and empty.
  package init(in path: String, features: [String], largestFile: Int) {
    self.features = features
    columns =
      [
        ParquetColumn("episode_index", .integer), ParquetColumn("tasks", .text, isList: true),
        ParquetColumn("length", .integer), ParquetColumn("data/chunk_index", .integer),
        ParquetColumn("data/file_index", .integer), ParquetColumn("dataset_from_index", .integer),
        ParquetColumn("dataset_to_index", .integer),
      ]
      + features.flatMap { feature in
        FeatureStatistics.names.map { name in
          ParquetColumn(
            "stats/\(feature)/\(name)", name == "count" ? .integer : .double, isList: true)
        }
      }
      + [
        ParquetColumn("meta/episodes/chunk_index", .integer),
        ParquetColumn("meta/episodes/file_index", .integer),
      ]
    folder = ParquetFolder(in: path, columns, largestFile: largestFile)
  }

  package mutating func append(_ row: Row) throws(ExportError) {
    gathered.append(row)
    if gathered.count >= Self.rowsInGroup { try writeGroup() }
  }

  /// Writes what has gathered and closes the table; gives its size [bytes].
  package mutating func finish() throws(ExportError) -> Int {
    if !gathered.isEmpty { try writeGroup() }
    return try folder.finish()
  }

  private mutating func writeGroup() throws(ExportError) {
    let place = try folder.place(forBytes: 0)
    let rows =
      placeRows() + statisticsRows()
      + [integers { _ in place.chunk }, integers { _ in place.file }]
    try folder.append(ParquetFile.pages(columns, rows), rows: gathered.count)
    written += gathered.count
    gathered.removeAll(keepingCapacity: true)
  }

  private func integers(_ value: (Row) -> Int) -> ParquetRows {
    .integers(gathered.map { Int64(value($0)) })
  }

  private func placeRows() -> [ParquetRows] {
    [
      .integers(gathered.indices.map { Int64(written + $0) }),
      .textLists(gathered.map { [$0.task] }), integers(\.steps), integers(\.place.chunk),
      integers(\.place.file), integers(\.firstIndex), integers { $0.firstIndex + $0.steps },
    ]
  }

  private func statisticsRows() -> [ParquetRows] {
    features.indices.flatMap { feature in
      FeatureStatistics.names.map { name in
        name == "count"
          ? .integerLists(gathered.map { [Int64($0.statistics[feature].count)] })
          : .doubleLists(gathered.map { $0.statistics[feature].numbers(name) })
      }
    }
  }
}
