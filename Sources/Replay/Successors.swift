import Messages
import Tensors

/// What follows a step: whether its episode goes on, and where its next observation stands.
struct Successor {
  private(set) var bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  init(ending: Ending?) {
    bits = (ending == nil ? 0 : 1) | (ending == .terminal ? 2 : 0)
  }

  /// Whether the step is the last of its episode.
  var isLast: Bool { bits & 1 != 0 }

  /// Ends the episode with this step, which something cut short.
  mutating func cut() { bits |= 1 }

  /// 0 after a terminal step, else 1.
  var mask: Float { bits & 2 != 0 ? 0 : 1 }

  /// The place of the next observation among the tails; nil when the next row begins with it.
  var tail: Int? {
    get { bits >> 2 == 0 ? nil : Int(bits >> 2) - 1 }
    set {
      let place = (newValue ?? -1) + 1
      precondition(place < 1 << 30, "\(place) observations kept apart")
      bits = bits & 3 | UInt32(place) << 2
    }
  }
}

/// Observations kept apart; doubles its memory when full.
struct Tails: ~Copyable, Sendable {
  private var rows: Matrix
  private var free: [Int]

  init(columns: Int) {
    rows = Matrix(rows: 64, columns: columns)
    free = Array((0..<64).reversed())
  }

  func observation(_ row: Int) -> UnsafeMutablePointer<Float> { rows.base + row * rows.columns }

  mutating func free(_ row: Int) { free.append(row) }

  /// Copies an observation and gives its place.
  mutating func keep(_ observation: UnsafeMutablePointer<Float>) -> Int {
    if free.isEmpty { grow() }
    let row = free.removeLast()
    self.observation(row).update(from: observation, count: rows.columns)
    return row
  }

  private mutating func grow() {
    let larger = Matrix(rows: 2 * rows.rows, columns: rows.columns)
    larger.base.update(from: rows.base, count: rows.count)
    free = Array((rows.rows..<larger.rows).reversed())
    rows = larger
  }
}
