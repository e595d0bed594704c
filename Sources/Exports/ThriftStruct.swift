/// The fields of a Thrift struct in the compact protocol, one after the other.
package struct ThriftStruct {
  /// Types of fields and of list elements, as the compact protocol numbers them.
  package enum Kind: UInt8 {
    case integer32 = 5
    case integer64 = 6
    case bytes = 8
    case list = 9
    case structure = 12
  }

  private var fields: [UInt8] = []
  private var lastField: Int16 = 0

  package init() {}

  /// The fields and the mark of their end.
  package var bytes: [UInt8] { fields + [0] }

  package mutating func integer32(_ field: Int16, _ value: Int32) {
    header(field, .integer32)
    fields += thriftInteger(Int64(value))
  }

  package mutating func integer64(_ field: Int16, _ value: Int64) {
    header(field, .integer64)
    fields += thriftInteger(value)
  }

  package mutating func text(_ field: Int16, _ value: String) {
    header(field, .bytes)
    fields += thriftText(value)
  }

  package mutating func structure(_ field: Int16, _ value: ThriftStruct) {
    header(field, .structure)
    fields += value.bytes
  }

  /// A list of elements that are already encoded.
  package mutating func list(_ field: Int16, of kind: Kind, _ elements: [[UInt8]]) {
    header(field, .list)
    if elements.count < 15 {
      fields.append(UInt8(elements.count) << 4 | kind.rawValue)
    } else {
      fields.append(0xF0 | kind.rawValue)
      fields += variableLength(UInt64(elements.count))
    }
    for element in elements { fields += element }
  }

  private mutating func header(_ field: Int16, _ kind: Kind) {
    let step = Int(field) - Int(lastField)
    if (1...15).contains(step) {
      fields.append(UInt8(step) << 4 | kind.rawValue)
    } else {
      fields.append(kind.rawValue)
      fields += thriftInteger(Int64(field))
    }
    lastField = field
  }
}

/// Seven bits a byte, lowest first; the high bit says that more follow.
package func variableLength(_ value: UInt64) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = value
  while rest >= 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
    rest >>= 7
  }
  bytes.append(UInt8(rest))
  return bytes
}

/// An integer in zigzag order (0, -1, 1, -2, …), so that small magnitudes are short.
package func thriftInteger(_ value: Int64) -> [UInt8] {
  variableLength(UInt64(bitPattern: value << 1 ^ value >> 63))
}

/// A text behind its length [bytes].
package func thriftText(_ value: String) -> [UInt8] {
  variableLength(UInt64(value.utf8.count)) + Array(value.utf8)
}
