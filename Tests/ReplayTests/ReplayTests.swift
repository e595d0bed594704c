import Foundation
import LearningSlots
import Messages
import NeuralNetworks
import Randomness
import Replay
import Tensors
import Testing

private func transitions(_ count: Int, seed: UInt64 = 1) -> [Transition] {
  var stream = RandomStream(seed: seed, name: "test.transitions")
  func normals() -> [Float] { (0..<5).map { _ in Float(stream.normal()) } }
  func uniforms() -> [Float] { (0..<2).map { _ in Float(stream.uniform(eitherSide: 1)) } }
  var list: [Transition] = []
  for index in 0..<count {
    let ending = index % 7 == 6 ? Ending.allCases[index / 7 % 3] : nil
    list.append(
      Transition(
        sequence: UInt64(index), episode: UInt32(index / 7), policyVersion: 0,
        observation: normals(), action: uniforms(), reward: Float(index),
        nextObservation: normals(), ending: ending))
  }
  return list
}

/// The same steps, each meant a little otherwise than it was done.
private func demonstrations(_ count: Int) -> [Demonstration] {
  transitions(count).map { step in
    Demonstration(transition: step, intendedAction: step.action.map { 0.5 * $0 })
  }
}

/// R = Σ γᵏ·rₖ over up to `steps` steps of one episode from `first` on, and the last of them.
private func returned(
  _ all: [Transition], from first: Int, steps: Int, discount: Double
) -> (reward: Double, last: Int) {
  var (last, reward) = (first, 0.0)
  for ahead in 0..<steps where first + ahead < all.count {
    last = first + ahead
    reward += pow(discount, Double(ahead)) * Double(all[last].reward)
    if all[last].ending != nil { break }
  }
  return (reward, last)
}

@Suite struct ReplayBufferTests {
  @Test(arguments: [(1, 64), (3, 64), (5, 30), (100, 64), (4, 1)])
  func `a sample adds up rewards to the end of its steps, its episode or the buffer`(
    steps: Int, capacity: Int
  ) {
    let discount = 0.9
    var buffer = ReplayBuffer(
      capacity: capacity, observationSize: 5, actionSize: 2,
      lookahead: Lookahead(steps: steps, discount: discount))
    let all = transitions(50)
    for transition in all { buffer.append(transition) }
    let kept = Array(all.suffix(capacity))
    var batch = Batch(rows: 300, observationSize: 5, actionSize: 2)
    var stream = RandomStream(seed: 1, name: "test.ahead")
    buffer.sample(into: &batch, rows: 0..<300, using: &stream)
    var seen: Set<Int> = []
    for row in 0..<300 {
      let observation = (0..<5).map { batch.observations[row, $0] }
      guard let first = kept.firstIndex(where: { $0.observation == observation }) else {
        Issue.record("row \(row) is none of the transitions")
        continue
      }
      seen.insert(first)
      let (reward, last) = returned(kept, from: first, steps: steps, discount: discount)
      #expect(abs(Double(batch.rewards[row, 0]) - reward) <= 1e-5 * max(1, reward))
      #expect((0..<5).map { batch.nextObservations[row, $0] } == kept[last].nextObservation)
      let mask = Double(kept[last].mask) * pow(discount, Double(last - first))
      #expect(abs(Double(batch.masks[row, 0]) - mask) < 1e-6)
    }
    #expect(seen.count > kept.count / 2, "\(seen.count) of \(kept.count) seen")
  }

