import NeuralNetworks
import Randomness
import Tensors
import Testing

@Suite struct LayerTests {
  @Test func `a layout gives each parameter a name and a place of its own`() {
    var layout = ParameterLayout(ensemble: 3)
    _ = Trunk("trunk", inputs: 5, width: 7, normalisation: .layerNorm, in: &layout)
    #expect(
      layout.entries.map(\.name) == [
        "trunk.0.weight", "trunk.0.bias", "trunk.0.norm.scale", "trunk.0.norm.offset",
        "trunk.1.weight", "trunk.1.bias", "trunk.1.norm.scale", "trunk.1.norm.offset",
      ])
    #expect(layout.entries[0].shape == [3, 5, 7] && layout.entries[1].shape == [3, 7])
    for (entry, next) in zip(layout.entries, layout.entries.dropFirst()) {
      #expect(entry.slot.offset + entry.slot.count <= next.slot.offset)
      #expect(next.slot.offset % 16 == 0)
    }
  }

  @Test func `weights start Xavier-uniform and biases zero`() {
    var layout = ParameterLayout()
    let dense = Dense("dense", inputs: 30, outputs: 70, in: &layout)
    let arena = ParameterArena(layout)
    var stream = RandomStream(seed: 1, name: "test.xavier")
    dense.initialise(arena, using: &stream)
    let limit = Float((6.0 / 100).squareRoot())
    let weights = Array(arena[dense.weight])
    #expect(weights.allSatisfy { abs($0) <= limit })
    #expect((weights.max() ?? 0) > 0.98 * limit && (weights.min() ?? 0) < -0.98 * limit)
    let variance = weights.reduce(0) { $0 + $1 * $1 } / Float(weights.count)
    #expect(abs(variance / (limit * limit / 3) - 1) < 0.06)
    #expect(arena[dense.bias].allSatisfy { $0 == 0 })
  }

  @Test(arguments: Normalisation.allCases)
  func `each member of an ensemble computes what it would alone`(normalisation: Normalisation) {
    var layout = ParameterLayout(ensemble: 3)
    let trunk = Trunk("t", inputs: 5, width: 33, normalisation: normalisation, in: &layout)
    let arena = ParameterArena(layout)
    var stream = RandomStream(seed: 4, name: "test.ensemble")
    trunk.initialise(arena, using: &stream)
    var tape = Tape(kernels: Kernels())
    let x = tape.constant(rows: 9, columns: 5) { buffer in
      for index in buffer.indices { buffer[index] = Float(stream.normal()) }
    }
    let all = Array(tape.values(of: trunk(x, arena.frozen, on: &tape)))
    for member in 0..<3 {
      let chosen = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
      defer { chosen.deallocate() }
      chosen.initialize(to: Int32(member))
      let source = arena.frozen(members: chosen, count: 1)
      let alone = Array(tape.values(of: trunk(x, source, on: &tape)))
      #expect(alone == Array(all[member * 9 * 33..<(member + 1) * 9 * 33]))
    }
  }
}
