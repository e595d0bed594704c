// Counts the usual locks of the C library per thread, in the way of allocations.c: an executable that
// links this file defines the four functions that take one, and the dynamic linker binds every caller in
// the process to them, libzmq and the C++ library included.
#define _GNU_SOURCE
#include "CRealtime.h"

static __thread uint64_t locks __attribute__((tls_model("initial-exec")));

uint64_t realtime_locks(void) { return locks; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

// The C library's own function, found before `main`, or at the first call where that is earlier: its other
// names cannot be linked to.
#define COUNTED(name, type)                                                          \
  static _Atomic(int (*)(type *)) next_##name;                                       \
  static int (*find_##name(void))(type *) {                                          \
    int (*next)(type *) = atomic_load_explicit(&next_##name, memory_order_relaxed);  \
    if (next == NULL) {                                                              \
      next = (int (*)(type *))dlsym(RTLD_NEXT, #name);                               \
      atomic_store_explicit(&next_##name, next, memory_order_relaxed);               \
    }                                                                                \
    return next;                                                                     \
  }                                                                                  \
  __attribute__((constructor)) static void prepare_##name(void) { find_##name(); }   \
  int name(type *lock) {                                                             \
    locks += 1;                                                                      \
    return find_##name()(lock);                                                      \
  }

COUNTED(pthread_mutex_lock, pthread_mutex_t)
COUNTED(pthread_mutex_trylock, pthread_mutex_t)
COUNTED(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNTED(pthread_rwlock_wrlock, pthread_rwlock_t)

#endif
