import Glibc

/// Counts page faults of the process that needed no disk.
public enum PageFaults {
  /// Faults since the process started.
  public static var total: Int {
    var usage = rusage()
    return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? usage.ru_minflt : 0
  }
}
