// The context: threads, packing buffers, and the C functions that share work out.
#include "variants.hpp"

#include <atomic>
#include <climits>
#include <cstdlib>
#include <linux/futex.h>
#include <new>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace kinglet;

namespace {

const int mostThreads = 64;
const int spins = 2000;

typedef void (*Job)(const void *work, const Share &share);

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void sleepWhile(std::atomic<uint32_t> &word, uint32_t value) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake(std::atomic<uint32_t> &word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

/// Spins for a moment, then sleeps, until the word differs from `value`.
uint32_t awaitChange(std::atomic<uint32_t> &word, uint32_t value) {
  for (int i = 0; i < spins; i++) {
    uint32_t now = word.load(std::memory_order_acquire);
    if (now != value) return now;
    pause();
  }
  for (;;) {
    uint32_t now = word.load(std::memory_order_acquire);
    if (now != value) return now;
    sleepWhile(word, value);
  }
}

struct Worker {
  kinglet_context *context;
  int part;
  pthread_t thread;
};

}  // namespace

struct kinglet_context {
  const Variant *variant;
  int threads;
  int64_t allocations = 0;
  int64_t scratchCount = 0;
  float *scratch = nullptr;
  Worker workers[mostThreads];

  // One round: the caller fills job and work, raises `round`, and awaits `left` to fall to 0.
  Job job = nullptr;
  const void *work = nullptr;
  alignas(64) std::atomic<uint32_t> round{0};
  alignas(64) std::atomic<uint32_t> left{0};

  Share share(int part) { return Share{part, threads, scratch + part * scratchCount}; }

  void reserve(int64_t count) {
    count = (count + 1023) / 1024 * 1024;
    if (count <= scratchCount) return;
    free(scratch);
    scratch = static_cast<float *>(aligned_alloc(4096, sizeof(float) * count * threads));
    if (scratch == nullptr) abort();
    scratchCount = count;
    allocations++;
  }

