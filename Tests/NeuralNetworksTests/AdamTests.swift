import Foundation
import NeuralNetworks
import Randomness
import Tensors
import Testing

@Suite struct AdamTests {
  private func arena(_ count: Int, using stream: inout RandomStream) -> ParameterArena {
    var layout = ParameterLayout()
    _ = layout.add(vector: "x", count: count)
    let arena = ParameterArena(layout)
    for index in 0..<count { arena.values.base[index] = Float(stream.normal()) }
    return arena
  }

  @Test(arguments: [1, 16, 37, 1000], KernelVariant.allCases.filter { $0 <= .best })
  func `steps follow the published equations`(count: Int, variant: KernelVariant) {
    var stream = RandomStream(seed: 1, name: "test.adam")
    let arena = arena(count, using: &stream)
    let kernels = Kernels(variant: variant)
    var adam = Adam(count: arena.layout.count, learningRate: 0.01)
    var value = (0..<count).map { Double(arena.values.base[$0]) }
    var (m, v) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    for step in 1...20 {
      for index in 0..<count {
        let gradient = Float(stream.normal())
        arena.gradients.base[index] = gradient
        m[index] = 0.9 * m[index] + 0.1 * Double(gradient)
        v[index] = 0.999 * v[index] + 0.001 * Double(gradient) * Double(gradient)
        let first = m[index] / (1 - pow(0.9, Double(step)))
        let second = v[index] / (1 - pow(0.999, Double(step)))
        value[index] -= 0.01 * first / (second.squareRoot() + 1e-8)
      }
      adam.take(arena, with: kernels)
      for index in 0..<count {
        #expect(abs(value[index] - Double(arena.values.base[index])) < 2e-5)
      }
    }
    #expect(adam.steps == 20)
  }

  @Test func `a proposed step is the step taken, and takes none`() {
    var stream = RandomStream(seed: 2, name: "test.propose")
    let arena = arena(100, using: &stream)
    let kernels = Kernels()
    var adam = Adam(count: arena.layout.count)
    let change = Matrix(rows: 1, columns: arena.layout.count)
    for _ in 0..<5 {
      for index in 0..<100 { arena.gradients.base[index] = Float(stream.normal()) }
      let (values, first, second) = (arena.values.values, adam.first.values, adam.second.values)
      let steps = adam.steps
      adam.propose(arena, with: kernels, into: change)
      #expect(arena.values.values == values && adam.first.values == first)
      #expect(adam.second.values == second && adam.steps == steps)
      adam.take(arena, with: kernels)
      #expect(zip(values, change.values).map { $0 + $1 } == arena.values.values)
      #expect(arena.values.values != values)
    }
  }
}
