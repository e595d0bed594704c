/// A column's rows of one row group as a data page, version 1, uncompressed, with a checksum.
package struct ParquetPage {
  /// Levels where the column holds lists, otherwise values.
  package let valueCount: Int
  /// Header and body.
  package let bytes: [UInt8]

  package init(_ rows: ParquetRows) {
    var body: [UInt8] = []
    if let lengths = rows.listLengths {
      let levels = listLevels(lengths)
      body = levelBytes(levels.repetition) + levelBytes(levels.definition)
      valueCount = levels.definition.count
    } else {
      valueCount = rows.count
    }
    body += rows.plain
    bytes = Self.header(body, valueCount: valueCount).bytes + body
  }

  private static func header(_ body: [UInt8], valueCount: Int) -> ThriftStruct {
    var page = ThriftStruct()
    page.integer32(1, Int32(valueCount))
    page.integer32(2, plainEncoding)
    page.integer32(3, levelEncoding)
    page.integer32(4, levelEncoding)
    var header = ThriftStruct()
    header.integer32(1, dataPage)
    header.integer32(2, Int32(body.count))
    header.integer32(3, Int32(body.count))
    header.integer32(4, Int32(bitPattern: Checksum.of(body)))
    header.structure(5, page)
    return header
  }

  package static let dataPage: Int32 = 0
  package static let plainEncoding: Int32 = 0
  /// Runs of equal levels, or of levels packed bit by bit.
  package static let levelEncoding: Int32 = 3
}

/// The levels of lists of these lengths: whether each value goes on with its list, and whether
/// there is a value.
///
/// An empty list has one level of each kind and no value.
package func listLevels(_ lengths: [Int]) -> (repetition: [Bool], definition: [Bool]) {
  var repetition: [Bool] = []
  var definition: [Bool] = []
  for length in lengths {
    repetition.append(false)
    definition.append(length > 0)
    for _ in 0..<max(length - 1, 0) {
      repetition.append(true)
      definition.append(true)
    }
  }
  return (repetition, definition)
}

/// Levels of one bit behind their length [bytes]: one repeated run where all are equal, otherwise
/// one packed run.
package func levelBytes(_ levels: [Bool]) -> [UInt8] {
  var run: [UInt8] = []
  if let first = levels.first {
    if levels.allSatisfy({ $0 == first }) {
      run = variableLength(UInt64(levels.count) << 1) + [first ? 1 : 0]
    } else {
      let groups = UInt64((levels.count + 7) / 8)
      run = variableLength(groups << 1 | 1) + packedBits(levels)
    }
  }
  let count = UInt32(run.count)
  return (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + run
}
