import Randomness
import Tensors
import Testing

@Suite struct GradientTests {
  static let seeds: [UInt64] = Array(0..<12)

  @Test(arguments: seeds) func `a dense layer's gradient is that of finite differences`(
    seed: UInt64
  ) {
    var stream = RandomStream(seed: seed, name: "test.dense")
    let groups = 1 + stream.index(below: 3), rows = 1 + stream.index(below: 19)
    let (k, n) = (1 + stream.index(below: 40), 1 + stream.index(below: 40))
    let isShared = stream.index(below: 2) == 0
    let leaves = [
      Leaf(groups: isShared ? 1 : groups, rows, k, using: &stream),
      Leaf(groups: groups, k, n, using: &stream), Leaf(groups: groups, 1, n, using: &stream),
    ]
    let error = worstGradientError(leaves, seed: seed) { tape, x in
      let result = tape.multiply(x[0], x[1], adding: x[2])
      return distance(&tape, result, seed: seed)
    }
    #expect(error < 5e-3)
  }

  @Test(arguments: seeds) func `tanh's gradient is that of finite differences`(seed: UInt64) {
    var stream = RandomStream(seed: seed, name: "test.tanh")
    let leaves = [
      Leaf(
        groups: 1 + stream.index(below: 3), 1 + stream.index(below: 9), 1 + stream.index(below: 40),
        using: &stream)
    ]
    let error = worstGradientError(leaves, seed: seed) { tape, x in
      let result = tape.tanh(x[0])
      return distance(&tape, result, seed: seed)
    }
    #expect(error < 5e-3)
  }

  @Test(arguments: seeds) func `normalisation's gradient is that of finite differences`(
    seed: UInt64
  ) {
    var stream = RandomStream(seed: seed, name: "test.norm")
    let groups = 1 + stream.index(below: 3), rows = 1 + stream.index(below: 9)
    let (k, columns) = (1 + stream.index(below: 9), 3 + stream.index(below: 60))
    let isShared = stream.index(below: 2) == 0
    let leaves = [
      Leaf(groups: isShared ? 1 : groups, rows, k, using: &stream),
      Leaf(groups: groups, k, columns, using: &stream),
      Leaf(groups: groups, 1, columns, using: &stream),
      Leaf(groups: groups, 1, columns, using: &stream),
      Leaf(groups: groups, 1, columns, using: &stream),
    ]
    let error = worstGradientError(leaves, seed: seed) { tape, x in
      let result = tape.multiplyNormaliseTanh(
        x[0], x[1], adding: x[2], scale: x[3], offset: x[4])
      return distance(&tape, result, seed: seed)
    }
    #expect(error < 1e-2)
  }

  @Test(arguments: seeds) func `a squashed draw's gradient is that of finite differences`(
    seed: UInt64
  ) {
    var stream = RandomStream(seed: seed, name: "test.squash")
    let (rows, size) = (1 + stream.index(below: 9), 1 + stream.index(below: 20))
    let noise = (0..<rows * size).map { _ in Float(stream.normal()) }
    let leaves = [Leaf(rows, 2 * size, using: &stream)]
    let error = worstGradientError(leaves, seed: seed) { tape, x in
      let draws = tape.constant(rows: rows, columns: size) { buffer in
        for index in buffer.indices { buffer[index] = noise[index] }
      }
      let sample = tape.squashedGaussian(head: x[0], noise: draws)
      let near = distance(&tape, sample.action, seed: seed)
      return tape.weightedSum(near, 1, tape.mean(sample.logProbability), 0.05)
    }
    #expect(error < 1e-2)
  }

  @Test func `a clipped deviation takes no gradient`() {
    var stream = RandomStream(seed: 1, name: "test.clip")
    var leaf = Leaf(1, 4, using: &stream)
    leaf.values = [0.3, -0.2, 3, -20]
    let result = differentiate([leaf]) { tape, x in
      let noise = tape.constant(rows: 1, columns: 2) { ($0[0], $0[1]) = (0.1, -0.3) }
      let sample = tape.squashedGaussian(head: x[0], noise: noise)
      return tape.weightedSum(tape.mean(sample.action), 1, tape.mean(sample.logProbability), 1)
    }
    #expect(result.gradients[0][2] == 0 && result.gradients[0][3] == 0)
    #expect(result.gradients[0][0] != 0 && result.gradients[0][1] != 0)
  }

  @Test(arguments: seeds) func `gradients of values used twice add up`(seed: UInt64) {
    var stream = RandomStream(seed: seed, name: "test.twice")
    let rows = 2 + stream.index(below: 5)
    let leaves = [
      Leaf(rows, 6, using: &stream), Leaf(6, 6, using: &stream), Leaf(1, 6, using: &stream),
      Leaf(12, 3, using: &stream), Leaf(1, 3, using: &stream),
    ]
    let error = worstGradientError(leaves, seed: seed) { tape, x in
      let once = tape.tanh(tape.multiply(x[0], x[1], adding: x[2]))
      let twice = tape.tanh(tape.multiply(once, x[1], adding: x[2]))
      let both = tape.concatenate(once, twice)
      let result = tape.multiply(both, x[3], adding: x[4])
      let near = distance(&tape, result, seed: seed)
      return tape.weightedSum(near, 0.7, tape.mean(once), -0.4)
    }
    #expect(error < 5e-3)
  }

  @Test func `a leaf that the loss does not use has a zero gradient`() {
    var stream = RandomStream(seed: 1, name: "test.unused")
    let leaves = [Leaf(3, 4, using: &stream), Leaf(3, 4, using: &stream)]
    let result = differentiate(leaves) { tape, x in tape.mean(x[0]) }
    #expect(result.gradients[0].allSatisfy { $0 == 1 / Float(12) })
    #expect(result.gradients[1].allSatisfy { $0 == 0 })
  }

  @Test func `asking for a tracked leaf again gives the same tensor`() {
    var stream = RandomStream(seed: 1, name: "test.again")
    let result = differentiate([Leaf(2, 2, using: &stream)]) { tape, x in
      tape.weightedSum(tape.mean(x[0]), 2, tape.mean(x[0]), 3)
    }
    #expect(result.gradients[0].allSatisfy { abs($0 - 1.25) < 1e-6 })
  }

  @Test func `a tape stops to allocate once it ran`() {
    var stream = RandomStream(seed: 1, name: "test.allocations")
    let leaves = [
      Leaf(300, 200, using: &stream), Leaf(200, 300, using: &stream), Leaf(1, 300, using: &stream),
    ]
    var tape = Tape(kernels: Kernels())
    var counts: [Int] = []
    for _ in 0..<4 {
      tape.reset()
      _ = differentiate(leaves, on: &tape) { tape, x in
        tape.mean(tape.tanh(tape.multiply(x[0], x[1], adding: x[2])))
      }
      counts.append(tape.allocations)
    }
    #expect(counts[0] > 0 && counts[1] == counts[2] && counts[2] == counts[3])
  }
}
