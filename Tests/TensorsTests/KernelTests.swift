import Foundation
import Randomness
import Tensors
import Testing

@Suite struct KernelTests {
  static let variants = KernelVariant.allCases.filter { $0 <= .best }
  static let seeds: [UInt64] = Array(0..<25)

  /// An actor and critics in small: every operation.
  private static func everything(
    seed: UInt64, variant: KernelVariant, threads: Int
  ) -> Differentiated {
    var stream = RandomStream(seed: seed, name: "test.kernels")
    let rows = 1 + stream.index(below: 70), inputs = 1 + stream.index(below: 50)
    let width = 2 + stream.index(below: 90), size = 1 + stream.index(below: 18)
    let groups = 1 + stream.index(below: 4)
    let leaves = [
      Leaf(rows, inputs, using: &stream),
      Leaf(inputs, 2 * size, using: &stream), Leaf(1, 2 * size, using: &stream),
      Leaf(groups: groups, inputs + size, width, using: &stream),
      Leaf(groups: groups, 1, width, using: &stream),
      Leaf(groups: groups, 1, width, using: &stream),
      Leaf(groups: groups, 1, width, using: &stream),
      Leaf(groups: groups, width, 1, using: &stream), Leaf(groups: groups, 1, 1, using: &stream),
    ]
    let noise = (0..<rows * size).map { _ in Float(stream.normal()) }
    return differentiate(leaves, variant: variant, threads: threads) { tape, x in
      let draws = tape.constant(rows: rows, columns: size) { buffer in
        for index in buffer.indices { buffer[index] = noise[index] }
      }
      let head = tape.tanh(tape.multiply(x[0], x[1], adding: x[2]))
      let sample = tape.squashedGaussian(head: head, noise: draws)
      let input = tape.concatenate(x[0], sample.action)
      let features = tape.multiplyNormaliseTanh(
        input, x[3], adding: x[4], scale: x[5], offset: x[6])
      let values = tape.multiply(features, x[7], adding: x[8])
      let near = distance(&tape, values, seed: seed)
      return tape.weightedSum(near, 1, tape.mean(sample.logProbability), 0.1)
    }
  }