  void run(Job task, const void *argument) {
    if (threads > 1) {
      job = task;
      work = argument;
      left.store(threads - 1, std::memory_order_relaxed);
      round.fetch_add(1, std::memory_order_release);
      wake(round);
    }
    task(argument, share(0));
    for (uint32_t now = left.load(std::memory_order_acquire); now != 0;)
      now = awaitChange(left, now);
  }
};

namespace {

/// Runs `body(context, share)` once per thread.
template <typename Body> void shareOut(kinglet_context *context, const Body &body) {
  context->run(
      [](const void *work, const Share &share) { (*static_cast<const Body *>(work))(share); },
      &body);
}

void *serve(void *argument) {
  Worker *worker = static_cast<Worker *>(argument);
  kinglet_context *context = worker->context;
  uint32_t seen = 0;
  for (;;) {
    seen = awaitChange(context->round, seen);
    if (context->job == nullptr) return nullptr;
    context->job(context->work, context->share(worker->part));
    if (context->left.fetch_sub(1, std::memory_order_acq_rel) == 1) wake(context->left);
  }
}

const Variant *variantOf(int32_t variant) {
  if (variant < 0 || variant > kinglet_best_variant()) return nullptr;
#if defined(__x86_64__)
  if (variant == kinglet_variant_avx512) return &avx512;
  if (variant == kinglet_variant_avx2) return &avx2;
#endif
  return &portable;
}

}  // namespace

int32_t kinglet_best_variant(void) noexcept {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return kinglet_variant_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kinglet_variant_avx2;
#endif
  return kinglet_variant_portable;
}

kinglet_context *kinglet_context_create(int32_t threads, int32_t variant) noexcept {
  const Variant *table = variantOf(variant);
  if (table == nullptr || threads < 1 || threads > mostThreads) return nullptr;
  kinglet_context *context = new (std::nothrow) kinglet_context;
  if (context == nullptr) return nullptr;
  context->variant = table;
  context->threads = 1;
  for (int part = 1; part < threads; part++) {
    Worker *worker = &context->workers[part];
    worker->context = context;
    worker->part = part;
    if (pthread_create(&worker->thread, nullptr, serve, worker) != 0) {
      kinglet_context_destroy(context);
      return nullptr;
    }
    context->threads = part + 1;
  }
  context->reserve(16384);
  return context;
}

void kinglet_context_destroy(kinglet_context *context) noexcept {
  if (context == nullptr) return;
  context->job = nullptr;
  context->round.fetch_add(1, std::memory_order_release);
  wake(context->round);
  for (int part = 1; part < context->threads; part++)
    pthread_join(context->workers[part].thread, nullptr);
  free(context->scratch);
  delete context;
}

int64_t kinglet_context_allocations(const kinglet_context *context) noexcept {
  return context->allocations;
}

void kinglet_multiply(kinglet_context *context, const kinglet_product *product) noexcept {
  const Variant *table = context->variant;
  context->reserve(table->multiplyScratch(*product));
  shareOut(context, [&](const Share &share) { table->multiply(*product, share); });
}

void kinglet_sum_rows(kinglet_context *context, int32_t rows, int32_t columns, const float *x,
                      float *out, int32_t mode) noexcept {
  context->variant->sumRows(x, rows, columns, 0, columns, out, mode);
}

void kinglet_tanh_forward(kinglet_context *context, int64_t count, const float *x,
                          float *y) noexcept {
  shareOut(context, [&](const Share &share) {
    Range range(count, share);
    context->variant->tanhForward(range.begin, range.end, x, y);
  });
}

void kinglet_tanh_backward(kinglet_context *context, int64_t count, const float *y,
                           const float *dy, float *dx, int32_t mode) noexcept {
  shareOut(context, [&](const Share &share) {
    Range range(count, share);
    context->variant->tanhBackward(range.begin, range.end, y, dy, dx, mode);
  });
}

void kinglet_norm_tanh_forward(kinglet_context *context, int32_t rows, int32_t columns, float *x,
                               const float *scale, const float *offset, float *y,
                               float *inverse_deviation) noexcept {
  NormTanhForward work{columns, x, scale, offset, y, inverse_deviation};
  shareOut(context, [&](const Share &share) {
    Range range(rows, share);
    context->variant->normTanhForward(work, range.begin, range.end);
  });
}

void kinglet_norm_tanh_backward(kinglet_context *context, int32_t rows, int32_t columns,
                                const float *normalised, const float *scale, const float *y,
                                const float *inverse_deviation, const float *dy, float *dx,
                                float *dscale, float *doffset, int32_t mode) noexcept {
  context->reserve(2 * (int64_t)columns);
  NormTanhBackward work{columns, normalised, scale, y, inverse_deviation, dy, dx};
  // Each thread sums in a buffer of its own; the buffers are added in the order of the threads.
  shareOut(context, [&](const Share &share) {
    Range range(rows, share);
    float *sums = dscale ? share.scratch : nullptr;
    if (sums)
      for (int j = 0; j < 2 * columns; j++) sums[j] = 0;
    context->variant->normTanhBackward(work, range.begin, range.end, sums,
                                       sums ? sums + columns : nullptr);
  });
  if (dscale == nullptr) return;
  if (mode != kinglet_accumulate)
    for (int j = 0; j < columns; j++) dscale[j] = doffset[j] = 0;
  for (int part = 0; part < context->threads; part++) {
    const float *sums = context->share(part).scratch;
    for (int j = 0; j < columns; j++) dscale[j] += sums[j];
    for (int j = 0; j < columns; j++) doffset[j] += sums[columns + j];
  }
}

void kinglet_normal(kinglet_context *context, int64_t count, const float *uniforms,
                    float *out) noexcept {
  context->variant->normal(0, count, uniforms, out);
}

void kinglet_squash_forward(kinglet_context *context, int32_t rows, int32_t size,
                            const float *head, const float *noise, float *action,
                            float *log_probability) noexcept {
  context->variant->squashForward(0, rows, size, head, noise, action, log_probability);
}

void kinglet_squash_backward(kinglet_context *context, int32_t rows, int32_t size,
                             const float *head, const float *noise, const float *action,
                             const float *daction, const float *dlog_probability, float *dhead,
                             int32_t mode) noexcept {
  context->variant->squashBackward(0, rows, size, head, noise, action, daction, dlog_probability,
                                   dhead, mode);
}

void kinglet_adam_step(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                       const float *gradient, float *first, float *second,
                       float *value) noexcept {
  shareOut(context, [&](const Share &share) {
    Range range(count, share);
    context->variant->adamStep(*adam, range.begin, range.end, gradient, first, second, value);
  });
}

void kinglet_adam_propose(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                          const float *gradient, const float *first, const float *second,
                          float *step) noexcept {
  shareOut(context, [&](const Share &share) {
    Range range(count, share);
    context->variant->adamPropose(*adam, range.begin, range.end, gradient, first, second, step);
  });
}

void kinglet_approach(kinglet_context *context, int64_t count, const float *value, float rate,
                      float *target) noexcept {
  shareOut(context, [&](const Share &share) {
    Range range(count, share);
    context->variant->approach(range.begin, range.end, value, rate, target);
  });
}

namespace {

const Variant &fastest() {
  static const Variant *const table = variantOf(kinglet_best_variant());
  return *table;
}

}  // namespace

void kinglet_row_multiply(int32_t k, int32_t n, const float *x, const float *w, const float *bias,
                          float *y) noexcept {
  fastest().rowMultiply(k, n, x, w, bias, y);
}

void kinglet_row_tanh(int32_t n, float *x) noexcept { fastest().tanhForward(0, n, x, x); }

void kinglet_row_norm_tanh(int32_t n, float *x, const float *scale, const float *offset) noexcept {
  float inverseDeviation;
  fastest().normTanhForward(
      NormTanhForward{n, x, scale, offset, x, &inverseDeviation}, 0, 1);
}

void kinglet_row_squash(int32_t size, const float *head, const float *noise,
                        float *action) noexcept {
  float logProbability;
  fastest().squashForward(0, 1, size, head, noise, action, &logProbability);
}

void kinglet_row_normal(int32_t count, const float *uniforms, float *out) noexcept {
  fastest().normal(0, count, uniforms, out);
}
