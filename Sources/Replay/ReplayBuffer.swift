public import LearningSlots
public import Messages
public import Randomness
import Tensors

/// How far a sample looks ahead.
///
/// A sample of n steps pays R = Σ γᵏ·rₖ, k below n, and goes on from the observation after them:
/// shorter where its episode or the buffer ends. With long episodes and one reward at their end it
/// carries that reward back n times as fast as one step does (Vecerik et al. 2017). The steps between
/// are those that were done, so with n above 1 the target leans toward what was done.
public struct Lookahead: Sendable, Equatable {
  /// n.
  public var steps: Int
  /// γ.
  public var discount: Double

  /// One step: the transition as it is.
  public static var one: Self { Self(steps: 1, discount: 1) }

  /// A lookahead of at least one step.
  public init(steps: Int, discount: Double) {
    precondition(steps > 0, "a lookahead of \(steps) steps")
    self.steps = steps
    self.discount = discount
  }
}

/// Ring of the newest transitions, sampled uniformly with replacement.
///
/// Transitions of an episode come one after another, so what follows a step is what the next step
/// begins with: an observation is kept once. Only where the two differ, at the ends of episodes,
/// is the next observation kept apart. A step is one record, so that a draw touches one place.
public struct ReplayBuffer: ~Copyable, Sendable {
  /// Most transitions that are kept; the oldest are overwritten.
  public let capacity: Int
  /// Transitions present.
  public private(set) var count = 0
  private let observationSize: Int
  private let actionSize: Int
  private let lookahead: Lookahead
  /// [observation | action | reward | successor], see `Successor`.
  private var records: Matrix
  /// Next observations that are not the observation of the row after.
  private var tails: Tails
  /// The next observation of the newest transition.
  private var newestTail: Matrix
  /// Intended actions, empty as long as each was done as it was meant.
  private var intentions: Matrix
  private var images: ImageStore
  private var next = 0
  private var draws: [Int] = []

  /// An empty buffer; `imageSize` in bytes, 0 without cameras.
  public init(
    capacity: Int, observationSize: Int, actionSize: Int, imageSize: Int = 0,
    lookahead: Lookahead = .one
  ) {
    precondition(capacity > 0, "a replay buffer of \(capacity)")
    self.capacity = capacity
    self.observationSize = observationSize
    self.actionSize = actionSize
    self.lookahead = lookahead
    records = Matrix(rows: capacity, columns: observationSize + actionSize + 2)
    tails = Tails(columns: observationSize)
    newestTail = Matrix(rows: 1, columns: observationSize)
    intentions = Matrix(rows: 0, columns: actionSize)
    images = ImageStore(capacity: capacity, size: imageSize)
  }

  /// Keeps a transition whose action was meant as it was done.
  public mutating func append(_ transition: Transition, images: StepImages = .none) {
    append(
      Demonstration(transition: transition, intendedAction: transition.action), images: images)
  }

  /// Keeps a step.
  ///
  /// Its sizes must be the buffer's, its numbers finite, its actions in -1…1.
  public mutating func append(_ step: Demonstration, images: StepImages = .none) {
    check(step)
    precondition(
      images.before.count == self.images.size && images.after.count == self.images.size,
      "another image size")
    let transition = step.transition
    closeNewest(before: transition.observation, images.before)
    if count == capacity, let tail = successor(next).tail { tails.free(tail) }
    let record = records.base + next * records.columns
    Self.copy(transition.observation, to: record)
    Self.copy(transition.action, to: record + observationSize)
    record[observationSize + actionSize] = transition.reward
    setSuccessor(next, to: Successor(ending: transition.ending))
    newestTail.setRow(0, to: transition.nextObservation)
    self.images.keep(images, row: next)
    keepIntention(of: step)
    next = (next + 1) % capacity
    count = min(count + 1, capacity)
  }

  private func check(_ step: Demonstration) {
    let fault = step.fault(observationSize: observationSize, actionSize: actionSize)
    precondition(fault == nil, fault ?? "")
  }

  /// Ends the episode of the newest transition with it, because something cut it short.
  public mutating func cut() {
    guard count > 0 else { return }
    var ended = successor(newest)
    ended.cut()
    setSuccessor(newest, to: ended)
  }

  /// Keeps the newest transition's next observation apart unless the coming step begins with it.
  private mutating func closeNewest(before observation: [Float], _ image: [UInt8]) {
    guard count > 0 else { return }
    let follows = zip(newestTail.elements, observation).allSatisfy {
      $0.bitPattern == $1.bitPattern
    }
    // A buffer of one overwrites the newest, which then needs no successor.
    guard !(follows && images.newestLeads(to: image)), capacity > 1 else { return }
    var ended = successor(newest)
    let place = tails.keep(newestTail.base)
    images.keepNewest(as: place)
    ended.tail = place
    setSuccessor(newest, to: ended)
  }

  private mutating func keepIntention(of step: Demonstration) {
    if intentions.rows == 0 {
      guard step.intendedAction != step.transition.action else { return }
      intentions = Matrix(rows: capacity, columns: actionSize)
      for row in 0..<count {
        (intentions.base + row * actionSize).update(from: action(row), count: actionSize)
      }
    }
    intentions.setRow(next, to: step.intendedAction)
  }

