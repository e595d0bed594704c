#define _GNU_SOURCE
#include "CRealtime.h"

#include <time.h>

static const int64_t second = 1000000000;

int64_t realtime_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * second + now.tv_nsec;
}

int realtime_sleep_until(int64_t instant) {
  if (instant <= 0) return 0;
  struct timespec end = {.tv_sec = instant / second, .tv_nsec = instant % second};
  return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, 0);
}
