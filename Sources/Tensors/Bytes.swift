import Glibc

/// Owner of rows×columns bytes, row-major, zero at first; memory is taken when it is first written.
///
/// For what is too large to be kept as floats: images.
public struct Bytes: ~Copyable, @unchecked Sendable {
  /// Number of rows.
  public let rows: Int
  /// Bytes of a row.
  public let columns: Int
  /// The first byte.
  ///
  /// Valid as long as the bytes live.
  public let base: UnsafeMutablePointer<UInt8>
  private let length: Int

  /// Bytes of zero; more than the address space holds is a fault of the caller.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "bytes of \(rows)×\(columns)")
    self.rows = rows
    self.columns = columns
    length = max(rows * columns, 1)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let mapped, mapped != MAP_FAILED else {
      preconditionFailure("no address space for \(length) bytes")
    }
    madvise(mapped, length, MADV_HUGEPAGE)
    base = mapped.bindMemory(to: UInt8.self, capacity: length)
  }

  deinit { munmap(base, length) }

  /// The bytes of a row.
  public func row(_ row: Int) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    return UnsafeMutableBufferPointer(start: base + row * columns, count: columns)
  }

  /// Copies a row of other bytes, of equal columns, to a row.
  public mutating func setRow(_ row: Int, to source: borrowing Bytes, _ sourceRow: Int) {
    precondition(source.columns == columns, "a row of \(source.columns) for \(columns) bytes")
    let from = UnsafeBufferPointer(source.row(sourceRow))
    guard let first = from.baseAddress, columns > 0 else { return }
    (base + row * columns).update(from: first, count: self.row(row).count)
  }

  /// Fills a row from a list of `columns` bytes.
  public mutating func setRow(_ row: Int, to list: [UInt8]) {
    precondition(list.count == columns, "a row of \(list.count) for \(columns) bytes")
    _ = self.row(row).update(fromContentsOf: list)
  }
}
