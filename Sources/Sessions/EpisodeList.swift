public import Catalogue
import Episodes
import Foundation

/// Recorded episodes of some folders.
public struct EpisodeList: Report {
  /// The episodes that were asked for, the earliest first.
  public var episodes: [CatalogueEntry]

  /// The list for a person.
  public var text: String {
    guard !episodes.isEmpty else { return "no recorded episode" }
    let rows = episodes.map(Self.row)
    let header = ["file", "begun", "steps", "seconds", "result", "peak force"]
    let widths = header.indices.map { column in
      max(header[column].count, rows.map { $0[column].count }.max() ?? 0)
    }
    let lines = ([header] + rows).map { row in
      zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        .joined(separator: "  ")
    }
    let known = episodes.filter { $0.fault == nil }
    let successes = known.count { $0.hasSucceeded }
    let megabytes = Double(episodes.reduce(0) { $0 + $1.bytes }) * 1e-6
    return lines.joined(separator: "\n")
      + "\n\(episodes.count) episodes, \(successes) successful, \(decimal(megabytes, 1)) MB"
  }

  private static func row(_ entry: CatalogueEntry) -> [String] {
    if let fault = entry.fault { return [entry.file, entry.started, "", "", fault, ""] }
    let result = entry.isCut ? "cut short" : entry.hasSucceeded ? "success" : "failure"
    let disagree = !entry.isCut && entry.isSuccess != nil && entry.isSuccess != entry.isRewarded
    return [
      entry.file, entry.started, "\(entry.steps)", decimal(entry.seconds, 1),
      result + (disagree ? (entry.isRewarded ? " but rewarded" : " but not rewarded") : ""),
      entry.peakForce.map { decimal($0, 1) + " N" } ?? "",
    ]
  }
}

/// Every recorded episode below some folders.
struct EpisodeFiles {
  /// The files, sorted: whole ones, and those that were never completed.
  let stamps: [FileStamp]

  /// Looks through folders; one that does not exist holds nothing.
  ///
  /// A file of two names, as kept demonstrations are, is taken once, by its first.
  init(in folders: [String]) {
    var found: [FileStamp] = []
    var seen: Set<Int> = []
    for folder in folders {
      guard let names = FileManager.default.enumerator(atPath: folder) else { continue }
      for case let name as String in names
      where name.hasSuffix(".mcap") || name.hasSuffix(".mcap.part") {
        let path = folder + "/" + name
        guard let about = try? FileManager.default.attributesOfItem(atPath: path),
          about[.type] as? FileAttributeType == .typeRegular, let size = about[.size] as? Int64,
          let changed = about[.modificationDate] as? Date,
          let number = about[.systemFileNumber] as? Int, seen.insert(number).inserted
        else { continue }
        let time = Int64((changed.timeIntervalSince1970 * 1e9).rounded())
        found.append(FileStamp(file: path, bytes: size, modified: time))
      }
    }
    stamps = found.sorted { $0.file < $1.file }
  }
}

extension CatalogueEntry {
  /// What a file says of itself; a fault where it says nothing.
  init(reading stamp: FileStamp) {
    self.init(file: stamp.file, bytes: stamp.bytes, modified: stamp.modified)
    guard stamp.file.hasSuffix(".mcap") else {
      fault = "not completed; see `kinglet episodes recover`"
      return
    }
    do throws(EpisodeError) {
      let description = try EpisodeDescription(of: stamp.file)
      let isKnown = description.entries["steps"] != nil && description.entries["started"] != nil
      take(
        isKnown
          ? description.entries : try RecordedEpisode(reading: stamp.file, .steps).description)
    } catch {
      let text = "\(error)"
      fault = text.hasPrefix(file + ": ") ? String(text.dropFirst(file.count + 2)) : text
    }
  }

  private mutating func take(_ entries: [String: String]) {
    run = entries["run"] ?? ""
    task = entries["task"] ?? ""
    robot = entries["robot"] ?? ""
    seed = entries["seed"] ?? ""
    started = entries["started"] ?? ""
    episode = entries["episode"].flatMap { Int64($0) } ?? 0
    isEvaluation = entries["isEvaluation"] == "true"
    steps = entries["steps"].flatMap { Int($0) } ?? 0
    seconds = entries["seconds"].flatMap { Double($0) } ?? 0
    isRewarded = entries["isRewarded"] == "true"
    isSuccess = entries["isSuccess"].map { $0 == "true" }
    isCut = entries["isCut"] == "true" || entries["isInterrupted"] == "true"
    peakForce = entries["peakForceNewtons"].flatMap { Double($0) }
    policyVersion = entries["policyVersion"].flatMap { Int64($0) } ?? 0
  }
}

extension Commands {
  /// Where episodes are looked for when no folder is named; they need not be there.
  public static var defaultEpisodeFolders: [String] { ["runs", "Demonstrations"] }

  /// Lists recorded episodes: `kinglet episodes`.
  ///
  /// The index stands beside them, in the first folder, and follows the files.
  public static func episodes(
    in folders: [String], _ filter: CatalogueFilter
  ) throws -> EpisodeList {
    for folder in folders.dropFirst(folders == defaultEpisodeFolders ? folders.count : 0) {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
      guard exists, isFolder.boolValue else {
        throw SessionFailure(
          "\(folder): \(exists ? "is a file; name its folder" : "no such folder")")
      }
    }
    let stamps = EpisodeFiles(in: folders).stamps
    guard let home = folders.first, !stamps.isEmpty else { return EpisodeList(episodes: []) }
    let catalogue = try Catalogue(home + "/episodes.sqlite")
    try catalogue.follow(stamps) { CatalogueEntry(reading: $0) }
    return EpisodeList(episodes: try catalogue.entries(filter))
  }
}
