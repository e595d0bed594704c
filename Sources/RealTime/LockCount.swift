import CRealtime

/// Counts locks that the calling thread asks for.
///
/// The process defines pthread_mutex_lock, pthread_mutex_trylock, pthread_rwlock_rdlock and _wrlock itself
/// (CRealtime/locks.c), so shared libraries are counted too; a `Mutex` of Swift's own is not.
public enum LockCount {
  /// Locks that the calling thread asked for since it started.
  public static var total: UInt64 { realtime_locks() }
}
