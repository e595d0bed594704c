/// What a summary section says.
private struct StatedSummary {
  var schemas: [(Int, MCAPSchema)] = []
  var channels: [(Int, MCAPChannel)] = []
  var statistics: [(Int, MCAPStatistics)] = []
  var chunkIndexes: [(Int, ChunkIndex)] = []
  var attachmentIndexes: [(Int, AttachmentIndex)] = []
  var metadataIndexes: [(Int, MetadataIndex)] = []
  var offsets: [(Int, SummaryOffset)] = []
  /// Where the records of each kind lie.
  var groups: [SummaryOffset] = []

  mutating func add(_ record: Record) throws(Fault) {
    try join(record)
    let content = record.content
    let offset = record.offset
    switch record.opcode {
    case .schema: schemas.append((offset, try MCAPSchema(content)))
    case .channel: channels.append((offset, try MCAPChannel(content)))
    case .statistics: statistics.append((offset, try MCAPStatistics(content)))
    case .chunkIndex: chunkIndexes.append((offset, try ChunkIndex(content)))
    case .attachmentIndex: attachmentIndexes.append((offset, try AttachmentIndex(content)))
    case .metadataIndex: metadataIndexes.append((offset, try MetadataIndex(content)))
    case .summaryOffset: offsets.append((offset, try SummaryOffset(content)))
    case nil: break
    default: throw Fault("a record of opcode \(record.code) does not belong into the summary")
    }
  }

  /// Adds the record to the group of its kind.
  private mutating func join(_ record: Record) throws(Fault) {
    if record.code == groups.last?.code {
      groups[groups.count - 1].length += UInt64(record.length)
      return
    }
    let isApart = groups.contains { $0.code == record.code }
    groups.append(
      SummaryOffset(
        code: record.code, start: UInt64(record.offset), length: UInt64(record.length)))
    if isApart { throw Fault("the summary's records of opcode \(record.code) lie apart") }
  }
}

extension Verifier {
  mutating func checkSummary(from start: Int) {
    var walk = RecordWalk(bytes, from: start)
    var stated = StatedSummary()
    do throws(Fault) {
      while let record = try walk.next() {
        if record.opcode == .footer {
          check(stated, start)
          checkFooter(record, stated, start)
          return
        }
        do throws(Fault) {
          try stated.add(record)
        } catch {
          problems.add(record.offset, error.reason)
        }
      }
      problems.add(walk.offset, "the file ends before its footer")
    } catch {
      problems.add(walk.offset, error.reason)
    }
  }

  private mutating func check(_ stated: StatedSummary, _ start: Int) {
    compare("schema", definitions.schemas.values.sorted { $0.id < $1.id }, stated.schemas, start) {
      UInt64($0.id)
    }
    compare(
      "channel", definitions.channels.values.sorted { $0.id < $1.id }, stated.channels, start
    ) { UInt64($0.id) }
    compare("statistics", [counted], stated.statistics, start) { _ in 0 }
    compare("chunk index", chunkIndexes, stated.chunkIndexes, start) { $0.offset }
    compare("attachment index", attachmentIndexes, stated.attachmentIndexes, start) { $0.offset }
    compare("metadata index", metadataIndexes, stated.metadataIndexes, start) { $0.offset }
    let groups = stated.groups.filter { $0.code != Opcode.summaryOffset.rawValue }
    compare("summary offset", groups, stated.offsets, start) { $0.start }
  }

  /// Reports what differs between the records that the summary is to hold, in order of `key`, and
  /// those that it holds.
  private mutating func compare<Element: Equatable>(
    _ name: String, _ expected: [Element], _ stated: [(Int, Element)], _ start: Int,
    key: (Element) -> UInt64
  ) {
    if expected.count != stated.count {
      problems.add(
        start,
        "the summary holds \(stated.count) records (\(name)), \(expected.count) are to be there")
    }
    let sorted = stated.sorted { key($0.1) < key($1.1) }
    for (expected, (offset, element)) in zip(expected, sorted) where element != expected {
      problems.add(offset, "the summary's record (\(name)) does not match the data")
    }
  }

  private mutating func checkFooter(_ record: Record, _ stated: StatedSummary, _ start: Int) {
    if !bytes[record.end...].elementsEqual(Format.magic) {
      problems.add(record.end, "the file does not end with the magic bytes of MCAP")
    }
    guard record.length == Format.footerLength, let footer = try? Footer(record.content) else {
      problems.add(record.offset, "the footer does not have \(Format.footerLength) bytes")
      return
    }
    let summaryStart = stated.groups.isEmpty ? 0 : start
    if footer.summaryStart != UInt64(summaryStart) {
      problems.add(record.offset, "the footer does not give the start of the summary")
    }
    if footer.summaryOffsetStart != UInt64(stated.offsets.first?.0 ?? 0) {
      problems.add(record.offset, "the footer does not give the start of the summary's offsets")
    }
    let checked = bytes[start..<(record.offset + Format.checkedFooterLength)]
    if footer.summarySum != checksum(UnsafeRawBufferPointer(rebasing: checked)) {
      problems.add(record.offset, "the checksum of the summary is wrong")
    }
  }
}