  @Test(arguments: seeds) func `every variant agrees with the portable one`(seed: UInt64) {
    let portable = Self.everything(seed: seed, variant: .portable, threads: 1)
    for variant in Self.variants {
      let other = Self.everything(seed: seed, variant: variant, threads: 1)
      #expect(abs(other.loss - portable.loss) < 1e-4 * max(1, abs(portable.loss)))
      for (a, b) in zip(portable.gradients, other.gradients) {
        let scale = max(a.map { abs($0) }.max() ?? 0, 1e-3)
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-3 * scale }, "\(variant)")
      }
    }
  }

  @Test(arguments: seeds, variants) func `any number of threads gives the same bits each time`(
    seed: UInt64, variant: KernelVariant
  ) {
    let single = Self.everything(seed: seed, variant: variant, threads: 1)
    for threads in [1, 2, 3, 5] {
      let other = Self.everything(seed: seed, variant: variant, threads: threads)
      #expect(other.loss == single.loss && other.gradients == single.gradients)
    }
  }

  @Test(arguments: variants) func `products are sums of products`(variant: KernelVariant) {
    for seed in Self.seeds {
      var stream = RandomStream(seed: seed, name: "test.products")
      let m = 1 + stream.index(below: 40), n = 1 + stream.index(below: 70)
      let k = 1 + stream.index(below: 70)
      let (a, b) = (Leaf(m, k, using: &stream), Leaf(k, n, using: &stream))
      let bias = Leaf(1, n, using: &stream)
      var worst = 0.0
      _ = differentiate([a, b, bias], variant: variant) { tape, x in
        let result = tape.multiply(x[0], x[1], adding: x[2])
        let values = Array(tape.values(of: result))
        for (index, value) in values.enumerated() {
          var sum = Double(bias.values[index % n])
          for p in 0..<k {
            sum += Double(a.values[index / n * k + p]) * Double(b.values[p * n + index % n])
          }
          worst = max(worst, abs(sum - Double(value)))
        }
        return tape.mean(result)
      }
      #expect(worst < 1e-5)
    }
  }

  @Test(arguments: variants) func `tanh is within half a millionth everywhere`(
    variant: KernelVariant
  ) {
    let points = (-2000...2000).map { Float($0) * 0.01 } + [1e-30, -1e-8, 1e-4, 88, -1e30, 0]
    var stream = RandomStream(seed: 9, name: "test.points")
    var leaf = Leaf(1, points.count, using: &stream)
    leaf.values = points
    _ = differentiate([leaf], variant: variant) { tape, x in
      let result = tape.tanh(x[0])
      let values = Array(tape.values(of: result))
      for (point, value) in zip(points, values) {
        let exact = Foundation.tanh(Double(point))
        #expect(abs(Double(value) - exact) <= 5e-7 * abs(exact) && abs(value) <= 1, "at \(point)")
      }
      return tape.mean(result)
    }
  }

  @Test(arguments: variants) func `a squashed draw has the density of its formula`(
    variant: KernelVariant
  ) {
    var stream = RandomStream(seed: 3, name: "test.density")
    let (rows, size) = (200, 5)
    var leaf = Leaf(rows, 2 * size, using: &stream)
    leaf.values = leaf.values.map { $0 * 12 }
    let noise = (0..<rows * size).map { _ in Float(stream.normal()) }
    _ = differentiate([leaf], variant: variant) { tape, x in
      let draws = tape.constant(rows: rows, columns: size) { buffer in
        for index in buffer.indices { buffer[index] = noise[index] }
      }
      let sample = tape.squashedGaussian(head: x[0], noise: draws)
      let logs = Array(tape.values(of: sample.logProbability))
      for row in 0..<rows {
        var sum = 0.0
        for j in 0..<size {
          let raw = exp(Double(leaf.values[row * 2 * size + size + j]))
          let deviation = min(max(raw, 1e-5), 5)
          let draw = Double(noise[row * size + j])
          let u = abs(Double(leaf.values[row * 2 * size + j]) + deviation * draw)
          sum += -draw * draw / 2 - log(deviation) - log(2 * Double.pi) / 2
          sum -= 2 * (log(2) - u - log1p(exp(-2 * u)))
        }
        #expect(abs(sum - Double(logs[row])) < 2e-5 * max(10, abs(sum)), "row \(row)")
      }
      return tape.mean(sample.logProbability)
    }
  }

  @Test(arguments: variants) func `normal draws have the normal's moments`(variant: KernelVariant) {
    let count = 200_000
    var stream = RandomStream(seed: 5, name: "test.normal")
    let uniforms = (0..<2 * count).map { _ in Float(stream.next() >> 40) * 0x1p-24 }
    var draws = [Float](repeating: 0, count: count)
    let kernels = Kernels(variant: variant)
    draws.withUnsafeMutableBufferPointer { out in
      if let base = out.baseAddress {
        kernels.normal(fromUniforms: uniforms, count: count, into: base)
      }
    }
    func moment(_ power: Int) -> Double {
      draws.reduce(0.0) { $0 + pow(Double($1), Double(power)) } / Double(count)
    }
    #expect(abs(moment(1)) < 0.01 && abs(moment(2) - 1) < 0.02)
    #expect(abs(moment(3)) < 0.03 && abs(moment(4) - 3) < 0.1)
    for i in 0..<1000 {
      let radius = sqrt(-2 * log(1 - Double(uniforms[2 * i])))
      let exact = radius * cos(2 * .pi * Double(uniforms[2 * i + 1]))
      #expect(abs(exact - Double(draws[i])) < 5e-6)
    }
  }
}
