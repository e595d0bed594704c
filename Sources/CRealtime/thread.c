// What a thread of 1 kHz asks for beside its priority: a processor, and memory that is there.
#define _GNU_SOURCE
#include "CRealtime.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

int realtime_set_processor(int processor) {
  if (processor < 0 || processor >= CPU_SETSIZE) return EINVAL;
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  CPU_SET(processor, &wanted);
  return pthread_setaffinity_np(pthread_self(), sizeof wanted, &wanted);
}

int realtime_processor(void) { return sched_getcpu(); }

// The compiler must not leave out the writes.
void realtime_touch_stack(void) {
  volatile char stack[512 * 1024];
  for (size_t i = 0; i < sizeof stack; i += 1024) stack[i] = 0;
}

void realtime_keep_heap(void) {
  // Memory that was freed stays with the process, and large blocks come from it too.
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_MMAP_MAX, 0);
}
