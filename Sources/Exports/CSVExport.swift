/// Writes episodes as a folder of two CSV tables (RFC 4180): `episodes.csv` with one record per
/// episode, and `steps.csv` with one record per step.
///
/// The last field of an episode is a CRC-32 in eight hexadecimal digits: of the header and the
/// episode's records of `steps.csv`, then of the fields before it, as they stand in the files. The
/// folder appears under its name when `finish` has read everything back; until then it has a
/// temporary name beside it, and without `finish` it is removed. At any time no more than one
/// episode is in memory.
public struct CSVExport: EpisodeExport, ~Copyable {
  private static let episodeFields = [
    "episode", "task", "source", "steps", "return", "ending", "success", "robot_time", "wall_time",
    "crc32",
  ]

  private let description: ExportDescription
  private let stepHeader: [UInt8]
  private var output: PartialOutput
  private var episodes: OutputFile
  private var steps: OutputFile
  private var episodeCount = 0
  private var stepCount = 0
  private var fault: ExportError?

  /// Begins the tables in a folder that must not exist yet.
  public init(creating folder: String, _ description: ExportDescription) throws(ExportError) {
    try description.check()
    let stepHeader = csvRecord(Self.stepFields(description))
    let output = try PartialOutput(beside: folder)
    try output.makeFolder()
    var episodes = try OutputFile(creating: output.path + "/episodes.csv")
    var steps = try OutputFile(creating: output.path + "/steps.csv")
    try episodes.append(csvRecord(Self.episodeFields))
    try steps.append(stepHeader)
    self.description = description
    self.stepHeader = stepHeader
    self.output = output
    self.episodes = episodes
    self.steps = steps
  }

  /// Adds an episode.
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

  /// Reads both tables back and gives the folder its name.
  public consuming func finish() throws(ExportError) -> ExportSummary {
    if let fault { throw fault }
    guard episodeCount > 0 else { throw .empty(target: output.target) }
    let written = [try episodes.finish(), try steps.finish()]
    try Self.check(written[0], records: episodeCount + 1, fields: Self.episodeFields.count)
    let stepFields = Self.stepFields(description).count
    try Self.check(written[1], records: stepCount + 1, fields: stepFields)
    try output.publishFolder()
    return ExportSummary(
      path: output.target, episodes: episodeCount, steps: stepCount,
      byteCount: written[0].byteCount + written[1].byteCount)
  }

  private mutating func write(_ episode: ExportedEpisode) throws(ExportError) {
    var checksum = Checksum()
    checksum.add(stepHeader)
    for step in 0..<episode.steps {
      let record = csvRecord(stepRecord(episode, step))
      checksum.add(record)
      try steps.append(record)
    }
    let fields = csvFields(episodeRecord(episode)) + [UInt8(ascii: ",")]
    checksum.add(fields)
    let digits = String(checksum.value, radix: 16)
    let padding = String(repeating: "0", count: 8 - digits.count)
    try episodes.append(fields + csvRecord([padding + digits]))
    episodeCount += 1
    stepCount += episode.steps
  }

  private func episodeRecord(_ episode: ExportedEpisode) -> [String] {
    let last = episode.steps - 1
    return [
      String(episodeCount), episode.task, episode.source, String(episode.steps),
      episode.rewards.reduce(0.0) { $0 + Double($1) }.description, episode.ending.rawValue,
      String(episode.isSuccess), episode.robotSeconds[last].description,
      episode.wallSeconds[0].description,
    ]
  }

  private func stepRecord(_ episode: ExportedEpisode, _ step: Int) -> [String] {
    let isLast = step == episode.steps - 1
    let numbers =
      episode.observations[step] + episode.nextObservations[step] + episode.actions[step]
    return [
      String(episodeCount), String(step), episode.robotSeconds[step].description,
      episode.wallSeconds[step].description, episode.rewards[step].description,
      String(isLast && episode.ending == .terminal), String(isLast && episode.ending != .terminal),
      String(isLast && episode.isSuccess),
    ] + numbers.map(\.description)
  }

  private static func stepFields(_ description: ExportDescription) -> [String] {
    [
      "episode", "step", "robot_time", "wall_time", "reward", "done", "truncated", "success",
    ] + description.observationNames.map { "observation." + $0 }
      + description.observationNames.map { "next_observation." + $0 }
      + description.actionNames.map { "action." + $0 }
  }

  /// Reads a table again: its bytes, its number of records, and the fields of each.
  private static func check(
    _ file: WrittenFile, records: Int, fields: Int
  ) throws(ExportError) {
    var count = CSVCount()
    try file.check { count.add($0) }
    guard count.records == records else {
      throw .differs(
        file: file.path, reason: "\(count.records) records in place of \(records)")
    }
    guard count.isWhole, count.fields == [fields] else {
      throw .differs(file: file.path, reason: "a record has not \(fields) fields")
    }
  }
}
