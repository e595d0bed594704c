extension Safetensors {
  /// The file's bytes: header length, JSON header padded with spaces to a multiple of 8, elements.
  ///
  /// Wider elements come first, so that every array is aligned to its element; metadata keys are
  /// sorted, so that equal contents have equal bytes.
  public func encoded() -> [UInt8] {
    let ordered = Element.allCases.map(\.size).reduce(into: [Int]()) { sizes, size in
      if !sizes.contains(size) { sizes.append(size) }
    }.flatMap { size in arrays.filter { $0.element.size == size } }
    var header = [UInt8](header(of: ordered).utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var bytes = Self.bytes(CollectionOfOne(UInt64(header.count)))
    bytes.reserveCapacity(8 + header.count + ordered.reduce(0) { $0 + $1.bytes.count })
    bytes += header
    for array in ordered { bytes += array.bytes }
    return bytes
  }

  private func header(of arrays: [Array]) -> String {
    var parts: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { Self.quoted($0.key) + ":" + Self.quoted($0.value) }
      parts.append("\"__metadata__\":{" + pairs.joined(separator: ",") + "}")
    }
    var offset = 0
    for array in arrays {
      let end = offset + array.bytes.count
      let shape = array.shape.map(String.init).joined(separator: ",")
      parts.append(
        Self.quoted(array.name) + ":{\"dtype\":\"\(array.element.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    return "{" + parts.joined(separator: ",") + "}"
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
