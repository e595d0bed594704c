import Catalogue
import Foundation
import MCAP

/// What is wrong with recorded files.
public struct VerificationReport: Report {
  /// One file.
  public struct File: Encodable, Sendable {
    /// Its path.
    public var file: String
    /// Messages that it says it holds.
    public var messages: UInt64
    /// What is wrong with it, at most the first hundred things.
    public var problems: [String]
  }

  /// The files.
  public var files: [File]

  /// Whether nothing is wrong with any.
  public var isGood: Bool { files.allSatisfy { $0.problems.isEmpty } }

  /// The report for a person.
  public var text: String {
    let lines = files.flatMap { file in
      file.problems.isEmpty
        ? ["\(file.file): good, \(file.messages) messages"]
        : file.problems.map { "\(file.file): \($0)" }
    }
    return lines.joined(separator: "\n")
  }
}

/// What was brought back from damaged files.
public struct RecoveryReport: Report {
  /// One file.
  public struct File: Encodable, Sendable {
    /// The damaged file, which stays as it is; a whole one that a kill kept from its name gets that.
    public var file: String
    /// The new one.
    public var recovered: String
    /// Messages in it.
    public var messages: UInt64
    /// Chunks that were kept.
    public var chunks: Int
    /// Bytes of the damaged file of which nothing could be made.
    public var droppedBytes: Int
    /// Why nothing was brought back; nil when something was.
    public var fault: String?
  }

  /// The files.
  public var files: [File]

  /// Whether every file gave something.
  public var isGood: Bool { files.allSatisfy { $0.fault == nil } }

  /// The report for a person.
  public var text: String {
    files.map {
      if let fault = $0.fault { return "\($0.file): \(fault)" }
      return "\($0.file): \($0.messages) messages in \($0.chunks) chunks brought back, "
        + "\($0.droppedBytes) bytes dropped: \($0.recovered)"
    }.joined(separator: "\n")
  }
}

extension Commands {
  /// Checks recorded files, and all those of folders: `kinglet episodes verify`.
  public static func verify(_ paths: [String]) throws -> VerificationReport {
    let files = try episodeFiles(paths, isWanted: { $0.hasSuffix(".mcap") })
    return VerificationReport(
      files: files.map { file in
        do throws(MCAPError) {
          let found = try MCAPFile.verify(file)
          return VerificationReport.File(
            file: file, messages: found.statistics.messages,
            problems: found.problems.map { "\($0)" })
        } catch {
          return VerificationReport.File(file: file, messages: 0, problems: ["\(error)"])
        }
      })
  }

  /// Brings back what is whole in damaged or unfinished files: `kinglet episodes recover`.
  ///
  /// `X.mcap.part` becomes `X.mcap`, and `X.mcap` becomes `X.recovered.mcap`; the damaged file stays.
  public static func recover(_ paths: [String]) throws -> RecoveryReport {
    let files = try episodeFiles(paths, isWanted: { $0.hasSuffix(".mcap.part") })
    return RecoveryReport(
      files: files.map { file in
        let place =
          file.hasSuffix(".part")
          ? String(file.dropLast(".part".count))
          : (file.hasSuffix(".mcap") ? String(file.dropLast(".mcap".count)) : file)
            + ".recovered.mcap"
        var report = RecoveryReport.File(
          file: file, recovered: place, messages: 0, chunks: 0, droppedBytes: 0)
        do throws(MCAPError) {
          let verdict = try MCAPFile.verify(file)
          if verdict.isGood {
            report.messages = verdict.statistics.messages
            report.chunks = Int(verdict.statistics.chunks)
            report.fault = complete(file, as: place)
            return report
          }
          let found = try MCAPFile.recover(file, to: place)
          report.messages = found.statistics.messages
          report.chunks = found.chunksKept
          report.droppedBytes = found.droppedBytes
        } catch {
          report.fault = "\(error)"
        }
        return report
      })
  }

  /// Gives a whole file that a kill kept from its last step, its name; nil when that is done.
  private static func complete(_ file: String, as place: String) -> String? {
    guard file.hasSuffix(".part") else { return "is whole; there is nothing to recover" }
    guard !FileManager.default.fileExists(atPath: place) else {
      return "is whole, but \(place) is there already"
    }
    return rename(file, place) == 0
      ? nil : "is whole, but cannot be renamed: \(String(cString: strerror(errno)))"
  }

  /// The files themselves, and the wanted ones of folders.
  static func episodeFiles(
    _ paths: [String], isWanted: (String) -> Bool
  ) throws -> [String] {
    try paths.flatMap { path in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw SessionFailure("\(path): no such file or folder")
      }
      guard isFolder.boolValue else { return [path] }
      let found = EpisodeFiles(in: [path]).stamps.map(\.file).filter(isWanted)
      guard !found.isEmpty else {
        throw SessionFailure("\(path): holds nothing of the kind; name a file to be sure")
      }
      return found
    }
  }
}
