// What the C functions share: threads, packing buffers, and the clock of the profile.
#pragma once
#include "team.hpp"
#include "variants.hpp"

#include <cstdlib>
#include <ctime>

namespace kinglet {

/// Contiguous range of items.
struct Range {
  int64_t begin, end;
};

/// The kernels of an instruction set; null when the CPU lacks it.
const Variant *variantOf(int32_t variant);

inline int64_t nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace kinglet

struct kinglet_context {
  const kinglet::Variant *variant;
  kinglet::Team team;
  int64_t allocations = 0;
  bool isProfiled = false;
  int64_t times[kinglet_time_kinds] = {};

  ~kinglet_context() {
    free(packing.floats);
    free(sums.floats);
  }

  /// Working memory of a thread, `count` floats of it.
  float *scratch(int thread, int64_t count) { return packing.floats + thread * rounded(count); }

  /// Working memory that the threads share.
  float *shared() { return sums.floats; }

  void reserveScratch(int64_t count) { reserve(packing, team.threads() * rounded(count)); }
  void reserveShared(int64_t count) { reserve(sums, rounded(count)); }

  /// Calls `body` with ranges that cover 0..<count.
  template <typename Body> void shareRange(int64_t count, const Body &body) {
    const int64_t least = 4096;
    int64_t most = (count + least - 1) / least;
    int chunks = (int)(most < team.threads() ? most : team.threads());
    team.run(chunks, [&](int chunk, int) {
      body(kinglet::Range{count * chunk / chunks, count * (chunk + 1) / chunks});
    });
  }

private:
  struct Buffer {
    float *floats = nullptr;
    int64_t count = 0;
  };
  Buffer packing, sums;

  /// So many floats that the next thread's begin on a page of their own.
  static int64_t rounded(int64_t count) { return (count + 1023) / 1024 * 1024; }

  void reserve(Buffer &buffer, int64_t count) {
    if (count <= buffer.count) return;
    free(buffer.floats);
    buffer.floats = static_cast<float *>(aligned_alloc(4096, sizeof(float) * count));
    if (buffer.floats == nullptr) abort();
    buffer.count = count;
    allocations++;
  }
};

namespace kinglet {

/// Adds the time from its making to its end to one kind of work, when the context is profiled and
/// the thread is the caller's, 0.
class Lap {
public:
  Lap(kinglet_context *context, int kind, int thread = 0)
      : context(context->isProfiled && thread == 0 ? context : nullptr), kind(kind),
        start(this->context ? nanoseconds() : 0) {}

  ~Lap() {
    if (context) context->times[kind] += nanoseconds() - start;
  }

private:
  kinglet_context *context;
  int kind;
  int64_t start;
};

}  // namespace kinglet
