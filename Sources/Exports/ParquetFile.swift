import Foundation

/// A Parquet file being written, row group by row group.
package struct ParquetFile: ~Copyable {
  private let columns: [ParquetColumn]
  private let metadata: [(String, String)]
  private var file: OutputFile
  private var footer = ParquetFooter()

  /// Creates the file, which must not exist; `metadata` are keys and values for its readers.
  package init(
    creating path: String, _ columns: [ParquetColumn], metadata: [(String, String)] = []
  ) throws(ExportError) {
    var opened = try OutputFile(creating: path)
    try opened.append(parquetMark)
    self.columns = columns
    self.metadata = metadata
    file = opened
  }

  /// Bytes so far, and about what the footer tells of them.
  package var byteCount: Int { file.byteCount + footer.groups.count * columns.count * 128 }

  /// Adds one row group: a page for each column.
  package mutating func append(_ pages: [ParquetPage], rows: Int) throws(ExportError) {
    precondition(pages.count == columns.count, "each column needs a page")
    var group = ParquetFooter.Group(rows: rows)
    for page in pages {
      group.chunks.append(
        .init(offset: file.byteCount, size: page.bytes.count, valueCount: page.valueCount))
      try file.append(page.bytes)
    }
    footer.groups.append(group)
  }

  /// The pages of rows for these columns.
  package static func pages(_ columns: [ParquetColumn], _ rows: [ParquetRows]) -> [ParquetPage] {
    precondition(
      columns.map(\.kind) == rows.map(\.kind)
        && columns.map(\.isList) == rows.map { $0.listLengths != nil },
      "the rows are not those of the columns")
    return rows.map { ParquetPage($0) }
  }

  /// Writes the footer, closes the file and reads it again; gives its size [bytes].
  package mutating func finish() throws(ExportError) -> Int {
    let end = footer.bytes(columns, metadata: metadata)
    // The length before the closing mark is a UInt32, which readers take for an Int32.
    guard end.count <= Int32.max else {
      throw .refused(file: file.path, reason: "its footer would pass 2 GiB")
    }
    try file.append(end)
    let written = try file.finish()
    try check(written, footerCount: end.count - 8)
    return written.byteCount
  }

  private func check(_ written: WrittenFile, footerCount: Int) throws(ExportError) {
    try written.check()
    let descriptor = open(written.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .refused(file: written.path, reason: systemReason()) }
    defer { close(descriptor) }
    let end = piece(descriptor, at: written.byteCount - footerCount - 8, count: footerCount)
    guard let found = try? ParquetFooter(reading: end) else {
      throw .differs(file: written.path, reason: "its footer cannot be read")
    }
    guard found.rows == footer.rows else {
      throw .differs(file: written.path, reason: "\(found.rows) rows in place of \(footer.rows)")
    }
    guard found == footer else {
      throw .differs(file: written.path, reason: "its footer places columns elsewhere")
    }
    for group in found.groups {
      for chunk in group.chunks {
        let head = piece(descriptor, at: chunk.offset, count: min(chunk.size, 64))
        guard Self.opensPage(head, chunk) else {
          throw .differs(file: written.path, reason: "no page begins at byte \(chunk.offset)")
        }
      }
    }
  }

  /// Whether the bytes begin with the header of the chunk's page.
  private static func opensPage(_ bytes: [UInt8], _ chunk: ParquetFooter.Chunk) -> Bool {
    var reader = ThriftReader(bytes)
    var last = 0
    var size: Int64 = -1
    do throws(ThriftReader.Fault) {
      while let field = try reader.field(after: last) {
        if field.number == 3 { size = try reader.integer() } else { try reader.skip(field.kind) }
        last = field.number
      }
    } catch {
      return false
    }
    return Int64(reader.position) + size == Int64(chunk.size)
  }

  /// Bytes of a file; fewer where it ends before.
  private func piece(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(buffer).baseAddress?.advanced(by: filled)
        let found = pread(descriptor, rest, count - filled, off_t(offset + filled))
        if found < 0 && errno == EINTR { continue }
        guard found > 0 else { return }
        filled += found
      }
    }
  }
}
