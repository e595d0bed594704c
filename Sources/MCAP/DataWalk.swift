/// Goes through the data section of a file that may be damaged.
struct DataWalk {
  enum Step {
    case record(Record)
    /// Bytes that are no records, and why.
    case gap(Range<Int>, reason: String)
  }

  private let bytes: UnsafeRawBufferPointer
  private let boundaries: [Int]
  private var passedBoundaries = 0
  private var offset = Format.magic.count
  /// Whether the end of the data was reached.
  private(set) var isComplete = false

  /// `boundaries` are places, in order, where records are known to start.
  init(_ bytes: UnsafeRawBufferPointer, boundaries: [Int]) {
    self.bytes = bytes
    self.boundaries = boundaries
  }

  /// The next record or gap; nil at the end of the data or of the file.
  mutating func next() -> Step? {
    var walk = RecordWalk(bytes, from: offset)
    do throws(Fault) {
      guard !isComplete, let record = try walk.next() else { return nil }
      let isEnd = record.opcode == .dataEnd || record.opcode == .footer
      guard isEnd else {
        offset = record.end
        return .record(record)
      }
      if let boundary = nextBoundary() {
        defer { offset = boundary }
        return .gap(offset..<boundary, reason: "the data ends before records that have an index")
      }
      isComplete = true
      return nil
    } catch {
      let end = nextBoundary() ?? bytes.count
      defer { offset = end }
      return .gap(offset..<end, reason: error.reason)
    }
  }

  /// Goes on after a damaged record, whose length need not be right, where the next one is known
  /// to start.
  ///
  /// Returns that place.
  mutating func distrust(_ record: Record) -> Int {
    offset = record.offset
    offset = nextBoundary() ?? record.end
    return offset
  }

  /// The first known start of a record behind the offset.
  private mutating func nextBoundary() -> Int? {
    while passedBoundaries < boundaries.count, boundaries[passedBoundaries] <= offset {
      passedBoundaries += 1
    }
    return passedBoundaries < boundaries.count ? boundaries[passedBoundaries] : nil
  }
}
