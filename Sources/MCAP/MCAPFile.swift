import Glibc

/// What can be done with a whole file.
public enum MCAPFile {
  /// Checks everything: structure, definitions, checksums, indexes and counts.
  ///
  /// What the format leaves free is asked for where it guards the data: a checksum of 0, which
  /// means that there is none, is a problem, and so is a chunk or record without its index. Throws
  /// `refused` when the file cannot be read.
  public static func verify(_ path: String) throws(MCAPError) -> MCAPVerification {
    let image = try FileImage(path)
    var verifier = Verifier(image.bytes)
    verifier.checkFile()
    return MCAPVerification(
      problems: verifier.problems.kept, problemCount: verifier.problems.count,
      statistics: verifier.counted)
  }

  /// Writes what is whole in a file to `output`, with a right summary.
  ///
  /// Chunks are kept whose checksum is right, attachments too, and metadata. After a damaged record
  /// it goes on where its length says that the next one starts, or where a sound summary says so;
  /// what is cut off is lost. `output` must not exist; until it is whole it has `.recovery.part`
  /// behind its name. Throws `foreign` for a file that does not start as MCAP, `exists`, `refused`.
  public static func recover(
    _ path: String, to output: String
  ) throws(MCAPError) -> MCAPRecovery {
    guard !FileImage.isBeingWritten(path) else {
      throw .refused(file: path, reason: "a process is writing it; wait until that has ended")
    }
    let image = try FileImage(path)
    guard image.hasMagic else { throw .foreign(file: path) }
    let suffix = ".recovery.part"
    var recoverer = try Recoverer(image.bytes, output: output, suffix: suffix)
    do throws(MCAPError) {
      try recoverer.copy()
      return try recoverer.finish()
    } catch {
      unlink(output + suffix)
      throw error
    }
  }
}

/// What `MCAPFile.verify` has found.
public struct MCAPVerification: Sendable, Equatable {
  /// The first problems, up to 100, in the order in which they were found.
  public let problems: [MCAPProblem]
  /// Number of all problems.
  public let problemCount: Int
  /// What was counted.
  public let statistics: MCAPStatistics

  /// Whether there is no problem.
  public var isGood: Bool { problemCount == 0 }
}

/// What `MCAPFile.recover` has kept and lost.
public struct MCAPRecovery: Sendable, Equatable {
  /// What the new file holds.
  public let statistics: MCAPStatistics
  /// Number of chunks kept.
  public let chunksKept: Int
  /// Number of chunks that were seen and are damaged.
  public let chunksLost: Int
  /// Number of bytes that held data and are lost, or that nobody can read.
  public let droppedBytes: Int
  /// The first reasons, up to 100.
  public let problems: [MCAPProblem]
}
