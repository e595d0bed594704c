extension ParquetFooter {
  /// Reads the rows and places back from a file's metadata; the metadata must tell the sum of the
  /// rows too.
  package init(reading bytes: [UInt8]) throws(ThriftReader.Fault) {
    var reader = ThriftReader(bytes)
    var total: Int64?
    var last = 0
    while let field = try reader.field(after: last) {
      switch field.number {
      case 3: total = try reader.integer()
      case 4:
        let count = try reader.list().count
        for _ in 0..<count { groups.append(try Group(&reader)) }
      default: try reader.skip(field.kind)
      }
      last = field.number
    }
    guard reader.position == bytes.count, total == Int64(rows) else { throw ThriftReader.Fault() }
  }
}

extension ParquetFooter.Group {
  fileprivate init(_ reader: inout ThriftReader) throws(ThriftReader.Fault) {
    var last = 0
    while let field = try reader.field(after: last) {
      switch field.number {
      case 1:
        let count = try reader.list().count
        for _ in 0..<count { chunks.append(try ParquetFooter.Chunk(&reader)) }
      case 3: rows = try reader.count()
      default: try reader.skip(field.kind)
      }
      last = field.number
    }
  }
}

extension ParquetFooter.Chunk {
  fileprivate init(_ reader: inout ThriftReader) throws(ThriftReader.Fault) {
    var last = 0
    while let field = try reader.field(after: last) {
      if field.number == 3 { try readData(&reader) } else { try reader.skip(field.kind) }
      last = field.number
    }
  }

  private mutating func readData(_ reader: inout ThriftReader) throws(ThriftReader.Fault) {
    var last = 0
    while let field = try reader.field(after: last) {
      switch field.number {
      case 5: valueCount = try reader.count()
      case 7: size = try reader.count()
      case 9: offset = try reader.count()
      default: try reader.skip(field.kind)
      }
      last = field.number
    }
  }
}

extension ThriftReader {
  /// An integer of a size that files have; sums of a few million of them do not overflow.
  fileprivate mutating func count() throws(Fault) -> Int {
    let value = try integer()
    guard (0...1 << 40).contains(value) else { throw Fault() }
    return Int(value)
  }
}
