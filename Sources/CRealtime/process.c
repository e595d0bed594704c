#define _GNU_SOURCE
#include "CRealtime.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int realtime_set_fifo(int priority) {
  struct sched_param wanted = {.sched_priority = priority};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted);
}

int realtime_set_normal(void) {
  struct sched_param none = {.sched_priority = 0};
  return pthread_setschedparam(pthread_self(), SCHED_OTHER, &none);
}

int realtime_lock_memory(void) {
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : errno;
}

int realtime_unlock_memory(void) { return munlockall() == 0 ? 0 : errno; }

int realtime_set_parent_death_signal(int signal) {
  return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0) == 0 ? 0 : errno;
}

int realtime_parent_death_signal(void) {
  int signal = 0;
  return prctl(PR_GET_PDEATHSIG, (unsigned long)&signal, 0, 0, 0) == 0 ? signal : -errno;
}

static atomic_int stop_signals;

static void count_stop_signal(int signal) {
  (void)signal;
  atomic_fetch_add(&stop_signals, 1);
}

// Without its terminal a process has nobody to finish for: at once, as by two.
static void count_hang_up(int signal) {
  (void)signal;
  atomic_fetch_add(&stop_signals, 2);
}

int realtime_count_stop_signals(void) {
  // SA_RESTART keeps file writes whole; poll and sleeps return EINTR all the same.
  struct sigaction action = {.sa_handler = count_stop_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGINT, &action, 0) != 0) return errno;
  if (sigaction(SIGTERM, &action, 0) != 0) return errno;
  struct sigaction hang_up;
  if (sigaction(SIGHUP, 0, &hang_up) != 0) return errno;
  action.sa_handler = count_hang_up;
  // nohup ignores it.
  if (hang_up.sa_handler != SIG_IGN && sigaction(SIGHUP, &action, 0) != 0) return errno;
  // A parent that starts this process from a worker thread may hand down a mask with both blocked.
  sigset_t counted;
  sigemptyset(&counted);
  sigaddset(&counted, SIGINT);
  sigaddset(&counted, SIGTERM);
  sigaddset(&counted, SIGHUP);
  return pthread_sigmask(SIG_UNBLOCK, &counted, 0);
}

int realtime_ignore_file_size_signal(void) {
  return signal(SIGXFSZ, SIG_IGN) == SIG_ERR ? errno : 0;
}

int realtime_limit_file_size(int32_t process, int64_t bytes) {
  struct rlimit limit;
  if (prlimit(process, RLIMIT_FSIZE, 0, &limit) != 0) return errno;
  limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)bytes;
  return prlimit(process, RLIMIT_FSIZE, &limit, 0) == 0 ? 0 : errno;
}

int32_t realtime_stop_signals(void) { return atomic_load(&stop_signals); }

int realtime_counter(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
