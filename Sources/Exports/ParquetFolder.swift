/// Parquet files `chunk-000/file-000.parquet` and on in a folder, each about as large as allowed.
package struct ParquetFolder: ~Copyable {
  /// Where a row group lies: a chunk is a folder of many files.
  package struct Place: Equatable, Sendable {
    package var chunk = 0
    package var file = 0

    package init(chunk: Int = 0, file: Int = 0) {
      self.chunk = chunk
      self.file = file
    }
  }

  package static let filesInChunk = 1000

  private let path: String
  private let columns: [ParquetColumn]
  /// The size at which a new file begins [bytes].
  private let largestFile: Int
  private let filesInChunk: Int
  private var place: Place?
  private var open: ParquetFile?
  /// Size of the files that are closed [bytes].
  private var closedBytes = 0

  /// Files of these columns in a folder that is there and empty.
  package init(
    in path: String, _ columns: [ParquetColumn], largestFile: Int,
    filesInChunk: Int = Self.filesInChunk
  ) {
    self.filesInChunk = filesInChunk
    self.path = path
    self.columns = columns
    self.largestFile = largestFile
  }

  /// Opens the file for a row group of this size [bytes] and tells where it is.
  package mutating func place(forBytes count: Int) throws(ExportError) -> Place {
    let isFull = (open?.byteCount ?? 0) + count >= largestFile
    if let place, !isFull { return place }
    var next = Place()
    if let place {
      try close()
      let number = place.chunk * filesInChunk + place.file + 1
      next = Place(chunk: number / filesInChunk, file: number % filesInChunk)
    }
    let folder = path + "/chunk-" + Self.padded(next.chunk)
    if next.file == 0 { try makeFolder(folder) }
    open = try ParquetFile(
      creating: folder + "/file-" + Self.padded(next.file) + ".parquet", columns)
    place = next
    return next
  }

  /// Adds a row group to the file that `place` has opened.
  package mutating func append(_ pages: [ParquetPage], rows: Int) throws(ExportError) {
    try open?.append(pages, rows: rows)
  }

  /// Closes the last file; gives the size of all [bytes].
  package mutating func finish() throws(ExportError) -> Int {
    try close()
    return closedBytes
  }

  private mutating func close() throws(ExportError) {
    closedBytes += try open?.finish() ?? 0
    open = nil
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(3 - digits.count, 0)) + digits
  }
}
