/// Records that follow one another: those of a chunk, or those between chunks.
struct Segment {
  /// Where it starts in the file.
  let offset: Int
  /// The chunk's record without its head, or whole records.
  var content: UnsafeRawBufferPointer
  let isChunk: Bool
  /// Earliest log time, as it is written [ns].
  var start: UInt64
}

/// Where in a file things lie.
struct Survey {
  private(set) var header = MCAPHeader(profile: "", library: "")
  private(set) var segments: [Segment] = []
  private(set) var metadata: [Record] = []
  private(set) var attachments: [Record] = []
  /// The first place where the data section is not made of records.
  private(set) var problem: MCAPProblem?
  private var uncompressed: UInt64 = 0

  init(_ bytes: UnsafeRawBufferPointer, boundaries: [Int]) {
    var walk = DataWalk(bytes, boundaries: boundaries)
    while let step = walk.next() {
      switch step {
      case .gap(let range, let reason): note(range.lowerBound, reason)
      case .record(let record):
        do throws(Fault) {
          try add(record, of: bytes)
        } catch {
          note(record.offset, error.reason)
          _ = walk.distrust(record)
        }
      }
    }
    if !walk.isComplete { note(bytes.count, "the file ends before the end of its data") }
  }

  private mutating func note(_ offset: Int, _ reason: String) {
    problem = problem ?? MCAPProblem(offset: offset, reason: reason)
  }

  private mutating func add(_ record: Record, of bytes: UnsafeRawBufferPointer) throws(Fault) {
    switch record.opcode {
    case .header: header = try MCAPHeader(record.content)
    case .metadata: metadata.append(record)
    case .attachment: attachments.append(record)
    case .chunk:
      let chunk = try ChunkRecord(record.content)
      let (sum, isBeyond) = uncompressed.addingReportingOverflow(chunk.uncompressedSize)
      guard !isBeyond, sum <= Format.mostUncompressed(inFileOf: bytes.count) else {
        throw Fault(
          "a chunk names \(chunk.uncompressedSize) bytes, more than a file of this length holds")
      }
      uncompressed = sum
      segments.append(
        Segment(
          offset: record.offset, content: record.content, isChunk: true, start: chunk.start))
    case .schema, .channel: extend(with: record, of: bytes, time: .max)
    case .message:
      extend(with: record, of: bytes, time: try MCAPMessage(record.content).logTime)
    default: break
    }
  }

  /// Adds a record to the records that end where it starts, or begins a segment with it.
  private mutating func extend(
    with record: Record, of bytes: UnsafeRawBufferPointer, time: UInt64
  ) {
    if let last = segments.last, !last.isChunk, last.offset + last.content.count == record.offset {
      let content = UnsafeRawBufferPointer(rebasing: bytes[last.offset..<record.end])
      segments[segments.count - 1].content = content
      segments[segments.count - 1].start = min(last.start, time)
    } else {
      let content = UnsafeRawBufferPointer(rebasing: bytes[record.offset..<record.end])
      segments.append(
        Segment(offset: record.offset, content: content, isChunk: false, start: time))
    }
  }
}

/// The records of two segments at a time, uncompressed.
struct SegmentRecords: ~Copyable {
  private var decoder = ChunkDecoder()
  private var otherDecoder = ChunkDecoder()
  private var current: (segment: Int, records: UnsafeRawBufferPointer)?
  private var other: (segment: Int, records: UnsafeRawBufferPointer)?

  /// The records of the segment with a number, valid until two others were asked for.
  mutating func of(_ number: Int, _ segment: Segment) throws(Fault) -> UnsafeRawBufferPointer {
    guard segment.isChunk else { return segment.content }
    if let current, current.segment == number { return current.records }
    swap(&current, &other)
    swap(&decoder, &otherDecoder)
    if let current, current.segment == number { return current.records }
    current = nil
    let records = try decoder.decode(try ChunkRecord(segment.content))
    current = (number, records)
    return records
  }
}
