extension Safetensors {
  /// Adds each parameter of a layout from a flat arena, under `prefix` and its name.
  public mutating func add(
    _ layout: ParameterLayout, prefix: String, from arena: UnsafeBufferPointer<Float>
  ) {
    precondition(arena.count == layout.count, "an arena of \(arena.count) for \(layout.count)")
    for entry in layout.entries {
      let slot = entry.slot
      add(
        prefix + entry.name, shape: entry.shape,
        arena.extracting(slot.offset..<slot.offset + slot.count))
    }
  }

  /// The flat arena of a layout from arrays under `prefix`: each present, of its shape, finite.
  public func parameters(
    _ layout: ParameterLayout, prefix: String
  ) throws(SafetensorsError) -> [Float] {
    // A layout that a file asks for may be far larger than the file.
    for entry in layout.entries {
      _ = try array(prefix + entry.name, .f32, shape: entry.shape.map { $0 })
    }
    var arena = [Float](repeating: 0, count: layout.count)
    for entry in layout.entries {
      let name = prefix + entry.name
      let values = try floats(name, shape: entry.shape.map { $0 })
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        throw .value(name: name, index: index, rule: "a parameter is finite")
      }
      let slot = entry.slot
      arena.replaceSubrange(slot.offset..<slot.offset + slot.count, with: values)
    }
    return arena
  }
}
