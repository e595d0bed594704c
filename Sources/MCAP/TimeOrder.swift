/// A message's time and place; earlier ones come first, and of one time those first in the file.
struct TimedPlace {
  let time: UInt64
  let segment: Int
  let offset: Int

  static func < (a: TimedPlace, b: TimedPlace) -> Bool {
    (a.time, a.segment, a.offset) < (b.time, b.segment, b.offset)
  }
}

/// Places of messages, of which the earliest is at hand: a binary heap.
struct TimeOrder {
  /// Most places that may wait at a time.
  static let limit = 1 << 26
  private var places: [TimedPlace] = []

  var earliest: TimedPlace? { places.first }

  mutating func add(_ messages: MessageIndexes, of segment: Int) throws(Fault) {
    guard places.count + messages.count <= Self.limit else {
      throw Fault("more than \(Self.limit) messages overlap in time")
    }
    for channel in messages.channels {
      for entry in messages.entries(of: channel) {
        add(TimedPlace(time: entry.time, segment: segment, offset: Int(entry.offset)))
      }
    }
  }

  mutating func removeEarliest() {
    guard let last = places.popLast(), !places.isEmpty else { return }
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < places.count else { break }
      if child + 1 < places.count, places[child + 1] < places[child] { child += 1 }
      guard places[child] < last else { break }
      places[hole] = places[child]
      hole = child
    }
    places[hole] = last
  }

  private mutating func add(_ place: TimedPlace) {
    places.append(place)
    var hole = places.count - 1
    while hole > 0, place < places[(hole - 1) / 2] {
      places[hole] = places[(hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    places[hole] = place
  }
}
