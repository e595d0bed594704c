// Contexts, and the elementwise kernels' C functions.
#include "context.hpp"

#include <new>
#include <sched.h>

using namespace kinglet;

const Variant *kinglet::variantOf(int32_t variant) {
  if (variant < 0 || variant > kinglet_best_variant()) return nullptr;
#if defined(__x86_64__)
  if (variant == kinglet_variant_avx512) return &avx512;
  if (variant == kinglet_variant_avx2) return &avx2;
#endif
  return &portable;
}

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
  if (table == nullptr || threads < 1 || threads > Team::mostThreads) return nullptr;
  kinglet_context *context = new (std::nothrow) kinglet_context;
  if (context == nullptr) return nullptr;
  context->variant = table;
  if (!context->team.start(threads)) {
    delete context;
    return nullptr;
  }
  return context;
}

void kinglet_context_destroy(kinglet_context *context) noexcept { delete context; }

int64_t kinglet_context_allocations(const kinglet_context *context) noexcept {
  return context->allocations;
}

void kinglet_context_profile(kinglet_context *context) noexcept {
  context->isProfiled = true;
  for (int64_t &time : context->times) time = 0;
}

int64_t kinglet_context_time(const kinglet_context *context, int32_t kind) noexcept {
  return context->times[kind];
}

double kinglet_context_peak(kinglet_context *context) noexcept {
  const int64_t rounds = 500000;
  const int threads = context->team.threads();
  // Stored where the compiler cannot see that nobody reads it.
  volatile float results[Team::mostThreads];
  int64_t times[Team::mostThreads];
  std::atomic<int> present{0};
  context->team.run(threads, [&](int chunk, int) {
    // A thread that waits here takes no second chunk, so that every thread runs one.
    present.fetch_add(1);
    while (present.load() < threads) sched_yield();
    int64_t start = nanoseconds();
    results[chunk] = context->variant->multiplyAdds(rounds);
    times[chunk] = nanoseconds() - start;
  });
  int64_t longest = 1;
  for (int chunk = 0; chunk < threads; chunk++)
    if (times[chunk] > longest) longest = times[chunk];
  double operations = (double)threads * (double)rounds * context->variant->operationsPerRound;
  return operations / ((double)longest * 1e-9);
}

void kinglet_tanh_forward(kinglet_context *context, int64_t count, const float *x,
                          float *y) noexcept {
  Lap lap(context, kinglet_time_elementwise);
  context->shareRange(count, [&](const Range &range) {
    context->variant->tanhForward(range.begin, range.end, x, y);
  });
}

void kinglet_tanh_backward(kinglet_context *context, int64_t count, const float *y,
                           const float *dy, float *dx, int32_t mode) noexcept {
  Lap lap(context, kinglet_time_elementwise);
  context->shareRange(count, [&](const Range &range) {
    context->variant->tanhBackward(range.begin, range.end, y, dy, dx, mode);
  });
}

void kinglet_normal(kinglet_context *context, int64_t count, const float *uniforms,
                    float *out) noexcept {
  Lap lap(context, kinglet_time_elementwise);
  context->variant->normal(0, count, uniforms, out);
}

void kinglet_squash_forward(kinglet_context *context, int32_t rows, int32_t size,
                            const float *head, const float *noise, float *action,
                            float *log_probability) noexcept {
  Lap lap(context, kinglet_time_elementwise);
  context->variant->squashForward(0, rows, size, head, noise, action, log_probability);
}

void kinglet_squash_backward(kinglet_context *context, int32_t rows, int32_t size,
                             const float *head, const float *noise, const float *action,
                             const float *daction, const float *dlog_probability, float *dhead,
                             int32_t mode) noexcept {
  Lap lap(context, kinglet_time_elementwise);
  context->variant->squashBackward(0, rows, size, head, noise, action, daction, dlog_probability,
                                   dhead, mode);
}

void kinglet_adam_step(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                       const float *gradient, float *first, float *second,
                       float *value) noexcept {
  Lap lap(context, kinglet_time_optimiser);
  context->shareRange(count, [&](const Range &range) {
    context->variant->adamStep(*adam, range.begin, range.end, gradient, first, second, value);
  });
}

void kinglet_adam_propose(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                          const float *gradient, const float *first, const float *second,
                          float *step) noexcept {
  context->shareRange(count, [&](const Range &range) {
    context->variant->adamPropose(*adam, range.begin, range.end, gradient, first, second, step);
  });
}

void kinglet_approach(kinglet_context *context, int64_t count, const float *value, float rate,
                      float *target) noexcept {
  Lap lap(context, kinglet_time_averaging);
  context->shareRange(count, [&](const Range &range) {
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
  fastest().normTanhForward(1, n, x, scale, offset, x, &inverseDeviation);
}

void kinglet_row_squash(int32_t size, const float *head, const float *noise,
                        float *action) noexcept {
  float logProbability;
  fastest().squashForward(0, 1, size, head, noise, action, &logProbability);
}

void kinglet_row_normal(int32_t count, const float *uniforms, float *out) noexcept {
  fastest().normal(0, count, uniforms, out);
}
