import LearningSlots
import Messages
import Randomness
import Replay
import Tensors
import Testing

/// Transition n of an actor, recognisable by its reward.
private func transition(_ sequence: UInt64, of actor: UInt32) -> Transition {
  Transition(
    sequence: sequence, episode: UInt32(sequence / 5), policyVersion: 0, observation: [0],
    action: [0], reward: Float(actor) * 1000 + Float(sequence), nextObservation: [0],
    ending: sequence % 5 == 4 ? .timeLimit : nil)
}

/// What arrives at a learner: every actor's transitions in its order, some of them twice or too early,
/// mixed with the others' as the stream has it.
private func arrivals(
  of lengths: [Int], seed: UInt64
) -> [(actor: UInt32, transition: Transition)] {
  var stream = RandomStream(seed: seed, name: "test.arrivals")
  var sent = [Int](repeating: 0, count: lengths.count)
  var all: [(UInt32, Transition)] = []
  while let actor = lengths.indices.filter({ sent[$0] < lengths[$0] }).randomElement(using: &stream)
  {
    let number = UInt32(actor)
    if stream.index(below: 4) == 0, sent[actor] > 0 {
      all.append((number, transition(UInt64(stream.index(below: sent[actor])), of: number)))
    }
    if stream.index(below: 4) == 0 {
      all.append((number, transition(UInt64(sent[actor] + 1 + stream.index(below: 3)), of: number)))
    }
    all.append((number, transition(UInt64(sent[actor]), of: number)))
    sent[actor] += 1
  }
  return all
}

/// Adds what is due.
private func add(_ sequence: UInt64, of actor: UInt32, to mixer: inout TransitionMixer) {
  let isTaken = mixer.add(transition(sequence, of: actor), from: actor)
  #expect(isTaken)
}

@Suite struct MixerTests {
  @Test(arguments: UInt64(1)...40) func `rounds do not depend on when anything comes`(seed: UInt64)
  {
    var stream = RandomStream(seed: seed, name: "test.actors")
    let lengths = (0..<(1 + stream.index(below: 4))).map { _ in stream.index(below: 600) }
    var mixer = TransitionMixer(.rounds(actors: lengths.count))
    var taken: [Transition] = []
    for (actor, step) in arrivals(of: lengths, seed: seed) {
      _ = mixer.add(step, from: actor)
      // Sometimes the learner is behind.
      if stream.index(below: 3) > 0 {
        while let next = mixer.take() { taken.append(next.transition) }
      }
    }
    for actor in lengths.indices { mixer.note(UInt32(actor), hasLeft: true) }
    while let next = mixer.take() { taken.append(next.transition) }
    let rounds = (0..<(lengths.max() ?? 0)).flatMap { round in
      lengths.indices.filter { lengths[$0] > round }.map {
        transition(UInt64(round), of: UInt32($0))
      }
    }
    #expect(taken == rounds)
    #expect(mixer.waiting == 0 && !mixer.hasDue)
  }

  @Test func `a round waits for each actor that has not left`() {
    var mixer = TransitionMixer(.rounds(actors: 3))
    for actor in [UInt32(0), 2] { add(0, of: actor, to: &mixer) }
    let first = mixer.take()
    let none = mixer.take()
    #expect(first?.actor == 0 && none == nil && mixer.rounds == 0)
    mixer.note(1, hasLeft: true)
    let next = mixer.take()
    #expect(next?.actor == 2 && mixer.rounds == 1 && mixer.present == [0, 2])
    // It has come again, and is waited for.
    add(0, of: 1, to: &mixer)
    #expect(mixer.rounds == 0)
    let late = mixer.take()
    #expect(late?.actor == 1)
  }

  @Test func `in rounds there is no place for others`() {
    var mixer = TransitionMixer(.rounds(actors: 2))
    let isTaken = mixer.add(transition(0, of: 2), from: 2)
    #expect(!mixer.admits(2) && !isTaken)
    mixer.note(2, hasLeft: false)
    #expect(mixer.actors == [0, 1])
  }

