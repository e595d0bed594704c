/// What the end of a Parquet file tells about the rest.
package struct ParquetFooter: Equatable {
  /// Where a column's page lies.
  package struct Chunk: Equatable {
    package var offset = 0
    /// Header and body [bytes].
    package var size = 0
    package var valueCount = 0

    package init(offset: Int = 0, size: Int = 0, valueCount: Int = 0) {
      self.offset = offset
      self.size = size
      self.valueCount = valueCount
    }
  }

  /// Rows that were written together.
  package struct Group: Equatable {
    package var rows = 0
    /// One for each column.
    package var chunks: [Chunk] = []

    package init(rows: Int = 0, chunks: [Chunk] = []) {
      self.rows = rows
      self.chunks = chunks
    }
  }

  package var groups: [Group] = []

  package init() {}

  package var rows: Int { groups.reduce(0) { $0 + $1.rows } }

  /// The file's metadata, its length and the closing mark.
  package func bytes(_ columns: [ParquetColumn], metadata: [(String, String)]) -> [UInt8] {
    var file = ThriftStruct()
    file.integer32(1, 2)
    file.list(2, of: .structure, schema(columns))
    file.integer64(3, Int64(rows))
    file.list(4, of: .structure, groups.map { $0.thrift(columns).bytes })
    if !metadata.isEmpty {
      let pairs = metadata.map { key, value in
        var pair = ThriftStruct()
        pair.text(1, key)
        pair.text(2, value)
        return pair.bytes
      }
      file.list(5, of: .structure, pairs)
    }
    file.text(6, "kinglet")
    let bytes = file.bytes
    let count = UInt32(bytes.count)
    return bytes + (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + parquetMark
  }
}

/// The first and the last bytes of a Parquet file.
package let parquetMark = Array("PAR1".utf8)

extension ParquetFooter.Group {
  fileprivate func thrift(_ columns: [ParquetColumn]) -> ThriftStruct {
    let size = Int64(chunks.reduce(0) { $0 + $1.size })
    var group = ThriftStruct()
    group.list(1, of: .structure, zip(columns, chunks).map { $1.thrift($0).bytes })
    group.integer64(2, size)
    group.integer64(3, Int64(rows))
    group.integer64(5, Int64(chunks.first?.offset ?? 0))
    group.integer64(6, size)
    return group
  }
}

extension ParquetFooter.Chunk {
  fileprivate func thrift(_ column: ParquetColumn) -> ThriftStruct {
    let encodings = [ParquetPage.plainEncoding, ParquetPage.levelEncoding]
    var data = ThriftStruct()
    data.integer32(1, column.kind.rawValue)
    data.list(2, of: .integer32, encodings.map { thriftInteger(Int64($0)) })
    data.list(3, of: .bytes, column.path.map(thriftText))
    data.integer32(4, 0)
    data.integer64(5, Int64(valueCount))
    data.integer64(6, Int64(size))
    data.integer64(7, Int64(size))
    data.integer64(9, Int64(offset))
    var chunk = ThriftStruct()
    chunk.integer64(2, Int64(offset))
    chunk.structure(3, data)
    return chunk
  }
}

/// The tree of columns, each node before its children: lists have three levels.
private func schema(_ columns: [ParquetColumn]) -> [[UInt8]] {
  var root = ThriftStruct()
  root.text(4, "schema")
  root.integer32(5, Int32(columns.count))
  return [root.bytes]
    + columns.flatMap { column in
      column.isList
        ? listNodes(column.name) + [leaf("element", column.kind)] : [leaf(column.name, column.kind)]
    }
}

private func listNodes(_ name: String) -> [[UInt8]] {
  var kind = ThriftStruct()
  kind.structure(3, ThriftStruct())
  var outer = ThriftStruct()
  outer.integer32(3, 0)
  outer.text(4, name)
  outer.integer32(5, 1)
  outer.integer32(6, 3)
  outer.structure(10, kind)
  var inner = ThriftStruct()
  inner.integer32(3, 2)
  inner.text(4, "list")
  inner.integer32(5, 1)
  return [outer.bytes, inner.bytes]
}

private func leaf(_ name: String, _ kind: ParquetColumn.Kind) -> [UInt8] {
  var node = ThriftStruct()
  node.integer32(1, kind.rawValue)
  node.integer32(3, 0)
  node.text(4, name)
  if kind == .text {
    var logical = ThriftStruct()
    logical.structure(1, ThriftStruct())
    node.integer32(6, 0)
    node.structure(10, logical)
  }
  return node.bytes
}
