import Glibc

/// Zeroed floats at the start of a page.
///
/// Large arrays lie in large pages where the kernel has them: a random row of a replay buffer then
/// costs one miss of the cache instead of one more of the address translation.
func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
  let bytes = max(count, 1) * MemoryLayout<Float>.stride
  let largePage = 2 << 20
  let isLarge = bytes >= 4 * largePage
  let raw = UnsafeMutableRawPointer.allocate(
    byteCount: bytes, alignment: isLarge ? largePage : 4096)
  if isLarge { madvise(raw, bytes, MADV_HUGEPAGE) }
  return raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
}
