import CRealtime
import Glibc

/// Something that one thread says once and others wait for.
///
/// The wait counts on the monotonic clock; a `DispatchSemaphore` waits on Linux by the wall's, and so for
/// as long as that is set back.
public final class Latch: Sendable {
  private let descriptor: Int32

  /// A latch that is open; where the system has no descriptor left it stays so.
  public init() { descriptor = realtime_counter() }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  /// Lets everyone go on who waits, now and later.
  public func close() {
    // Never read, it makes every wait end.
    var one: UInt64 = 1
    write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Waits for the latch to be closed, for so long at most [ns]; returns whether it is.
  public func wait(upTo nanoseconds: Int64) -> Bool {
    let deadline = Deadline(in: nanoseconds)
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    repeat {
      let left = (deadline.remaining() + 999_999) / 1_000_000
      if poll(&item, 1, Int32(clamping: max(0, left))) > 0 { return true }
    } while !deadline.isPast()
    return false
  }
}
