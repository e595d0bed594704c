import CZlib

extension RGBImage {
  /// The picture as a PNG file: 8 bits a channel, RGB, not interlaced.
  public func png() -> [UInt8] {
    let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0]
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", header)
    file += chunk("IDAT", compressed(filteredRows()))
    file += chunk("IEND", [])
    return file
  }

  /// Every row after its filter's number, 2: each byte is less the one above it.
  private func filteredRows() -> [UInt8] {
    let row = 3 * width
    let size = (row + 1) * height
    return [UInt8](unsafeUninitializedCapacity: size) { bytes, initialized in
      var place = 0
      for y in 0..<height {
        bytes[place] = 2
        place += 1
        for index in (y * row)..<((y + 1) * row) {
          bytes[place] = pixels[index] &- (y > 0 ? pixels[index - row] : 0)
          place += 1
        }
      }
      initialized = size
    }
  }
}

/// A zlib stream of bytes.
private func compressed(_ bytes: [UInt8]) -> [UInt8] {
  let bound = compressBound(UInt(bytes.count))
  return [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, initialized in
    var size = bound
    let status = compress2(buffer.baseAddress, &size, bytes, UInt(bytes.count), 6)
    // With room for the bound, zlib can lack nothing but memory.
    precondition(status == Z_OK, "no memory to compress \(bytes.count) bytes")
    initialized = Int(size)
  }
}

/// One chunk: length, name, data and their checksum.
private func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
  let body = Array(name.utf8) + data
  let sum = crc32(crc32(0, nil, 0), body, UInt32(body.count))
  return bigEndian(UInt32(data.count)) + body + bigEndian(UInt32(truncatingIfNeeded: sum))
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
}
