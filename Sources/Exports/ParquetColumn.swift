/// A column: its name and what each row holds.
package struct ParquetColumn: Sendable, Equatable {
  /// The type of a value, by Parquet's number for it.
  package enum Kind: Int32, Sendable {
    case boolean = 0
    case integer = 2
    case float = 4
    case double = 5
    case text = 6
  }

  package let name: String
  package let kind: Kind
  /// Whether each row holds a list of values, rather than one.
  package let isList: Bool

  package init(_ name: String, _ kind: Kind, isList: Bool = false) {
    self.name = name
    self.kind = kind
    self.isList = isList
  }

  /// The way to the values through the schema.
  package var path: [String] { isList ? [name, "list", "element"] : [name] }
}

/// The rows of a column in one row group.
package enum ParquetRows: Sendable {
  case booleans([Bool])
  case integers([Int64])
  case floats([Float])
  case doubles([Double])
  case texts([String])
  case integerLists([[Int64]])
  case floatLists([[Float]])
  case doubleLists([[Double]])
  case textLists([[String]])

  package var count: Int {
    switch self {
    case .booleans(let rows): rows.count
    case .integers(let rows): rows.count
    case .floats(let rows): rows.count
    case .doubles(let rows): rows.count
    case .texts(let rows): rows.count
    case .integerLists(let rows): rows.count
    case .floatLists(let rows): rows.count
    case .doubleLists(let rows): rows.count
    case .textLists(let rows): rows.count
    }
  }

  package var kind: ParquetColumn.Kind {
    switch self {
    case .booleans: .boolean
    case .integers, .integerLists: .integer
    case .floats, .floatLists: .float
    case .doubles, .doubleLists: .double
    case .texts, .textLists: .text
    }
  }

  /// The number of values in each row; nil where each row is one value.
  package var listLengths: [Int]? {
    switch self {
    case .booleans, .integers, .floats, .doubles, .texts: nil
    case .integerLists(let rows): rows.map(\.count)
    case .floatLists(let rows): rows.map(\.count)
    case .doubleLists(let rows): rows.map(\.count)
    case .textLists(let rows): rows.map(\.count)
    }
  }

  /// Every value in Parquet's PLAIN encoding.
  package var plain: [UInt8] {
    switch self {
    case .booleans(let rows): packedBits(rows)
    case .integers(let rows): littleEndian(rows)
    case .floats(let rows): littleEndian(rows.map(\.bitPattern))
    case .doubles(let rows): littleEndian(rows.map(\.bitPattern))
    case .texts(let rows): lengthPrefixed(rows)
    case .integerLists(let rows): littleEndian(Array(rows.joined()))
    case .floatLists(let rows): littleEndian(rows.joined().map(\.bitPattern))
    case .doubleLists(let rows): littleEndian(rows.joined().map(\.bitPattern))
    case .textLists(let rows): lengthPrefixed(Array(rows.joined()))
    }
  }
}

/// Eight to a byte, the first in the lowest bit.
package func packedBits(_ bits: [Bool]) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
  for (index, bit) in bits.enumerated() where bit { bytes[index / 8] |= 1 << UInt8(index % 8) }
  return bytes
}

private func littleEndian<I: FixedWidthInteger & BitwiseCopyable>(_ values: [I]) -> [UInt8] {
  values.map(\.littleEndian).withUnsafeBytes { Array($0) }
}

private func lengthPrefixed(_ texts: [String]) -> [UInt8] {
  texts.flatMap { littleEndian([UInt32($0.utf8.count)]) + Array($0.utf8) }
}
