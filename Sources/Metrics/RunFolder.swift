import Foundation

/// The folder of one run and the places in it.
public struct RunFolder: Sendable, Equatable {
  /// Path of the folder, as it was given.
  public let path: String

  /// What to do about the results of an earlier run.
  public enum EarlierRun: Sendable {
    /// Leave them alone and report them.
    case refuse
    /// Delete them.
    case replace
  }

  static let resolvedRecipeName = "resolved.yaml"
  private static let marks = [resolvedRecipeName, "metrics.jsonl"]
  private static let files =
    marks + [
      "summary.json", "policy.safetensors", "resume.origin", "transitions.spool", "flight.bin",
      interventionsName, actorsName,
    ]
  private static let actorsName = "actors"
  /// Name of the file of what safety filters have changed, one JSON object a line.
  public static let interventionsName = "interventions.jsonl"
  private static let folders = ["checkpoints", "logs", "sockets", "episodes"]

  /// One JSON object a line, see `MetricsLog`.
  public var metrics: String { file("metrics.jsonl") }
  /// The complete recipe of the run.
  public var resolvedRecipe: String { file(Self.resolvedRecipeName) }
  /// The result, see `Summary`.
  public var summary: String { file("summary.json") }
  /// The policy at the end of the training.
  public var policy: String { file("policy.safetensors") }
  /// Folder of the checkpoints.
  public var checkpoints: String { file("checkpoints") }
  /// Folder of what the processes wrote.
  public var logs: String { file("logs") }
  /// Folder of the sockets of `endpoints: ipc`.
  public var sockets: String { file("sockets") }
  /// Folder of recorded episodes.
  public var episodes: String { file("episodes") }
  /// Folder of the sessions of actors that have an arm of their own, by their numbers.
  public var actors: String { file(Self.actorsName) }

  /// Creates the folder and those in it.
  ///
  /// Throws `earlierRun` where there is one and it is to stay, and `foreignFolder` where something
  /// else lies there.
  public init(creating path: String, earlierRun: EarlierRun) throws(MetricsError) {
    self.path = path
    if try Self.holdsRun(path) {
      guard earlierRun == .replace else { throw .earlierRun(folder: path) }
      for name in try Self.contents(of: path) where Self.isOurs(name) { try remove(name) }
    }
    for folder in [path] + Self.folders.map(file) { try Self.createFolder(folder) }
  }

  /// Whether a run could be put there only in the place of an earlier one.
  ///
  /// Throws `foreignFolder` where something else lies there.
  public static func holdsRun(_ path: String) throws(MetricsError) -> Bool {
    let contents = try contents(of: path)
    if contents.contains(where: { marks.contains($0) || isEventFile($0) }) { return true }
    for name in contents {
      guard folders.contains(name), try Self.contents(of: joined(path, name)).isEmpty else {
        throw .foreignFolder(path, contents: name)
      }
    }
    return false
  }

  /// Works in a folder that no other process works in meanwhile; makes it where there is none.
  ///
  /// The kernel lets go of it with this process, however that ends. Throws `inUse`.
  @discardableResult public static func holding<Result>(
    _ path: String, _ work: () throws -> Result
  ) throws -> Result {
    let isNew = !FileManager.default.fileExists(atPath: path)
    try createFolder(path)
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MetricsError.refused(file: path, reason: systemReason()) }
    defer {
      close(descriptor)
      // Work that was refused before it began leaves no empty folder.
      if isNew { rmdir(path) }
    }
    // Who only looks whether it is held holds it for a moment.
    var isTaken = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    for _ in 0..<20 where !isTaken && errno == EWOULDBLOCK {
      usleep(5000)
      isTaken = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }
    guard isTaken else {
      throw errno == EWOULDBLOCK
        ? MetricsError.inUse(folder: path)
        : MetricsError.refused(file: path, reason: systemReason())
    }
    return try work()
  }

  /// Whether a process works in a folder now, see `holding`.
  public static func isHeld(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// The folder of a run that goes on, with all the folders in it; throws `noRun` where there is none.
  public init(resuming path: String) throws(MetricsError) {
    try self.init(opening: path)
    for folder in Self.folders.map(file) { try Self.createFolder(folder) }
  }

  /// The folder of a run that has been; throws `noRun` where there is none.
  public init(opening path: String) throws(MetricsError) {
    self.path = path
    guard FileManager.default.fileExists(atPath: resolvedRecipe) else {
      throw .noRun(folder: path)
    }
  }

  /// What a process wrote.
  public func log(of process: String) -> String { logs + "/\(process).log" }

  /// A TensorBoard event file of this run, started at a time in seconds since 1970.
  public func events(startedAt unixSeconds: Int) -> String {
    file("events.out.tfevents." + padded(unixSeconds, digits: 10) + ".kinglet.0.0")
  }

  /// Writes a whole file: a reader sees the old text or the new one, never a part.
  public func write(_ text: String, to file: String) throws(MetricsError) {
    try Self.replace(file, with: Array(text.utf8))
  }

  /// Writes a whole file in the place of an earlier one, by way of a draft beside it.
  static func replace(_ file: String, with bytes: [UInt8]) throws(MetricsError) {
    let draft = file + ".part"
    guard unlink(draft) == 0 || errno == ENOENT else {
      throw .refused(file: draft, reason: systemReason())
    }
    _ = try OutputFile(draft, start: .new, first: bytes)
    guard rename(draft, file) == 0 else { throw .refused(file: file, reason: systemReason()) }
  }

  private func file(_ name: String) -> String { Self.joined(path, name) }

  private static func joined(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  private func remove(_ name: String) throws(MetricsError) {
    do { try FileManager.default.removeItem(atPath: file(name)) } catch {
      throw .refused(file: file(name), reason: "cannot be removed")
    }
  }

  private static func isEventFile(_ name: String) -> Bool {
    name.hasPrefix("events.out.tfevents.")
  }

  private static func isOurs(_ name: String) -> Bool {
    files.contains(name) || folders.contains(name) || isEventFile(name)
      || files.contains { name == $0 + ".part" }
  }

  /// Names in a folder in alphabetical order; none where there is no folder.
  private static func contents(of folder: String) throws(MetricsError) -> [String] {
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
      throw .refused(file: folder, reason: "is not a folder that can be listed")
    }
  }

  private static func createFolder(_ path: String) throws(MetricsError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .refused(file: path, reason: "cannot be created as a folder")
    }
  }
}

private func padded(_ number: Int, digits: Int) -> String {
  let text = "\(number)"
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
