/// Writes scalars as a TensorBoard event file: records of protobuf `Event` messages, each framed by
/// its length and the masked CRC-32C of length and data (tensorflow/core/lib/io/record_writer).
public struct EventFile: ~Copyable {
  private var file: OutputFile
  private let flushInterval: Double
  private var lastFlush: Double

  /// Creates the file, which must not exist; `wallTime` is seconds since 1970.
  ///
  /// A run that goes on starts a new file with the step it goes on from: TensorBoard then drops
  /// what came after it.
  public init(
    creating path: String, wallTime: Double, resumingAt step: Int? = nil,
    flushInterval: Double = 2
  ) throws(MetricsError) {
    self.flushInterval = flushInterval
    lastFlush = wallTime
    let opening = record(version(wallTime)) + (step.map { record(start(wallTime, at: $0)) } ?? [])
    file = try OutputFile(path, start: .new, first: opening)
  }

  /// Adds one event with a scalar per tag, in the order of the tags.
  ///
  /// `wallTime` is seconds since 1970; events reach the system when `flushInterval` seconds have
  /// passed, and at the end.
  public mutating func append(
    step: Int, wallTime: Double, values: [String: Double]
  ) throws(MetricsError) {
    guard !values.isEmpty else { return }
    var summary = ProtobufBytes()
    for (tag, value) in values.sorted(by: { $0.key < $1.key }) {
      var scalar = ProtobufBytes()
      scalar.text(1, tag)
      scalar.float(2, Float(value))
      summary.message(1, scalar)
    }
    var event = ProtobufBytes()
    event.double(1, wallTime)
    event.integer(2, Int64(step))
    event.message(5, summary)
    file.append(record(event.bytes))
    if wallTime - lastFlush >= flushInterval {
      lastFlush = wallTime
      try file.flush()
    }
  }

  /// Hands every event to the system.
  public mutating func flush() throws(MetricsError) { try file.flush() }
}

private func version(_ wallTime: Double) -> [UInt8] {
  var event = ProtobufBytes()
  event.double(1, wallTime)
  event.text(3, "brain.Event:2")
  return event.bytes
}

/// A `SessionLog` of status START.
private func start(_ wallTime: Double, at step: Int) -> [UInt8] {
  var log = ProtobufBytes()
  log.integer(1, 1)
  var event = ProtobufBytes()
  event.double(1, wallTime)
  event.integer(2, Int64(step))
  event.message(7, log)
  return event.bytes
}

private func record(_ data: [UInt8]) -> [UInt8] {
  let length = littleEndian(UInt64(data.count))
  return length + littleEndian(maskedCRC32C(length)) + data + littleEndian(maskedCRC32C(data))
}

/// Fields of a protobuf message, one after the other.
struct ProtobufBytes {
  private(set) var bytes: [UInt8] = []

  mutating func double(_ field: UInt64, _ value: Double) {
    varint(field << 3 | 1)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func float(_ field: UInt64, _ value: Float) {
    varint(field << 3 | 5)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func integer(_ field: UInt64, _ value: Int64) {
    varint(field << 3)
    varint(UInt64(bitPattern: value))
  }

  mutating func text(_ field: UInt64, _ value: String) { block(field, Array(value.utf8)) }

  mutating func message(_ field: UInt64, _ value: ProtobufBytes) { block(field, value.bytes) }

  private mutating func block(_ field: UInt64, _ value: [UInt8]) {
    varint(field << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

private func littleEndian<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
  (0..<(I.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of each byte value.
private let crcTable: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
}

/// The CRC as records hold it: rotated and offset, so that a CRC of data with CRCs stays sound.
func maskedCRC32C(_ bytes: [UInt8]) -> UInt32 {
  let crc = ~bytes.reduce(UInt32.max) { crc, byte in
    crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
  }
  return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
}
