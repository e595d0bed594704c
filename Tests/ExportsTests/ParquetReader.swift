import Foundation

/// Reads whole Parquet files of the kind that exports write, by the format's own words: slow, strict,
/// and sharing nothing with the writer.
struct ParquetReader {
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// A Thrift value.
  indirect enum Thrift {
    case number(Int64)
    case bytes([UInt8])
    case list([Thrift])
    case fields([Int: Thrift])

    subscript(_ field: Int) -> Thrift? {
      if case .fields(let fields) = self { return fields[field] }
      return nil
    }

    var number: Int64? { if case .number(let value) = self { value } else { nil } }
    var list: [Thrift]? { if case .list(let value) = self { value } else { nil } }
    var text: String? {
      if case .bytes(let value) = self { String(decoding: value, as: UTF8.self) } else { nil }
    }
  }

  /// One value.
  enum Value: Equatable {
    case boolean(Bool)
    case integer(Int64)
    case float(Float)
    case double(Double)
    case text(String)
  }

  struct Column {
    let name: String
    let type: Int64
    let isList: Bool
  }

  private let bytes: [UInt8]
  let columns: [Column]
  let metadata: [String: String]
  /// For each row group and column, the rows, each with its values.
  private(set) var groups: [[[[Value]]]] = []

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    let mark = Array("PAR1".utf8)
    guard bytes.starts(with: mark), bytes.suffix(4).elementsEqual(mark) else {
      throw Malformed(description: "no marks")
    }
    var length = Cursor(bytes, at: bytes.count - 8)
    let count = Int(try length.fixed(4))
    var cursor = Cursor(bytes, at: bytes.count - 8 - count)
    let file = try cursor.structure()
    guard cursor.position == bytes.count - 8 else { throw Malformed(description: "footer") }
    columns = try Self.columns(file[2]?.list ?? [])
    metadata = Dictionary(
      (file[5]?.list ?? []).map { ($0[1]?.text ?? "", $0[2]?.text ?? "") },
      uniquingKeysWith: { first, _ in first })
    var position = 4
    for group in file[4]?.list ?? [] {
      groups.append(try read(group, from: &position))
    }
    guard position == bytes.count - 8 - count else { throw Malformed(description: "a gap") }
    let rows = groups.reduce(0) { $0 + ($1.first?.count ?? 0) }
    guard file[3]?.number == Int64(rows) else { throw Malformed(description: "row count") }
  }

  private static func columns(_ nodes: [Thrift]) throws -> [Column] {
    var columns: [Column] = []
    var index = 1
    while index < nodes.count {
      let name = nodes[index][4]?.text ?? ""
      let isList = nodes[index][5]?.number == 1
      if isList {
        guard nodes[index][6]?.number == 3, nodes[index + 1][3]?.number == 2 else {
          throw Malformed(description: "\(name) is no list")
        }
        index += 2
      }
      guard let type = nodes[index][1]?.number, nodes[index][3]?.number == 0 else {
        throw Malformed(description: "\(name) has no required leaf")
      }
      columns.append(Column(name: name, type: type, isList: isList))
      index += 1
    }
    guard nodes[0][5]?.number == Int64(columns.count) else {
      throw Malformed(description: "root")
    }
    return columns
  }

  private func read(_ group: Thrift, from position: inout Int) throws -> [[[Value]]] {
    let chunks = group[1]?.list ?? []
    guard chunks.count == columns.count else { throw Malformed(description: "chunks") }
    var result: [[[Value]]] = []
    for (column, chunk) in zip(columns, chunks) {
      let data = chunk[3]
      guard data?[9]?.number == Int64(position), data?[4]?.number == 0 else {
        throw Malformed(description: "\(column.name): offset")
      }
      let path = column.isList ? [column.name, "list", "element"] : [column.name]
      guard data?[3]?.list?.map(\.text) == path else { throw Malformed(description: "path") }
      var cursor = Cursor(bytes, at: position)
      let rows = try page(column, &cursor, levels: data?[5]?.number)
      guard data?[7]?.number == Int64(cursor.position - position) else {
        throw Malformed(description: "\(column.name): size")
      }
      position = cursor.position
      guard group[3]?.number == Int64(rows.count) else { throw Malformed(description: "rows") }
      result.append(rows)
    }
    return result
  }

  private func page(_ column: Column, _ cursor: inout Cursor, levels: Int64?) throws -> [[Value]] {
    let header = try cursor.structure()
    let size = Int(header[3]?.number ?? -1)
    let body = cursor.position
    guard let count = header[5]?[1]?.number, count == levels, header[5]?[2]?.number == 0 else {
      throw Malformed(description: "\(column.name): page header")
    }
    let crc = Self.crc32(bytes[body..<body + size])
    guard header[4]?.number == Int64(Int32(bitPattern: crc)) else {
      throw Malformed(description: "\(column.name): checksum")
    }
    var rows: [[Value]] = []
    if column.isList {
      let repetition = try cursor.levels(Int(count))
      let definition = try cursor.levels(Int(count))
      var values = try cursor.values(column.type, definition.filter { $0 == 1 }.count)[...]
      for (again, isThere) in zip(repetition, definition) {
        if again == 0 { rows.append([]) }
        if isThere == 1 { rows[rows.count - 1].append(values.removeFirst()) }
      }
    } else {
      rows = try cursor.values(column.type, Int(count)).map { [$0] }
    }
    guard cursor.position == body + size else { throw Malformed(description: "page size") }
    return rows
  }

  /// CRC-32 bit by bit, slow and unlike the writer's.
  static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var remainder: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 {
        remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1
      }
    }
    return remainder ^ 0xFFFF_FFFF
  }
}
