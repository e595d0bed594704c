/// Bump arena of floats.
///
/// Pointers stay valid until `reset`; the arena grows by blocks and, at the reset after it grew,
/// becomes one block of the whole size: then it allocates no more.
struct Arena: ~Copyable, @unchecked Sendable {
  private var blocks: [UnsafeMutablePointer<Float>] = []
  private var capacities: [Int] = []
  private var used = 0
  private(set) var allocations = 0

  private static let smallestBlock = 1 << 16
  /// Elements come in multiples of a cache line.
  private static let granule = 16

  deinit { for block in blocks { UnsafeMutableRawPointer(block).deallocate() } }

  /// `count` floats of unknown value, 64-byte aligned.
  mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size = (count + Self.granule - 1) / Self.granule * Self.granule
    if used + size > (capacities.last ?? 0) { addBlock(max(size, Self.smallestBlock)) }
    guard let block = blocks.last else { preconditionFailure("an arena without a block") }
    defer { used += size }
    return block + used
  }

  /// Takes everything back.
  mutating func reset() {
    if blocks.count > 1 {
      let total = capacities.reduce(0, +)
      for block in blocks { UnsafeMutableRawPointer(block).deallocate() }
      blocks.removeAll(keepingCapacity: true)
      capacities.removeAll(keepingCapacity: true)
      addBlock(total)
    }
    used = 0
  }

  private mutating func addBlock(_ capacity: Int) {
    blocks.append(allocateFloats(capacity))
    capacities.append(capacity)
    used = 0
    allocations += 1
  }
}
