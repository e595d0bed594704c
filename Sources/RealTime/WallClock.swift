import Glibc

/// The clock on the wall: for what people read and for logs, never for what is computed.
public enum WallClock {
  /// Time since 1970 [ns].
  public static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
