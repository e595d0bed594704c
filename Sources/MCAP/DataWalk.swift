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
      // A record cannot reach over the start of another; its length is damaged.
      if let boundary = nextBoundary(), isEnd || record.end > boundary {
        defer { offset = boundary }
        return .gap(offset..<boundary, reason: "a record hides another that has an index")
      }
      if isEnd {
        isComplete = true
        return nil
      }
      offset = record.end
      return .record(record)
    } catch {
      let end = nextBoundary() ?? bytes.count
      defer { offset = end }
      return .gap(offset..<end, reason: error.reason)
    }
  }

  /// Goes on behind a damaged record, whose length need not be right.
  ///
  /// Returns where: at the next known start of a record, or else where its length says.
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
