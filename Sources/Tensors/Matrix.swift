internal import CKernels

/// Owner of rows×columns floats, row-major, aligned to cache lines, zero at first.
public struct Matrix: ~Copyable, @unchecked Sendable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// The first element.
  ///
  /// Valid as long as the matrix lives.
  public let base: UnsafeMutablePointer<Float>

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows)×\(columns)")
    self.rows = rows
    self.columns = columns
    base = allocateFloats(rows * columns)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  /// Number of elements.
  public var count: Int { rows * columns }

  /// Element (row, column).
  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      return base[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      base[row * columns + column] = newValue
    }
  }

  /// The elements, row by row.
  public var values: [Float] { Array(elements) }

  /// The elements in place, row by row.
  ///
  /// Valid as long as the matrix lives.
  public var elements: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: base, count: count)
  }

  /// Fills a row from the first `columns` elements of a list of that length.
  public mutating func setRow(_ row: Int, to list: [Float]) {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    precondition(list.count == columns, "a row of \(list.count) for \(columns) columns")
    list.withUnsafeBufferPointer { source in
      guard let first = source.baseAddress else { return }
      (base + row * columns).update(from: first, count: columns)
    }
  }

  /// Asks for rows to be brought near while other work goes on; changes nothing.
  public func prefetch(rows: Range<Int>) {
    kinglet_prefetch(base + rows.lowerBound * columns, Int64(rows.count * columns))
  }
}
