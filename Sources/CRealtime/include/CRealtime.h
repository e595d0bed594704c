// Clock, scheduling, signals and allocation counting: what Swift cannot ask Linux for by itself.
#ifndef CREALTIME_H
#define CREALTIME_H

#include <stdint.h>

// The promise to the Swift compiler that a function neither locks nor allocates.
#define REALTIME __attribute__((swift_attr("@_noLocks")))

// CLOCK_MONOTONIC [ns].
REALTIME int64_t realtime_now(void);

// Sleeps until a CLOCK_MONOTONIC instant [ns]. Returns 0, or EINTR when a signal came first.
int realtime_sleep_until(int64_t instant);

// Asks for SCHED_FIFO at a priority for the calling thread. Returns 0 or an errno.
int realtime_set_fifo(int priority);

// Asks for SCHED_OTHER for the calling thread. Returns 0 or an errno.
int realtime_set_normal(void);

// Locks present and future pages into memory. Returns 0 or an errno.
int realtime_lock_memory(void);

// Keeps the calling thread on one processor. Returns 0 or an errno.
int realtime_set_processor(int processor);

// The processor that the calling thread runs on now.
int realtime_processor(void);

// Touches 512 KiB of stack, so that a later use of them takes no page fault.
void realtime_touch_stack(void);

// Lets the C library give no memory back to the kernel.
void realtime_keep_heap(void);

// Undoes realtime_lock_memory. Returns 0 or an errno.
int realtime_unlock_memory(void);

// Asks the kernel to send a signal to this process when the thread that started it ends;
// 0 asks for none. Returns 0 or an errno.
int realtime_set_parent_death_signal(int signal);

// The signal asked for by realtime_set_parent_death_signal, or a negative errno.
int realtime_parent_death_signal(void);

// Installs the handler that counts SIGINT and SIGTERM. Returns 0 or an errno.
int realtime_count_stop_signals(void);

// Makes a write beyond RLIMIT_FSIZE an error of the write, not the end of the process. Returns 0 or an
// errno.
int realtime_ignore_file_size_signal(void);

// Limits how far a process may write into files, below 0 not at all. Returns 0 or an errno.
int realtime_limit_file_size(int32_t process, int64_t bytes);

// A descriptor that can be polled for input from its first write of 8 bytes on, or -1.
int realtime_counter(void);

// Stop signals counted since the start of the process.
REALTIME int32_t realtime_stop_signals(void);

// Allocations by the calling thread so far: malloc, calloc, realloc, aligned_alloc,
// posix_memalign and memalign. Counted where the C library is glibc, see allocations.c.
REALTIME uint64_t realtime_allocations(void);

// Locks that the calling thread has asked for so far: pthread_mutex_lock, _trylock, pthread_rwlock_rdlock
// and _wrlock, see locks.c.
REALTIME uint64_t realtime_locks(void);

#endif
