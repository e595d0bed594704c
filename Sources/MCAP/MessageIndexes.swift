/// Where the messages of a chunk lie, by channel.
struct MessageIndexes {
  /// When a message was recorded, and where it lies in its uncompressed chunk.
  struct Entry: Equatable {
    let time: UInt64
    let offset: UInt64

    static func precedes(_ a: Entry, _ b: Entry) -> Bool {
      (a.time, a.offset) < (b.time, b.offset)
    }
  }

  /// The channels that have messages, in order.
  private(set) var channels: [UInt16] = []
  /// Number of messages.
  private(set) var count = 0
  /// Earliest log time [ns]; 0 without messages.
  private(set) var start: UInt64 = 0
  /// Latest log time [ns]; 0 without messages.
  private(set) var end: UInt64 = 0
  private var entriesOfChannel: [[Entry]] = []

  /// The messages of a channel, by time once `sort` was called.
  func entries(of channel: UInt16) -> [Entry] {
    Int(channel) < entriesOfChannel.count ? entriesOfChannel[Int(channel)] : []
  }

  mutating func add(channel: UInt16, time: UInt64, offset: Int) {
    let place = Int(channel)
    while entriesOfChannel.count <= place { entriesOfChannel.append([]) }
    if entriesOfChannel[place].isEmpty { channels.append(channel) }
    entriesOfChannel[place].append(Entry(time: time, offset: UInt64(offset)))
    start = count == 0 ? time : min(start, time)
    end = count == 0 ? time : max(end, time)
    count += 1
  }

  mutating func sort() {
    channels.sort()
    for channel in channels {
      let entries = entriesOfChannel[Int(channel)]
      let isSorted = zip(entries, entries.dropFirst()).allSatisfy { Entry.precedes($0, $1) }
      if !isSorted { entriesOfChannel[Int(channel)].sort(by: Entry.precedes) }
    }
  }

  /// Forgets the messages and keeps the memory.
  mutating func removeAll() {
    for channel in channels { entriesOfChannel[Int(channel)].removeAll(keepingCapacity: true) }
    channels.removeAll(keepingCapacity: true)
    count = 0
    start = 0
    end = 0
  }

  /// Appends a message index record per channel; gives where in `bytes` each starts.
  func write(into bytes: inout ByteBuffer) throws(MCAPError) -> [(channel: UInt16, start: Int)] {
    var starts: [(channel: UInt16, start: Int)] = []
    for channel in channels {
      let entries = entriesOfChannel[Int(channel)]
      starts.append((channel, bytes.count))
      try bytes.reserve(Format.recordHead + 6 + 16 * entries.count)
      bytes.append(Opcode.messageIndex.rawValue)
      bytes.append(UInt64(6 + 16 * entries.count))
      bytes.append(channel)
      bytes.append(UInt32(16 * entries.count))
      for entry in entries {
        bytes.append(entry.time)
        bytes.append(entry.offset)
      }
    }
    return starts
  }

  /// Reads a message index record.
  static func parse(
    _ content: UnsafeRawBufferPointer
  ) throws(Fault) -> (channel: UInt16, entries: [Entry]) {
    var fields = RecordFields(content)
    let channel: UInt16 = try fields.integer()
    let block = try fields.block()
    guard block.count % 16 == 0 else {
      throw Fault("a message index of \(block.count) bytes does not hold whole entries of 16")
    }
    var rest = RecordFields(block)
    var entries: [Entry] = []
    entries.reserveCapacity(block.count / 16)
    for _ in 0..<(block.count / 16) {
      entries.append(Entry(time: try rest.integer(), offset: try rest.integer()))
    }
    return (channel, entries)
  }
}