  @Test(arguments: [1, 2, 3, 20, 64, 200], [0.0, 0.1, 0.5, 1])
  func `what follows a step is found however the steps are joined and the ring has turned`(
    capacity: Int, broken: Double
  ) {
    var all = transitions(150)
    var stream = RandomStream(seed: 7, name: "test.joined")
    for index in all.indices.dropLast() where stream.uniform() >= broken {
      all[index].nextObservation = all[index + 1].observation
    }
    var buffer = ReplayBuffer(capacity: capacity, observationSize: 5, actionSize: 2)
    var batch = Batch(rows: 40, observationSize: 5, actionSize: 2)
    for (index, transition) in all.enumerated() {
      buffer.append(transition)
      guard index.isMultiple(of: 10) else { continue }
      buffer.sample(into: &batch, rows: 0..<40, using: &stream)
      for row in 0..<40 {
        let source = all[Int(batch.rewards[row, 0])]
        #expect((0..<5).map { batch.observations[row, $0] } == source.observation)
        #expect((0..<5).map { batch.nextObservations[row, $0] } == source.nextObservation)
        #expect(batch.masks[row, 0] == source.mask)
      }
    }
  }

  @Test func `what was meant comes beside what was done`() {
    var buffer = ReplayBuffer(capacity: 30, observationSize: 5, actionSize: 2)
    for step in demonstrations(20) { buffer.append(step) }
    for transition in transitions(30).dropFirst(20) { buffer.append(transition) }
    var batch = Batch(rows: 64, observationSize: 5, actionSize: 2)
    var stream = RandomStream(seed: 1, name: "test.meant")
    buffer.sample(into: &batch, rows: 0..<64, using: &stream)
    for row in 0..<64 {
      let factor: Float = batch.rewards[row, 0] < 20 ? 0.5 : 1
      for axis in 0..<2 {
        #expect(batch.intendedActions[row, axis] == factor * batch.actions[row, axis])
      }
    }
  }

  @Test func `rows of a batch are whole transitions`() {
    var buffer = ReplayBuffer(capacity: 50, observationSize: 5, actionSize: 2)
    let all = transitions(40)
    for transition in all { buffer.append(transition) }
    var batch = Batch(rows: 64, observationSize: 5, actionSize: 2)
    var stream = RandomStream(seed: 1, name: "test.sample")
    buffer.sample(into: &batch, rows: 0..<64, using: &stream)
    for row in 0..<64 {
      let source = all[Int(batch.rewards[row, 0])]
      #expect((0..<5).map { batch.observations[row, $0] } == source.observation)
      #expect((0..<5).map { batch.nextObservations[row, $0] } == source.nextObservation)
      #expect((0..<2).map { batch.actions[row, $0] } == source.action)
      #expect(batch.masks[row, 0] == source.mask)
    }
  }

  @Test func `only a terminal step has mask zero`() {
    var step = transitions(1)[0]
    for ending in [nil, .terminal, .timeLimit, .interrupted] as [Ending?] {
      step.ending = ending
      var buffer = ReplayBuffer(capacity: 1, observationSize: 5, actionSize: 2)
      buffer.append(step)
      var batch = Batch(rows: 1, observationSize: 5, actionSize: 2)
      var stream = RandomStream(seed: 1, name: "test.mask")
      buffer.sample(into: &batch, rows: 0..<1, using: &stream)
      #expect(batch.masks[0, 0] == (ending == .terminal ? 0 : 1))
    }
  }

  @Test(arguments: [1, 30, 64, 100]) func `each kept transition is drawn equally often`(
    appended: Int
  ) {
    let capacity = 64
    var buffer = ReplayBuffer(capacity: capacity, observationSize: 5, actionSize: 2)
    for transition in transitions(appended) { buffer.append(transition) }
    let kept = min(appended, capacity)
    #expect(buffer.count == kept)
    var counts = [Int](repeating: 0, count: appended)
    var batch = Batch(rows: 256, observationSize: 5, actionSize: 2)
    var stream = RandomStream(seed: 3, name: "test.law")
    let rounds = 250
    for _ in 0..<rounds {
      buffer.sample(into: &batch, rows: 0..<256, using: &stream)
      for row in 0..<256 { counts[Int(batch.rewards[row, 0])] += 1 }
    }
    let expected = Double(rounds * 256) / Double(kept)
    #expect(counts.prefix(appended - kept).allSatisfy { $0 == 0 })
    let statistic = counts.suffix(kept).reduce(0.0) { sum, count in
      sum + pow(Double(count) - expected, 2) / expected
    }
    // χ² of kept - 1 degrees has this mean and deviation.
    #expect(abs(statistic - Double(kept - 1)) <= 5 * sqrt(2 * Double(kept)))
  }

