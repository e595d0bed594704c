// Counts locks of the C library per thread, in the way of allocations.c: an executable that links this
// file defines the functions that take one, and the dynamic linker binds every caller in the process to
// them, libzmq and the C++ library included.
#define _GNU_SOURCE
#include "CRealtime.h"

static __thread uint64_t locks __attribute__((tls_model("initial-exec")));

uint64_t realtime_locks(void) { return locks; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__linux__) && !defined(SANITIZED)
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

// The C library's own function, found at the first call: its other names cannot be linked to.
#define COUNTED(name, type)                                           \
  int name(type *lock) {                                              \
    static _Atomic(int (*)(type *)) known;                            \
    int (*next)(type *) = atomic_load_explicit(&known, memory_order_relaxed); \
    if (next == NULL) {                                               \
      next = (int (*)(type *))dlsym(RTLD_NEXT, #name);                \
      atomic_store_explicit(&known, next, memory_order_relaxed);      \
    }                                                                 \
    locks += 1;                                                       \
    return next(lock);                                                \
  }

COUNTED(pthread_mutex_lock, pthread_mutex_t)
COUNTED(pthread_mutex_trylock, pthread_mutex_t)
COUNTED(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNTED(pthread_rwlock_wrlock, pthread_rwlock_t)

#endif