  /// Fills rows of a batch with transitions drawn uniformly with replacement; not empty.
  ///
  /// The mask of a sample of m steps is that of its last step times γ^(m - 1), so that a learner
  /// which discounts by γ·mask discounts by γᵐ.
  public mutating func sample(
    into batch: inout Batch, rows: Range<Int>, using stream: inout RandomStream
  ) {
    precondition(count > 0 || rows.isEmpty, "sample from an empty replay buffer")
    precondition(rows.lowerBound >= 0 && rows.upperBound <= batch.rows, "rows \(rows)")
    precondition(batch.observationSize == observationSize, "another observation size")
    precondition(batch.actionSize == actionSize, "another action size")
    precondition(batch.images.columns == images.size, "another image size")
    if draws.count < rows.count { draws = [Int](repeating: 0, count: rows.count) }
    for draw in 0..<rows.count { draws[draw] = stream.index(below: count) }
    // Records are far apart in memory: the next ones come while these are copied.
    for draw in 0..<min(Self.ahead, rows.count) { prefetch(draws[draw]) }
    for draw in 0..<rows.count {
      if draw + Self.ahead < rows.count { prefetch(draws[draw + Self.ahead]) }
      copy(draws[draw], to: rows.lowerBound + draw, of: &batch)
    }
  }

  /// Records that are asked for before they are copied.
  private static let ahead = 32

  /// Asks for a record before it is copied.
  func prefetch(_ index: Int) {
    records.prefetch(rows: index..<min(index + 1 + min(lookahead.steps, 8), capacity))
  }

  /// Fills a row of a batch with the sample that begins at a record.
  func copy(_ index: Int, to row: Int, of batch: inout Batch) {
    let meant = intentions.rows == 0 ? action(index) : intentions.base + index * actionSize
    Self.copy(observation(index), to: batch.observations, row)
    Self.copy(action(index), to: batch.actions, row)
    Self.copy(meant, to: batch.intendedActions, row)
    let ahead = look(ahead: index)
    batch.rewards.base[row] = ahead.reward
    batch.masks.base[row] = ahead.factor * successor(ahead.last).mask
    Self.copy(nextObservation(ahead.last), to: batch.nextObservations, row)
    guard images.size > 0 else { return }
    _ = batch.images.row(row).update(fromContentsOf: images.image(index))
    _ = batch.nextImages.row(row).update(fromContentsOf: nextImage(ahead.last))
  }

  /// The discounted reward from a step on, the last step looked at, and γ to the steps between.
  private func look(ahead first: Int) -> (reward: Float, last: Int, factor: Float) {
    var (last, factor) = (first, Float(1))
    var reward = reward(first)
    for _ in 1..<lookahead.steps {
      if successor(last).isLast || last == newest { break }
      last = after(last)
      factor *= Float(lookahead.discount)
      reward += factor * self.reward(last)
    }
    return (reward, last, factor)
  }

  /// Hash of observations, actions as done, rewards and masks from the oldest transition to the
  /// newest, to compare two runs: FNV-1a over 32-bit words.
  public func digest() -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ word: UInt32) { hash = (hash ^ UInt64(word)) &* 0x100_0000_01b3 }
    let oldest = count < capacity ? 0 : next
    for step in 0..<count {
      let row = (oldest + step) % capacity
      for column in 0..<observationSize { mix(observation(row)[column].bitPattern) }
      for column in 0..<actionSize { mix(action(row)[column].bitPattern) }
      mix(reward(row).bitPattern)
      mix(successor(row).mask.bitPattern)
      for column in 0..<observationSize { mix(nextObservation(row)[column].bitPattern) }
      guard images.size > 0 else { continue }
      for byte in images.image(row) { mix(UInt32(byte)) }
      for byte in nextImage(row) { mix(UInt32(byte)) }
    }
    return hash
  }
}

extension ReplayBuffer {
  private var newest: Int { (next + capacity - 1) % capacity }

  private func after(_ row: Int) -> Int { row + 1 == capacity ? 0 : row + 1 }

  private func observation(_ row: Int) -> UnsafeMutablePointer<Float> {
    records.base + row * records.columns
  }

  private func action(_ row: Int) -> UnsafeMutablePointer<Float> {
    observation(row) + observationSize
  }

  private func reward(_ row: Int) -> Float { observation(row)[observationSize + actionSize] }

  private func nextObservation(_ row: Int) -> UnsafeMutablePointer<Float> {
    if row == newest { return newestTail.base }
    guard let tail = successor(row).tail else { return observation(after(row)) }
    return tails.observation(tail)
  }

  private func nextImage(_ row: Int) -> UnsafeBufferPointer<UInt8> {
    if row == newest { return images.newestTail }
    guard let tail = successor(row).tail else { return images.image(after(row)) }
    return images.tail(tail)
  }

  private func successor(_ row: Int) -> Successor {
    Successor(bits: observation(row)[records.columns - 1].bitPattern)
  }

  private func setSuccessor(_ row: Int, to successor: Successor) {
    observation(row)[records.columns - 1] = Float(bitPattern: successor.bits)
  }

  private static func copy(
    _ from: UnsafeMutablePointer<Float>, to: borrowing Matrix, _ row: Int
  ) {
    (to.base + row * to.columns).update(from: from, count: to.columns)
  }

  private static func copy(_ list: [Float], to place: UnsafeMutablePointer<Float>) {
    list.withUnsafeBufferPointer { source in
      if let first = source.baseAddress { place.update(from: first, count: source.count) }
    }
  }
}