  @Test func `rows outside the range stay as they were`() {
    var buffer = ReplayBuffer(capacity: 8, observationSize: 5, actionSize: 2)
    for transition in transitions(8).dropFirst() { buffer.append(transition) }
    var batch = Batch(rows: 10, observationSize: 5, actionSize: 2)
    var stream = RandomStream(seed: 3, name: "test.rows")
    buffer.sample(into: &batch, rows: 4..<7, using: &stream)
    for row in 0..<10 { #expect((batch.rewards[row, 0] != 0) == (4..<7).contains(row)) }
  }

  @Test func `equal contents in equal order have the same digest, and no others`() {
    func digest(_ list: [Transition], capacity: Int = 64) -> UInt64 {
      var buffer = ReplayBuffer(capacity: capacity, observationSize: 5, actionSize: 2)
      for transition in list { buffer.append(transition) }
      return buffer.digest()
    }
    let all = transitions(40)
    #expect(digest(all) == digest(all))
    #expect(digest(all) != digest(all.reversed()))
    #expect(digest(all) != digest(Array(all.dropLast())))
    #expect(digest(all, capacity: 10) == digest(Array(all.suffix(10))))
    var changed = all
    changed[3].observation[2] = changed[3].observation[2].nextUp
    #expect(digest(changed) != digest(all))
  }
}

@Suite struct ReplayImageTests {
  /// Images that belong to the transitions, of which a share is joined to the next.
  private func images(of all: [Transition], broken: Double) -> [StepImages] {
    var stream = RandomStream(seed: 3, name: "test.images")
    func image() -> [UInt8] { (0..<37).map { _ in UInt8(truncatingIfNeeded: stream.next()) } }
    var list = all.map { _ in StepImages(before: image(), after: image()) }
    for index in list.indices.dropLast() where stream.uniform() >= broken {
      list[index].after = list[index + 1].before
    }
    return list
  }

  @Test(arguments: [1, 2, 20, 200, 400], [0.0, 0.3, 1])
  func `images come with the steps they belong to, also where only they tell steps apart`(
    capacity: Int, broken: Double
  ) {
    var all = transitions(300)
    for index in all.indices.dropLast() {
      all[index].nextObservation = all[index + 1].observation
    }
    let seen = images(of: all, broken: broken)
    var buffer = ReplayBuffer(
      capacity: capacity, observationSize: 5, actionSize: 2, imageSize: 37)
    var batch = Batch(rows: 40, observationSize: 5, actionSize: 2, imageSize: 37)
    var stream = RandomStream(seed: 7, name: "test.draws")
    for (index, transition) in all.enumerated() {
      buffer.append(transition, images: seen[index])
      guard index % 10 == 9 else { continue }
      buffer.sample(into: &batch, rows: 0..<40, using: &stream)
      for row in 0..<40 {
        let source = Int(batch.rewards[row, 0])
        #expect(Array(batch.images.row(row)) == seen[source].before)
        #expect(Array(batch.nextImages.row(row)) == seen[source].after)
        #expect((0..<5).map { batch.nextObservations[row, $0] } == all[source].nextObservation)
      }
    }
  }

