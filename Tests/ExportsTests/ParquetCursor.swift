import Foundation

extension ParquetReader {
  /// A place in bytes, from which it reads.
  struct Cursor {
    let bytes: [UInt8]
    var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
      self.bytes = bytes
      self.position = position
    }

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
      guard count >= 0, position >= 0, position + count <= bytes.count else {
        throw Malformed(description: "bytes end")
      }
      defer { position += count }
      return bytes[position..<position + count]
    }

    mutating func fixed(_ count: Int) throws -> UInt64 {
      try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func varint() throws -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while true {
        let byte = UInt64(try fixed(1))
        value |= (byte & 127) << shift
        if byte < 128 { return value }
        shift += 7
        guard shift < 64 else { throw Malformed(description: "varint") }
      }
    }

    mutating func zigzag() throws -> Int64 {
      let value = try varint()
      return value % 2 == 0 ? Int64(value / 2) : -Int64(value / 2) - 1
    }

    mutating func structure() throws -> Thrift {
      var fields: [Int: Thrift] = [:]
      var number = 0
      while true {
        let head = Int(try fixed(1))
        if head == 0 { return .fields(fields) }
        number = head / 16 > 0 ? number + head / 16 : Int(try zigzag())
        guard fields[number] == nil else { throw Malformed(description: "field twice") }
        fields[number] = try value(head % 16)
      }
    }

    private mutating func value(_ kind: Int) throws -> Thrift {
      switch kind {
      case 5, 6: return .number(try zigzag())
      case 8: return .bytes(Array(try take(Int(try varint()))))
      case 9:
        let head = Int(try fixed(1))
        let count = head / 16 == 15 ? Int(try varint()) : head / 16
        var list: [Thrift] = []
        for _ in 0..<count { list.append(try value(head % 16)) }
        return .list(list)
      case 12: return try structure()
      default: throw Malformed(description: "Thrift type \(kind)")
      }
    }

    /// Levels of one bit: runs that repeat a level, and runs of eights of packed ones.
    mutating func levels(_ count: Int) throws -> [Int] {
      let end = Int(try fixed(4)) + position
      var levels: [Int] = []
      while position < end {
        let head = Int(try varint())
        if head % 2 == 0 {
          let level = Int(try fixed(1))
          levels += Array(repeating: level, count: head / 2)
        } else {
          for byte in try take(head / 2) {
            for bit in 0..<8 { levels.append(Int(byte) >> bit & 1) }
          }
        }
      }
      guard position == end, levels.count >= count, levels.count < count + 8,
        levels[count...].allSatisfy({ $0 == 0 })
      else { throw Malformed(description: "\(levels.count) levels for \(count)") }
      return Array(levels.prefix(count))
    }

    /// Values of a physical type, plainly encoded.
    mutating func values(_ type: Int64, _ count: Int) throws -> [Value] {
      var values: [Value] = []
      if type == 0 {
        let packed = Array(try take((count + 7) / 8))
        for index in 0..<count {
          values.append(.boolean(packed[index / 8] >> (index % 8) & 1 == 1))
        }
        return values
      }
      for _ in 0..<count {
        switch type {
        case 2: values.append(.integer(Int64(bitPattern: try fixed(8))))
        case 4: values.append(.float(Float(bitPattern: UInt32(try fixed(4)))))
        case 5: values.append(.double(Double(bitPattern: try fixed(8))))
        case 6:
          let text = try take(Int(try fixed(4)))
          values.append(.text(String(decoding: text, as: UTF8.self)))
        default: throw Malformed(description: "type \(type)")
        }
      }
      return values
    }
  }
}
