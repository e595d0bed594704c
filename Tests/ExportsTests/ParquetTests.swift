import Foundation
import Testing

import Exports

@Suite struct `Parquet` {
  @Test func `integers of Thrift read back`() throws {
    var generator = SplitMix(state: 1)
    var values: [Int64] = [0, -1, 1, 63, 64, -64, -65, .max, .min]
    for shift in 0..<64 { values.append(Int64(bitPattern: generator.next() >> UInt64(shift))) }
    for value in values + values.map({ 0 &- $0 }) {
      var cursor = ParquetReader.Cursor(thriftInteger(value))
      #expect(try cursor.zigzag() == value)
      #expect(cursor.position == cursor.bytes.count)
      var reader = ThriftReader(thriftInteger(value))
      #expect(try reader.integer() == value)
    }
    #expect(variableLength(300) == [0xAC, 0x02])
    #expect(thriftInteger(-1) == [1])
  }

  @Test func `fields far apart and long lists read back`() throws {
    var generator = SplitMix(state: 2)
    for count in 0..<40 {
      var writer = ThriftStruct()
      var expected: [Int: Int64] = [:]
      var number: Int16 = 0
      for _ in 0..<count {
        number += Int16.random(in: 1...40, using: &generator)
        let value = Int64(Int32(truncatingIfNeeded: generator.next()))
        expected[Int(number)] = value
        if Bool.random(using: &generator) {
          writer.integer32(number, Int32(value))
        } else {
          writer.integer64(number, value)
        }
      }
      writer.list(number + 1, of: .integer64, (0..<count).map { thriftInteger(Int64($0)) })
      var cursor = ParquetReader.Cursor(writer.bytes)
      let found = try cursor.structure()
      for (number, value) in expected { #expect(found[number]?.number == value) }
      #expect(found[Int(number) + 1]?.list?.map(\.number) == (0..<count).map { Int64($0) })
      var reader = ThriftReader(writer.bytes)
      try reader.skip(12)
      #expect(reader.position == writer.bytes.count)
    }
  }

  @Test func `bits are packed from the lowest`() throws {
    #expect(packedBits([true, false, false, true]) == [0b1001])
    #expect(packedBits([]) == [])
    var generator = SplitMix(state: 3)
    for count in 0..<70 {
      let bits = (0..<count).map { _ in Bool.random(using: &generator) }
      var cursor = ParquetReader.Cursor(packedBits(bits))
      #expect(try cursor.values(0, count) == bits.map { .boolean($0) })
      #expect(cursor.position == cursor.bytes.count)
    }
  }

  @Test func `levels tell lists apart`() throws {
    var generator = SplitMix(state: 4)
    for longest in 0..<12 {
      for count in [0, 1, 2, 7, 8, 9, 40] {
        let lengths = (0..<count).map { _ in Int.random(in: 0...longest, using: &generator) }
        let levels = listLevels(lengths)
        for part in [levels.repetition, levels.definition] {
          var cursor = ParquetReader.Cursor(levelBytes(part))
          #expect(try cursor.levels(part.count) == part.map { $0 ? 1 : 0 })
          #expect(cursor.position == cursor.bytes.count)
        }
        #expect(levels.repetition.filter { !$0 }.count == count)
        #expect(levels.definition.filter { $0 }.count == lengths.reduce(0, +))
      }
    }
    #expect(listLevels([2, 0, 1]).repetition == [false, true, false, false])
    #expect(listLevels([2, 0, 1]).definition == [true, true, false, true])
  }

  @Test func `equal levels are one short run`() {
    #expect(levelBytes(Array(repeating: true, count: 100_000)).count < 9)
  }

  /// Rows of a column, at random, and what a reader must find.
  private static func rows(
    _ column: ParquetColumn, _ count: Int, _ generator: inout SplitMix
  ) -> (ParquetRows, [[ParquetReader.Value]]) {
    var values: [[ParquetReader.Value]] = []
    var numbers: [[UInt64]] = []
    var texts: [[String]] = []
    for _ in 0..<count {
      let length = column.isList ? Int.random(in: 0...5, using: &generator) : 1
      numbers.append((0..<length).map { _ in generator.next() })
      texts.append((0..<length).map { _ in generator.text() })
    }
    let floats = numbers.map { $0.map { Float(Int32(truncatingIfNeeded: $0)) / 1000 } }
    let doubles = numbers.map { $0.map { Double(Int64(bitPattern: $0)) / 1000 } }
    let integers = numbers.map { $0.map { Int64(bitPattern: $0) } }
    switch column.kind {
    case .boolean:
      values = numbers.map { $0.map { .boolean($0 % 2 == 1) } }
      return (.booleans(numbers.map { $0[0] % 2 == 1 }), values)
    case .integer:
      values = integers.map { $0.map { .integer($0) } }
      return (column.isList ? .integerLists(integers) : .integers(integers.map { $0[0] }), values)
    case .float:
      values = floats.map { $0.map { .float($0) } }
      return (column.isList ? .floatLists(floats) : .floats(floats.map { $0[0] }), values)
    case .double:
      values = doubles.map { $0.map { .double($0) } }
      return (column.isList ? .doubleLists(doubles) : .doubles(doubles.map { $0[0] }), values)
    case .text:
      values = texts.map { $0.map { .text($0) } }
      return (column.isList ? .textLists(texts) : .texts(texts.map { $0[0] }), values)
    }
  }

  @Test(arguments: 0..<40) func `tables of any shape read back`(seed: Int) throws {
    var generator = SplitMix(state: UInt64(seed))
    let scratch = try Scratch()
    let kinds: [ParquetColumn.Kind] = [.boolean, .integer, .float, .double, .text]
    let columns = (0..<Int.random(in: 1...20, using: &generator)).map { index in
      let kind = kinds[Int.random(in: 0..<5, using: &generator)]
      let isList = kind != .boolean && Bool.random(using: &generator)
      return ParquetColumn("column \(index)", kind, isList: isList)
    }
    var file = try ParquetFile(
      creating: scratch.path("a.parquet"), columns, metadata: [("pandas", "{}"), ("ä", "b")])
    var expected: [[[[ParquetReader.Value]]]] = []
    for _ in 0..<Int.random(in: 0...20, using: &generator) {
      let count = Int.random(in: 1...70, using: &generator)
      var group: [[[ParquetReader.Value]]] = []
      var rows: [ParquetRows] = []
      for column in columns {
        let (part, values) = Self.rows(column, count, &generator)
        rows.append(part)
        group.append(values)
      }
      expected.append(group)
      try file.append(ParquetFile.pages(columns, rows), rows: count)
    }
    let size = try file.finish()
    let bytes = try scratch.bytes("a.parquet")
    #expect(size == bytes.count)
    let found = try ParquetReader(bytes)
    #expect(found.columns.map(\.name) == columns.map(\.name))
    #expect(found.columns.map(\.isList) == columns.map(\.isList))
    #expect(found.columns.map(\.type) == columns.map { Int64($0.kind.rawValue) })
    #expect(found.metadata == ["pandas": "{}", "ä": "b"])
    #expect(found.groups == expected)
  }

  @Test func `a damaged footer is a fault or another footer, never a crash`() throws {
    let columns = (0..<3).map { ParquetColumn("c\($0)", .float, isList: $0 == 1) }
    var footer = ParquetFooter()
    for group in 0..<4 {
      let chunks = (0..<3).map {
        ParquetFooter.Chunk(offset: 4 + group * 300 + $0 * 100, size: 100, valueCount: 9)
      }
      footer.groups.append(.init(rows: 9, chunks: chunks))
    }
    let bytes = Array(footer.bytes(columns, metadata: [("a", "b")]).dropLast(8))
    #expect(try ParquetFooter(reading: bytes) == footer)
    for count in bytes.indices {
      #expect(throws: ThriftReader.Fault.self) {
        try ParquetFooter(reading: Array(bytes.prefix(count)))
      }
    }
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        _ = try? ParquetFooter(reading: damaged)
      }
    }
    var generator = SplitMix(state: 5)
    for length in 0..<300 {
      let noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      _ = try? ParquetFooter(reading: noise)
      var reader = ThriftReader(noise)
      try? reader.skip(12)
    }
  }

  @Test func `a file that changes while it is written is found`() throws {
    let columns = [ParquetColumn("a", .double)]
    let pages = ParquetFile.pages(columns, [.doubles(Array(repeating: 1, count: 300_000))])
    for place in [4, 30, 1_000_000] {
      let scratch = try Scratch()
      var file = try ParquetFile(creating: scratch.path("a"), columns)
      try file.append(pages, rows: 300_000)
      var bytes = try scratch.bytes("a")
      bytes[place] ^= 1
      try #require(bytes.count > 1_000_000)
      let descriptor = open(scratch.path("a"), O_WRONLY)
      _ = pwrite(descriptor, [bytes[place]], 1, off_t(place))
      close(descriptor)
      var error: ExportError?
      do throws(ExportError) { _ = try file.finish() } catch let found { error = found }
      #expect(error.map { "\($0)".contains("checksum") } == true, "\(String(describing: error))")
    }
  }

  @Test func `deep nesting is a fault`() {
    var reader = ThriftReader(Array(repeating: 0x1C, count: 100_000))
    #expect(throws: ThriftReader.Fault.self) { try reader.skip(12) }
    var lists = ThriftReader(Array(repeating: 0x19, count: 100_000))
    #expect(throws: ThriftReader.Fault.self) { try lists.skip(9) }
  }
}