  @Test(arguments: UInt64(1)...20) func `in turns the flood of one holds up nobody`(seed: UInt64) {
    var stream = RandomStream(seed: seed, name: "test.turns")
    let lengths = [500, 1 + stream.index(below: 50), 1 + stream.index(below: 50)]
    var mixer = TransitionMixer(.turns)
    for actor in [UInt32(7), 3, 60] {
      for number in 0..<lengths[actor == 7 ? 0 : actor == 3 ? 1 : 2] {
        add(UInt64(number), of: actor, to: &mixer)
      }
    }
    var counts: [UInt32: Int] = [:]
    while let (actor, step) = mixer.take() {
      #expect(step == transition(UInt64(counts[actor, default: 0]), of: actor))
      counts[actor, default: 0] += 1
      for (other, length) in zip([UInt32(7), 3, 60], lengths)
      where counts[other, default: 0] < length {
        // Whoever still has something is at most one behind.
        #expect(counts[other, default: 0] >= counts[actor, default: 0] - 1)
      }
    }
    #expect(counts == [7: lengths[0], 3: lengths[1], 60: lengths[2]])
  }
}

@Suite struct ReplayPoolTests {
  @Test(arguments: UInt64(1)...10) func `the pool of one actor is its buffer`(seed: UInt64) {
    var pool = ReplayPool(
      capacity: 40, observationSize: 1, actionSize: 1, lookahead: Lookahead(steps: 3, discount: 0.9)
    )
    var buffer = ReplayBuffer(
      capacity: 40, observationSize: 1, actionSize: 1, lookahead: Lookahead(steps: 3, discount: 0.9)
    )
    for number in UInt64(0)..<100 {
      pool.append(transition(number, of: 5), from: 5)
      buffer.append(transition(number, of: 5))
      #expect(pool.digest() == buffer.digest() && pool.count == buffer.count)
    }
    var (a, b) = (RandomStream(seed: seed, name: "draws"), RandomStream(seed: seed, name: "draws"))
    var one = Batch(rows: 64, observationSize: 1, actionSize: 1)
    var other = Batch(rows: 64, observationSize: 1, actionSize: 1)
    pool.sample(into: &one, rows: 0..<64, using: &a)
    buffer.sample(into: &other, rows: 0..<64, using: &b)
    #expect(Array(one.rewards.elements) == Array(other.rewards.elements) && a == b)
  }

  @Test func `every transition is equally likely, whoever made it`() {
    var pool = ReplayPool(capacity: 1000, observationSize: 1, actionSize: 1)
    let lengths: [(actor: UInt32, count: Int)] = [(2, 30), (0, 300), (9, 70)]
    for (actor, count) in lengths {
      for number in 0..<count { pool.append(transition(UInt64(number), of: actor), from: actor) }
    }
    var stream = RandomStream(seed: 1, name: "draws")
    var batch = Batch(rows: 4000, observationSize: 1, actionSize: 1)
    var found: [Float: Int] = [:]
    for _ in 0..<20 {
      pool.sample(into: &batch, rows: 0..<4000, using: &stream)
      for reward in batch.rewards.elements { found[reward, default: 0] += 1 }
    }
    // 80 000 draws of 400: 200 each, with a standard deviation of 14.
    #expect(found.count == 400)
    #expect(found.values.allSatisfy { (120...280).contains($0) })
  }

  @Test func `what one actor's stop cut short is not joined to what another did`() {
    var pool = ReplayPool(
      capacity: 100, observationSize: 1, actionSize: 1, lookahead: Lookahead(steps: 10, discount: 1)
    )
    var alone = ReplayPool(
      capacity: 100, observationSize: 1, actionSize: 1, lookahead: Lookahead(steps: 10, discount: 1)
    )
    for number in UInt64(0)..<12 {
      // Actor 1 leaves each of its episodes after two of five steps.
      if number % 5 < 2 { pool.append(transition(number, of: 1), from: 1) }
      if number % 5 < 2 { alone.append(transition(number, of: 1), from: 1) }
      pool.append(transition(number, of: 0), from: 0)
    }
    var stream = RandomStream(seed: 1, name: "draws")
    var batch = Batch(rows: 500, observationSize: 1, actionSize: 1)
    pool.sample(into: &batch, rows: 0..<500, using: &stream)
    let mixed = Set(batch.rewards.elements.filter { $0 >= 1000 })
    alone.sample(into: &batch, rows: 0..<500, using: &stream)
    #expect(mixed == Set(batch.rewards.elements))
    // A sample of 1000 alone, or of 1000 and 1001, of 1005 and 1006, of 1010 and 1011.
    #expect(mixed == [2001, 1001, 2011, 1006, 2021, 1011])
  }
}
