/// Writes episodes as a LeRobotDataset, version 3.0, without images.
///
/// The folder appears under its name when `finish` has read everything back; until then it has a
/// temporary name beside it, and without `finish` it is removed. At any time no more than one
/// episode and the places of a data file's row groups are in memory.
public struct LeRobotExport: EpisodeExport, ~Copyable {
  /// LeRobot's size of a data file [MiB].
  package static let megabytesInFile = 100

  private let description: ExportDescription
  private let features: LeRobotFeatures
  private var output: PartialOutput
  private var data: ParquetFolder
  private var episodes: LeRobotEpisodes
  private var statistics: [FeatureStatistics] = []
  private var tasks: [String] = []
  private var taskIndices: [String: Int] = [:]
  private var episodeCount = 0
  private var stepCount = 0
  private var fault: ExportError?

  /// Begins a dataset in a folder that must not exist yet.
  public init(creating folder: String, _ description: ExportDescription) throws(ExportError) {
    try self.init(
      creating: folder, description, largestFile: Self.megabytesInFile << 20)
  }

  /// Begins a dataset whose files have at most about `largestFile` bytes.
  package init(
    creating folder: String, _ description: ExportDescription, largestFile: Int
  ) throws(ExportError) {
    try description.check()
    let output = try PartialOutput(beside: folder)
    for name in ["", "data", "meta", "meta/episodes"] { try output.makeFolder(name) }
    self.description = description
    features = LeRobotFeatures(description)
    data = ParquetFolder(in: output.path + "/data", features.columns, largestFile: largestFile)
    episodes = LeRobotEpisodes(
      in: output.path + "/meta/episodes", features: features.columns.map(\.name),
      largestFile: largestFile)
    self.output = output
  }

  /// Adds an episode, as one row group.
  ///
  /// An episode that breaks a rule is refused and the export goes on without it; after any other
  /// error the export is removed and every further call throws that error.
  public mutating func add(_ episode: ExportedEpisode) throws(ExportError) {
    if let fault { throw fault }
    try episode.check(against: description)
    do throws(ExportError) {
      try write(episode)
    } catch {
      fault = error
      output.remove()
      throw error
    }
  }

  /// Writes the tables, reads everything back and gives the folder its name.
  public consuming func finish() throws(ExportError) -> ExportSummary {
    if let fault { throw fault }
    guard episodeCount > 0 else { throw .empty(target: output.target) }
    var byteCount = try data.finish() + episodes.finish()
    byteCount += try writeTasks()
    byteCount += try writeText(information.indented() + "\n", to: "meta/info.json")
    byteCount += try writeText(summary.indented() + "\n", to: "meta/stats.json")
    try output.publishFolder()
    return ExportSummary(
      path: output.target, episodes: episodeCount, steps: stepCount, byteCount: byteCount)
  }

  private mutating func write(_ episode: ExportedEpisode) throws(ExportError) {
    let rows = features.rows(
      episode, episodeIndex: episodeCount, firstIndex: stepCount,
      taskIndex: index(of: episode.task))
    let pages = ParquetFile.pages(features.columns, rows)
    let place = try data.place(forBytes: pages.reduce(0) { $0 + $1.bytes.count })
    try data.append(pages, rows: episode.steps)
    let found = rows.map { FeatureStatistics($0) }
    try episodes.append(
      .init(
        task: episode.task, steps: episode.steps, firstIndex: stepCount, place: place,
        statistics: found))
    if statistics.isEmpty {
      statistics = found
    } else {
      for (index, part) in found.enumerated() { statistics[index].merge(part) }
    }
    episodeCount += 1
    stepCount += episode.steps
  }

  private mutating func index(of task: String) -> Int {
    if let known = taskIndices[task] { return known }
    taskIndices[task] = tasks.count
    tasks.append(task)
    return tasks.count - 1
  }

  private func writeTasks() throws(ExportError) -> Int {
    let columns = [ParquetColumn("task_index", .integer), ParquetColumn("task", .text)]
    var file = try ParquetFile(
      creating: output.path + "/meta/tasks.parquet", columns,
      metadata: [("pandas", pandasMetadata.oneLine)])
    for first in stride(from: 0, to: tasks.count, by: LeRobotEpisodes.rowsInGroup) {
      let range = first..<min(first + LeRobotEpisodes.rowsInGroup, tasks.count)
      let rows: [ParquetRows] = [.integers(range.map { Int64($0) }), .texts(Array(tasks[range]))]
      try file.append(ParquetFile.pages(columns, rows), rows: range.count)
    }
    return try file.finish()
  }

  private func writeText(_ text: String, to name: String) throws(ExportError) -> Int {
    var file = try OutputFile(creating: output.path + "/" + name)
    try file.append(Array(text.utf8))
    let written = try file.finish()
    try written.check()
    return written.byteCount
  }

  private var information: JSONText {
    .object([
      ("codebase_version", .text("v3.0")), ("robot_type", .text(description.robotType)),
      ("total_episodes", .integer(episodeCount)), ("total_frames", .integer(stepCount)),
      ("total_tasks", .integer(tasks.count)), ("chunks_size", .integer(ParquetFolder.filesInChunk)),
      ("data_files_size_in_mb", .integer(Self.megabytesInFile)),
      ("video_files_size_in_mb", .integer(200)), ("fps", .integer(description.framesPerSecond)),
      ("splits", .object([("train", .text("0:\(episodeCount)"))])),
      ("data_path", .text("data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet")),
      ("video_path", .null), ("features", features.json),
    ])
  }

  /// The statistics of all episodes.
  private var summary: JSONText {
    .object(zip(features.columns, statistics).map { ($0.name, $1.json) })
  }
}

/// Tells pandas that the texts of the tasks' table are its index: without it LeRobot takes the
/// numbers for the tasks.
private let pandasMetadata: JSONText = {
  func column(_ name: String, _ kind: String, _ type: String) -> JSONText {
    .object([
      ("name", .text(name)), ("field_name", .text(name)), ("pandas_type", .text(kind)),
      ("numpy_type", .text(type)), ("metadata", .null),
    ])
  }
  let labels: JSONText = .object([
    ("name", .null), ("field_name", .null), ("pandas_type", .text("unicode")),
    ("numpy_type", .text("object")), ("metadata", .object([("encoding", .text("UTF-8"))])),
  ])
  return .object([
    ("index_columns", .texts(["task"])), ("column_indexes", .list([labels])),
    (
      "columns",
      .list([column("task_index", "int64", "int64"), column("task", "unicode", "object")])
    ),
    ("creator", .object([("library", .text("kinglet")), ("version", .text("1"))])),
    ("pandas_version", .text("2.0.0")),
  ])
}()
