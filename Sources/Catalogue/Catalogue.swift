import GRDB

/// Why a catalogue cannot be used.
public struct CatalogueError: Error, Equatable, CustomStringConvertible {
  /// One line for a person.
  public let description: String
}

/// A file that may be an episode.
public struct FileStamp: Equatable, Sendable {
  /// Its path.
  public var file: String
  /// Its size [bytes].
  public var bytes: Int64
  /// When it was last changed, since 1970 [ns].
  public var modified: Int64

  /// A stamp of its parts.
  public init(file: String, bytes: Int64, modified: Int64) {
    self.file = file
    self.bytes = bytes
    self.modified = modified
  }
}

/// An index of recorded episodes in SQLite.
///
/// The files are what counts: the index is made from them, follows them, and may be deleted at any
/// time.
public struct Catalogue: Sendable {
  private let queue: DatabaseQueue

  /// Opens or creates the index at a path.
  ///
  /// One that another version made is made anew.
  public init(_ path: String) throws(CatalogueError) {
    do {
      queue = try DatabaseQueue(path: path)
      try queue.write(Self.prepare)
    } catch {
      throw CatalogueError(
        description: "\(path): cannot be used as the index of episodes: \(error); delete it, "
          + "it is made again from the files")
    }
  }

  /// Version of the table below.
  private static let version = 2

  private static func prepare(_ database: Database) throws {
    if try Int.fetchOne(database, sql: "PRAGMA user_version") != version {
      try database.execute(sql: "DROP TABLE IF EXISTS episode")
    }
    try database.create(table: "episode", options: .ifNotExists) { table in
      table.primaryKey("file", .text)
      for name in ["bytes", "modified", "episode", "steps", "policyVersion"] {
        table.column(name, .integer).notNull()
      }
      for name in ["run", "task", "robot", "seed", "started"] {
        table.column(name, .text).notNull()
      }
      for name in ["isEvaluation", "isRewarded", "isCut"] { table.column(name, .boolean).notNull() }
      table.column("seconds", .double).notNull()
      table.column("isSuccess", .boolean)
      table.column("peakForce", .double)
      table.column("fault", .text)
    }
    try database.execute(sql: "PRAGMA user_version = \(version)")
  }

  /// Brings the index to what the files are: reads those that are new or changed, forgets those
  /// that are gone.
  ///
  /// Gives how many were read.
  @discardableResult public func follow(
    _ stamps: [FileStamp], read: (FileStamp) -> CatalogueEntry
  ) throws(CatalogueError) -> Int {
    do {
      return try queue.write { database in
        let known = try CatalogueEntry.fetchAll(database)
        let before = Dictionary(uniqueKeysWithValues: known.map { ($0.file, $0) })
        let present = Set(stamps.map(\.file))
        for entry in known where !present.contains(entry.file) { try entry.delete(database) }
        var count = 0
        for stamp in stamps {
          let entry = before[stamp.file]
          if entry?.bytes == stamp.bytes, entry?.modified == stamp.modified { continue }
          try read(stamp).save(database)
          count += 1
        }
        return count
      }
    } catch {
      throw CatalogueError(description: "the index of episodes cannot be written: \(error)")
    }
  }

  /// The entries that pass a filter, the earliest first.
  public func entries(_ filter: CatalogueFilter) throws(CatalogueError) -> [CatalogueEntry] {
    do {
      return try queue.read { try Self.request(filter).fetchAll($0) }
    } catch {
      throw CatalogueError(description: "the index of episodes cannot be read: \(error)")
    }
  }

  private static func request(_ filter: CatalogueFilter) -> QueryInterfaceRequest<CatalogueEntry> {
    var request = CatalogueEntry.order(Column("started"), Column("file"))
    if let task = filter.task { request = request.filter(Column("task") == task) }
    if let run = filter.run {
      request = request.filter(sql: "instr(run, ?) > 0", arguments: [run])
    }
    if let success = filter.success {
      request = request.filter(
        sql: "fault IS NULL AND NOT isCut AND coalesce(isSuccess, isRewarded) = ?",
        arguments: [success])
    }
    if let steps = filter.steps { request = request.filter(steps.contains(Column("steps"))) }
    if let force = filter.force { request = request.filter(Column("peakForce") <= force) }
    if let since = filter.since { request = request.filter(Column("started") >= since) }
    if let before = filter.before { request = request.filter(Column("started") < before) }
    return request
  }
}