  @Test(arguments: [0, 5])
  func `a digest tells every difference, also of many steps that do not join`(size: Int) {
    func digest(changing place: Int? = nil) -> UInt64 {
      var buffer = ReplayBuffer(
        capacity: 400, observationSize: 5, actionSize: 2, imageSize: size)
      for (index, original) in transitions(300).enumerated() {
        var (step, after) = (original, [UInt8](repeating: 3, count: size))
        if index == place {
          if size > 0 { after[2] = 4 } else { step.nextObservation[1] += 1 }
        }
        buffer.append(
          step, images: StepImages(before: [UInt8](repeating: 1, count: size), after: after))
      }
      return buffer.digest()
    }
    let same = digest()
    #expect(digest() == same)
    for place in [0, 63, 64, 65, 150, 299] { #expect(digest(changing: place) != same) }
  }

  @Test func `with a lookahead the next image is that after the last step`() {
    var buffer = ReplayBuffer(
      capacity: 60, observationSize: 5, actionSize: 2, imageSize: 37,
      lookahead: Lookahead(steps: 3, discount: 0.9))
    let all = transitions(50)
    let seen = images(of: all, broken: 0.2)
    for (transition, images) in zip(all, seen) { buffer.append(transition, images: images) }
    var batch = Batch(rows: 200, observationSize: 5, actionSize: 2, imageSize: 37)
    var stream = RandomStream(seed: 7, name: "test.draws")
    buffer.sample(into: &batch, rows: 0..<200, using: &stream)
    for row in 0..<200 {
      let before = Array(batch.images.row(row))
      let first = seen.firstIndex { $0.before == before }
      guard let first else {
        Issue.record("row \(row) has no known image")
        continue
      }
      let (_, last) = returned(all, from: first, steps: 3, discount: 0.9)
      #expect(Array(batch.nextImages.row(row)) == seen[last].after)
    }
  }

  @Test(arguments: [1, 7, 8, 9, 15, 16, 17, 22, 64])
  func `rows of any length come whole`(size: Int) {
    var stream = RandomStream(seed: 5, name: "test.lengths")
    func numbers() -> [Float] { (0..<size).map { _ in Float(stream.uniform(eitherSide: 1)) } }
    let all = (0..<20).map { index in
      Transition(
        sequence: UInt64(index), episode: 0, policyVersion: 0, observation: numbers(),
        action: numbers(), reward: Float(index), nextObservation: numbers(), ending: nil)
    }
    var buffer = ReplayBuffer(capacity: 32, observationSize: size, actionSize: size)
    for transition in all { buffer.append(transition) }
    var batch = Batch(rows: 50, observationSize: size, actionSize: size)
    buffer.sample(into: &batch, rows: 0..<50, using: &stream)
    for row in 0..<50 {
      let source = all[Int(batch.rewards[row, 0])]
      #expect((0..<size).map { batch.observations[row, $0] } == source.observation)
      #expect((0..<size).map { batch.actions[row, $0] } == source.action)
      #expect((0..<size).map { batch.nextObservations[row, $0] } == source.nextObservation)
    }
  }
}

@Suite struct FaultTests {
  @Test func `a step says why a buffer cannot keep it`() {
    let good = Demonstration(
      transition: Transition(
        sequence: 0, episode: 0, policyVersion: 0, observation: [1, 2], action: [-1], reward: 0,
        nextObservation: [3, 4], ending: nil), intendedAction: [1])
    #expect(good.fault(observationSize: 2, actionSize: 1) == nil)
    #expect(good.fault(observationSize: 3, actionSize: 1) != nil)
    #expect(good.fault(observationSize: 2, actionSize: 2) != nil)
    let changes: [(inout Demonstration) -> Void] = [
      { $0.transition.observation = [1] }, { $0.transition.nextObservation = [1, 2, 3] },
      { $0.transition.action = [] }, { $0.intendedAction = [0, 0] },
      { $0.transition.reward = .nan }, { $0.transition.observation[0] = .infinity },
      { $0.transition.nextObservation[1] = .nan }, { $0.transition.action[0] = 1.001 },
      { $0.transition.action[0] = .nan }, { $0.intendedAction[0] = -1.001 },
    ]
    for change in changes {
      var step = good
      change(&step)
      #expect(step.fault(observationSize: 2, actionSize: 1) != nil)
    }
  }
}
