// Kernels of small neural networks: matrix products, fused normalisation and activation, Adam.
//
// Every array is fp32, row-major, without padding. A kernel never fails, keeps no state beyond the
// context, and gives the same bits for the same variant and inputs, however many threads run it.
#ifndef KINGLET_NEURAL_H
#define KINGLET_NEURAL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define KINGLET_NOEXCEPT noexcept
#else
#define KINGLET_NOEXCEPT
#endif

/// Instruction sets that the kernels are compiled for.
enum {
  kinglet_variant_portable = 0,
  kinglet_variant_avx2 = 1,
  kinglet_variant_avx512 = 2,
};

/// Threads and packing buffers. One context serves one caller at a time.
typedef struct kinglet_context kinglet_context;

/// The fastest variant that this CPU runs.
int32_t kinglet_best_variant(void) KINGLET_NOEXCEPT;

/// A context with `threads` threads, the caller's among them; null when the CPU lacks the variant,
/// `threads` is not in 1...64, or the machine refuses a thread or memory.
kinglet_context *kinglet_context_create(int32_t threads, int32_t variant) KINGLET_NOEXCEPT;

/// Ends the threads and frees the buffers.
void kinglet_context_destroy(kinglet_context *context) KINGLET_NOEXCEPT;

/// The number of times that the context has allocated memory.
int64_t kinglet_context_allocations(const kinglet_context *context) KINGLET_NOEXCEPT;

/// Multiply-adds between registers alone on every thread of the context at once, for about a
/// millisecond: the machine's peak [floating-point operations per second].
double kinglet_context_peak(kinglet_context *context) KINGLET_NOEXCEPT;

/// Kinds of work that a profile tells apart.
enum {
  /// Matrix products, packing and the sums of gradients among them.
  kinglet_time_products = 0,
  /// Layer normalisation with tanh, forward and backward.
  kinglet_time_normalisation = 1,
  /// Adam.
  kinglet_time_optimiser = 2,
  /// Target networks.
  kinglet_time_averaging = 3,
  /// Draws, squashing, lone activations.
  kinglet_time_elementwise = 4,
  kinglet_time_kinds = 5,
};

/// Begins a profile at zero, for as long as the context lives.
void kinglet_context_profile(kinglet_context *context) KINGLET_NOEXCEPT;

/// Time of the caller's thread in a kind of work since then [ns].
int64_t kinglet_context_time(const kinglet_context *context, int32_t kind) KINGLET_NOEXCEPT;

/// What a kernel does with the values that its result holds before.
enum {
  kinglet_overwrite = 0,
  kinglet_accumulate = 1,
};

/// A dense layer of each member of an ensemble, of sizes of at least 1: z = x·W + b, alone (y = z) or with layer
/// normalisation and tanh after it: y = tanh(scale·ẑ + offset),
/// ẑ = (z - mean(z))/sqrt(var(z) + 1e-6) over the columns of a row.
typedef struct {
  int32_t members, rows, inputs, outputs;
  /// rows×inputs of each member, or once for all of them.
  const float *x;
  int32_t x_is_shared;
  /// The block of parameters that each member uses; null: member g uses block g.
  const int32_t *blocks;
  /// inputs×outputs per block.
  const float *weight;
  /// outputs per block.
  const float *bias;
  /// outputs per block; null without normalisation.
  const float *scale, *offset;
  /// ẑ, members×rows×outputs, and 1/sqrt(var(z) + 1e-6), members×rows, kept for the backward
  /// pass; null without normalisation.
  float *normalised, *inverse_deviation;
  /// members×rows×outputs.
  float *y;
} kinglet_dense;

/// Where the gradients of a dense layer go; what is null is not computed.
typedef struct {
  /// Gradient of y, members×rows×outputs; with normalisation, that of z replaces it.
  float *dy;
  /// As x; summed over the members when they share it.
  float *dx;
  float *dweight, *dbias;
  /// Both or neither.
  float *dscale, *doffset;
  int32_t x_mode, weight_mode, bias_mode, norm_mode;
} kinglet_dense_gradients;

/// Fills y.
void kinglet_dense_forward(kinglet_context *context, const kinglet_dense *layer) KINGLET_NOEXCEPT;

