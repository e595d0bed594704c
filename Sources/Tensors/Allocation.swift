/// Zeroed floats at the start of a page.
func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
  let bytes = max(count, 1) * MemoryLayout<Float>.stride
  let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
  return raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
}
