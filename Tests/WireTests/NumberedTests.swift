import Randomness
import Testing
import Wire

/// A line one way, on which messages are lost, doubled and overtaken as a stream has it.
private struct BadLine<Content> {
  var loss: Double
  private var under: [(arrival: Int64, content: Content)] = []

  init(loss: Double) { self.loss = loss }

  mutating func send(_ content: Content, at time: Int64, _ stream: inout RandomStream) {
    for _ in 0..<(stream.uniform() < 0.2 ? 2 : 1) where stream.uniform() >= loss {
      let delay = stream.uniform() < 0.3 ? Int64(stream.index(below: 300_000_000)) : 100_000
      under.append((time + delay, content))
    }
  }

  mutating func arrived(at time: Int64) -> [Content] {
    let there = under.filter { $0.arrival <= time }.sorted { $0.arrival < $1.arrival }
    under.removeAll { $0.arrival <= time }
    return there.map(\.content)
  }
}

/// A sender and a receiver of numbered messages on bad lines.
private struct BadPair {
  private(set) var window = SendWindow<Int>()
  private(set) var order = ReceiveOrder(waitsForLost: true)
  private(set) var taken: [Int] = []
  private(set) var added = 0
  private var time: Int64 = 0
  private var there: BadLine<(number: UInt64, content: Int)>
  private var back: BadLine<UInt64>
  private var stream: RandomStream

  init(loss: Double, _ stream: RandomStream) {
    there = BadLine(loss: loss)
    back = BadLine(loss: loss)
    self.stream = stream
  }

  mutating func repair() { (there.loss, back.loss) = (0, 0) }

  mutating func add() {
    window.add(added)
    added += 1
  }

  /// A millisecond of both; false where the sender was told what cannot be.
  mutating func goOn(isLast: Bool) -> Bool {
    time += 1_000_000
    window.waited(until: time)
    while let content = window.message {
      // What is sent is in order, from whatever number it goes back to.
      there.send((UInt64(content), content), at: time, &stream)
      window.noteSent(at: time)
    }
    for message in there.arrived(at: time) {
      let isTaken = order.takes(message.number)
      if isTaken { taken.append(message.content) }
      if !isTaken || order.isTimeToTell || isLast && order.due == window.end {
        back.send(order.due, at: time, &stream)
      }
    }
    return back.arrived(at: time).allSatisfy { due in window.note(due: due, at: time) }
  }
}

@Suite struct NumberedTests {
  @Test(arguments: 0..<100)
  func `whatever a line does, every message is taken once and in order`(seed: UInt64) {
    var stream = RandomStream(seed: seed, name: "numbered")
    var pair = BadPair(loss: 0.6 * stream.uniform(), RandomStream(seed: seed, name: "line"))
    let count = 1 + stream.index(below: 300)
    var (isPossible, isBounded, isHonest) = (true, true, true)
    for millisecond in 0..<60_000 where pair.added < count || !pair.window.isDelivered {
      if pair.added < count, pair.window.hasRoom, stream.uniform() < 0.5 { pair.add() }
      isPossible = pair.goOn(isLast: pair.added == count) && isPossible
      isBounded = isBounded && pair.added <= pair.taken.count + SendWindow<Int>.length
      // Nothing counts as delivered that was not taken.
      isHonest = isHonest && (!pair.window.isDelivered || pair.taken.count == pair.added)
      if millisecond == 20_000 { pair.repair() }
    }
    #expect(isPossible && isBounded && isHonest)
    #expect(pair.taken == Array(0..<count) && pair.window.isDelivered)
  }

  @Test func `on a sound line nothing is sent twice`() {
    var window = SendWindow<UInt64>()
    var order = ReceiveOrder(waitsForLost: true)
    for number in 0..<UInt64(1000) {
      let time = Int64(number) * 1_000_000_000
      window.add(number)
      #expect(window.message == number)
      window.noteSent(at: time)
      let isTaken = order.takes(number)
      let isPossible = !order.isTimeToTell || window.note(due: order.due, at: time)
      #expect(isTaken && isPossible && window.message == nil && window.hasRoom)
    }
  }

  @Test(arguments: 1..<30) func `one loss sends again once what came after it`(lost: UInt64) {
    var (window, order) = (SendWindow<UInt64>(), ReceiveOrder(waitsForLost: true))
    var answers: [UInt64] = []
    for number in 0..<UInt64(32) {
      window.add(number)
      window.noteSent(at: 0)
      if number != lost, !order.takes(number) { answers.append(order.due) }
    }
    #expect(order.due == lost && answers.count == 31 - Int(lost))
    var again: [UInt64] = []
    for answer in answers {
      let isPossible = window.note(due: answer, at: 1000)
      #expect(isPossible)
      while let message = window.message {
        again.append(message)
        window.noteSent(at: 1000)
      }
    }
    #expect(again == Array(lost..<32))
  }

  @Test func `a due number that was never added is refused, an old one passed over`() {
    var window = SendWindow<Int>()
    for number in 0..<5 {
      window.add(number)
      window.noteSent(at: 0)
    }
    let answers = [6, 7, UInt64.max, 3, 1, 5].map { due in
      let isPossible = window.note(due: due, at: 0)
      // Nothing of this is a reason to send again.
      return (isPossible, isDelivered: window.isDelivered, isQuiet: window.message == nil)
    }
    #expect(answers.map(\.0) == [false, false, false, true, true, true])
    #expect(answers.map(\.isDelivered) == [false, false, false, false, false, true])
    #expect(answers.allSatisfy(\.isQuiet) && window.end == 5)
  }

  @Test func `a sender that waits goes back after a silence, and not before`() {
    var window = SendWindow<Int>()
    window.add(7)
    window.noteSent(at: 1000)
    window.waited(until: 1000 + SendWindow<Int>.longestSilence)
    #expect(window.message == nil)
    window.waited(until: 1001 + SendWindow<Int>.longestSilence)
    #expect(window.message == 7)
  }

  @Test(arguments: 0..<50)
  func `who does not wait takes nothing twice and counts all that is missing`(seed: UInt64) {
    var stream = RandomStream(seed: seed, name: "order")
    var order = ReceiveOrder(waitsForLost: false)
    var taken: Set<UInt64> = []
    var newest: UInt64?
    for _ in 0..<500 {
      let number = UInt64(max(0, Int(newest ?? 0) + stream.index(below: 12) - 5))
      let isNew = newest.map { number > $0 } ?? true
      let isTaken = order.takes(number)
      #expect(isTaken == isNew)
      if isNew { (_, newest) = (taken.insert(number), number) }
      #expect(UInt64(taken.count) + order.lost == order.due)
    }
    let last = [UInt64.max, .max - 1, .max].map { order.takes($0) }
    #expect(last == [false, true, false])
  }
}