/// Fills the gradients. The layer's members use the blocks of their own numbers (`blocks` null).
void kinglet_dense_backward(kinglet_context *context, const kinglet_dense *layer,
                            const kinglet_dense_gradients *gradients) KINGLET_NOEXCEPT;

/// y = tanh(x).
void kinglet_tanh_forward(kinglet_context *context, int64_t count, const float *x,
                          float *y) KINGLET_NOEXCEPT;

/// dx (+)= dy·(1 - y²).
void kinglet_tanh_backward(kinglet_context *context, int64_t count, const float *y,
                           const float *dy, float *dx, int32_t mode) KINGLET_NOEXCEPT;

/// Standard normal draws by the Box-Muller transform, sqrt(-2 ln(1-u))·cos(2πv), from pairs of
/// uniform draws in [0, 1): u = uniforms[2i], v = uniforms[2i+1].
void kinglet_normal(kinglet_context *context, int64_t count, const float *uniforms,
                    float *out) KINGLET_NOEXCEPT;

/// Bounds of the standard deviation of a squashed Gaussian.
#define KINGLET_LOWEST_DEVIATION 1e-5f
#define KINGLET_HIGHEST_DEVIATION 5.0f

/// action = tanh(u), u = mean + deviation·noise, deviation = clip(exp(logDeviation), 1e-5, 5);
/// log_probability = sum of -noise²/2 - ln(deviation) - ln(2π)/2 - ln(1 - action²).
/// head holds [mean | logDeviation] per row; noise and action are rows×size.
void kinglet_squash_forward(kinglet_context *context, int32_t rows, int32_t size,
                            const float *head, const float *noise, float *action,
                            float *log_probability) KINGLET_NOEXCEPT;

/// The backward pass of the same: overwrites or adds to dhead. daction or dlog_probability may be
/// null.
void kinglet_squash_backward(kinglet_context *context, int32_t rows, int32_t size,
                             const float *head, const float *noise, const float *action,
                             const float *daction, const float *dlog_probability, float *dhead,
                             int32_t mode) KINGLET_NOEXCEPT;

/// One step of Adam (Kingma and Ba 2015): m += (1-β1)(g-m), v += (1-β2)(g²-v),
/// step = -rate·m/(sqrt(v)·inverse_root_correction + epsilon), value += step. `rate` already holds
/// the correction of m; the weights are 1-β1 and 1-β2, which a β in fp32 would have only roughly.
typedef struct {
  float rate, first_weight, second_weight, inverse_root_correction, epsilon;
} kinglet_adam;

/// Takes the step.
void kinglet_adam_step(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                       const float *gradient, float *first, float *second,
                       float *value) KINGLET_NOEXCEPT;

/// Writes the step to `step` and changes nothing else.
void kinglet_adam_propose(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                          const float *gradient, const float *first, const float *second,
                          float *step) KINGLET_NOEXCEPT;

/// target += rate·(value - target).
void kinglet_approach(kinglet_context *context, int64_t count, const float *value, float rate,
                      float *target) KINGLET_NOEXCEPT;

/// Asks the CPU to bring `count` floats near.
static inline void kinglet_prefetch(const float *first, int64_t count) {
  const int64_t line = 16;
  for (int64_t i = 0; i < count; i += line) __builtin_prefetch(first + i);
  __builtin_prefetch(first + count - 1);
}

// One row without a context, for policies: the fastest variant, on the caller's thread.

/// y = x·W + bias, x of k values, W k×n.
void kinglet_row_multiply(int32_t k, int32_t n, const float *x, const float *w, const float *bias,
                          float *y) KINGLET_NOEXCEPT;

/// x = tanh(x).
void kinglet_row_tanh(int32_t n, float *x) KINGLET_NOEXCEPT;

/// x = tanh(scale·x̂ + offset), x̂ the normalised x as in `kinglet_dense`.
void kinglet_row_norm_tanh(int32_t n, float *x, const float *scale,
                           const float *offset) KINGLET_NOEXCEPT;

/// action = tanh(mean + deviation·noise), as `kinglet_squash_forward`.
void kinglet_row_squash(int32_t size, const float *head, const float *noise,
                        float *action) KINGLET_NOEXCEPT;

/// As `kinglet_normal`.
void kinglet_row_normal(int32_t count, const float *uniforms, float *out) KINGLET_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
